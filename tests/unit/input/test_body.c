// SPDX-License-Identifier: GPL-2.0-only
/* From a body, or what a framework made of it, to what a client chose. */
#include "base/buf.h"
#include "base/util.h"
#include "event/value.h"
#include "input/input_internal.h"
#include "test.h"

static struct event_request_value field;
static struct event_request request = { REQUEST_ASGI, &field, 1 };
static struct input_leaves leaves;
static struct arena arena;
static struct buf told;

/* "source:name=value|" for each leaf. */
static const char *make(void)
{
	arena_fini(&arena);
	arena = (struct arena){ 0 };
	input_leaves_make(&arena, &request, &leaves);
	buf_fini(&told);
	told = (struct buf){ 0 };
	buf_adds(&told, "");
	for (size_t i = 0; i < leaves.nr_items; i++) {
		const struct input_leaf *l = &leaves.items[i];

		buf_printf(&told, "%s:%.*s=%.*s%s|", input_source_name(l->source),
			   l->name.s ? (int)l->name.len : 1, l->name.s ? l->name.s : "-",
			   (int)l->value.len, l->value.s, l->cut ? "..." : "");
	}
	return told.data;
}

static const char *of_bytes(const char *s, bool cut)
{
	field = (struct event_request_value){
		.field = EV_REQ_BODY, .bytes = true, .cut = cut, .text = { s, strlen(s) }
	};
	return make();
}

static const char *of_value(unsigned int id, const struct value *v, bool cut)
{
	field = (struct event_request_value){ .field = id, .value = v, .cut = cut };
	return make();
}

static bool has_needle(const char *s)
{
	for (size_t i = 0; i < leaves.nr_needles; i++) {
		if (text_eq_str(leaves.needles[i].text, s))
			return true;
	}
	return false;
}

#define STR(s)                                               \
	{                                                    \
		.type = VALUE_STR, .text = {(s), strlen(s) } \
	}
#define SEQ(kind, list)                                            \
	{                                                          \
		.type = (kind), .seq = {(list), ARRAY_SIZE(list) } \
	}

TEST(bytes_of_a_form)
{
	ASSERT_STR(of_bytes("x=a%3Bid&n=1&c[$x]=+", false),
		   "form:x=a;id|form:n=1|form:c[$x]= |form:c[$x]=c[$x]|"
		   "body:-=x=a%3Bid&n=1&c[$x]=+|");
	ASSERT(!leaves.cut);
	of_bytes("x=a&y=b", true);
	ASSERT(leaves.cut);
}

TEST(bytes_of_json)
{
	ASSERT_STR(of_bytes("{\"u\":{\"x\":\"a\\u003b\\u0069d\",\"$gt\":1}}", false),
		   "json:u.x=a;id|json:$gt=$gt|body:-={\"u\":{\"x\":\"a\\u003b\\u0069d\","
		   "\"$gt\":1}}|");
	ASSERT(!leaves.cut);
	ASSERT_STR(of_bytes("[\"a", true), "json:[0]=a...|body:-=[\"a...|");
	ASSERT(leaves.cut);
	/* What is no JSON after all, or not cut but broken, leaves no doubt. */
	ASSERT_STR(of_bytes("[\"a", false), "json:[0]=a|body:-=[\"a|");
	ASSERT(!leaves.cut);
}

TEST(bytes_of_parts)
{
	static const char parts[] =
		"--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\na;id\r\n--b\r\n"
		"Content-Disposition: form-data; name=\"f\"; filename=\"../%2e\"\r\n\r\nlong";

	ASSERT(!strncmp(of_bytes(parts, false), "form:x=a;id|file:f=../%2e|body:-=--b",
			strlen("form:x=a;id|file:f=../%2e|body:-=--b")));
	ASSERT(has_needle("../."));
	ASSERT(!leaves.cut);
	/* A long upload is nothing to suspect all arguments for. */
	of_bytes(parts, true);
	ASSERT(!leaves.cut);
	of_bytes("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nlong", true);
	ASSERT(leaves.cut);
}

TEST(other_bytes)
{
	ASSERT_STR(of_bytes("127.0.0.1; id = x", false), "body:-=127.0.0.1; id = x|");
	ASSERT_STR(of_bytes("=x", false), "body:-==x|");
	ASSERT_STR(of_bytes("", false), "");
	of_bytes("plain text", true);
	ASSERT(!leaves.cut);
	ASSERT(leaves.items[0].cut);
}

TEST(forms_that_were_read)
{
	struct value xs[] = { STR("a;id"), STR("b") };
	struct value dict[] = { STR("x"), SEQ(VALUE_LIST, xs), STR("c[]"), STR("d") };
	struct value pair[] = { STR("x"), STR("a;id") },
		     upload[] = { STR("f"), { .type = VALUE_OBJECT, .text = TEXT("UploadFile") } };
	struct value pairs[] = { SEQ(VALUE_TUPLE, pair), SEQ(VALUE_TUPLE, upload) };
	const struct value by_name = SEQ(VALUE_DICT, dict), in_order = SEQ(VALUE_LIST, pairs);

	ASSERT_STR(of_value(EV_REQ_FORM, &by_name, false),
		   "form:x=a;id|form:x=b|form:c[]=d|form:c[]=c[]|");
	ASSERT_STR(of_value(EV_REQ_FORM, &in_order, false), "form:x=a;id|");
	ASSERT(!leaves.cut);
	of_value(EV_REQ_FORM, &in_order, true);
	ASSERT(leaves.cut);
	ASSERT_STR(of_value(EV_REQ_FILES, &by_name, true), "file:x=a;id|file:x=b|file:c[]=d|");
	ASSERT(!leaves.cut);
}

TEST(headers)
{
	struct value wsgi[] = { STR("HTTP_X_MY_NAME"), STR("a;id") };
	struct value asgi[] = { STR("referer"), STR("http://x") };
	const struct value one = SEQ(VALUE_DICT, wsgi), two = SEQ(VALUE_DICT, asgi);

	ASSERT_STR(of_value(EV_REQ_HEADER, &one, true), "header:X-My-Name=a;id|");
	ASSERT(!leaves.cut);
	ASSERT_STR(of_value(EV_REQ_HEADER, &two, false), "header:Referer=http://x|");
}

TEST(data_that_was_read)
{
	struct value inner[] = { STR("x"), STR("a;id") };
	struct value list[] = { STR("v"), SEQ(VALUE_DICT, inner), { .type = VALUE_NONE } };
	struct value dict[] = { STR("items"), SEQ(VALUE_LIST, list), STR("a b"), STR("w") };
	const struct value data = SEQ(VALUE_DICT, dict);

	ASSERT_STR(of_value(EV_REQ_DATA, &data, false),
		   "json:items[0]=v|json:items[1].x=a;id|json:a b=a b|json:a b=w|");
	buf_fini(&told);
	arena_fini(&arena);
}

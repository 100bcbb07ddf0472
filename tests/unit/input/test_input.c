// SPDX-License-Identifier: GPL-2.0-only
/* From a request and a captured argument to what of the one is in the other. */
#include "base/buf.h"
#include "base/util.h"
#include "event/value.h"
#include "input/input.h"
#include "test.h"

static struct event_request_value fields[16];
static struct event event;
static struct arena arena;
static struct inputs inputs;

static void start(enum ev_request_kind kind)
{
	arena_fini(&arena);
	memset(&arena, 0, sizeof(arena));
	event = (struct event){ .request = { .kind = kind, .values = fields } };
	inputs_init(&inputs, &arena, &event);
}

static struct event_request_value *add(unsigned int field, const char *s)
{
	struct event_request_value *v = &fields[event.request.nr_values++];

	*v = (struct event_request_value){ .field = field, .text = { s, strlen(s) } };
	return v;
}

static enum input_fit judge(enum input_kind kind, const char *arg)
{
	struct value v = { .type = VALUE_STR, .text = { arg, strlen(arg) } };

	inputs.found = (struct input_found){ 0 };
	return inputs_judge(&inputs, kind, (struct text)TEXT("cmd"), &v);
}

static bool found(enum input_source source, const char *name, const char *value)
{
	const struct input_found *f = &inputs.found;

	return f->source == source && (name ? text_eq_str(f->name, name) : !f->name.s) &&
	       text_eq_str(f->value, value) && text_eq_str(f->arg, "cmd");
}

TEST(query)
{
	start(REQUEST_WSGI);
	add(EV_REQ_QUERY, "host=127.0.0.1%3Bid&n=5&empty=&q=a+b%2Bc&utf=%C3%A9t%C3%A9&bad=x%FFy");
	ASSERT_EQ(judge(INPUT_ANY, "ping 127.0.0.1;id"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_QUERY, "host", "127.0.0.1;id"));
	ASSERT_EQ(judge(INPUT_SHELL, "ping 127.0.0.1;id"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_QUERY, "host", "127.0.0.1;id"));
	ASSERT_EQ(judge(INPUT_SHELL, "ping '127.0.0.1;id'"), INPUT_FITS_NOT);
	ASSERT(!inputs.found.source);
	ASSERT_EQ(judge(INPUT_ANY, "ping 127.0.0.1"), INPUT_FITS_NOT);
	ASSERT_EQ(judge(INPUT_ANY, "5"), INPUT_FITS_NOT);
	ASSERT_EQ(judge(INPUT_ANY, "a b+c"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_QUERY, "q", "a b+c"));
	ASSERT_EQ(judge(INPUT_ANY, "un \xc3\xa9t\xc3\xa9"), INPUT_FITS);
	ASSERT_EQ(judge(INPUT_ANY, "x\xef\xbf\xbdy"), INPUT_FITS);
	ASSERT_EQ(judge(INPUT_ANY, ""), INPUT_FITS_NOT);
}

TEST(nothing_came)
{
	start(REQUEST_WSGI);
	add(EV_REQ_METHOD, "GET");
	add(EV_REQ_PATH, "/");
	ASSERT_EQ(judge(INPUT_ANY, "GET / ;"), INPUT_FITS_NOT);
	ASSERT_EQ(judge(INPUT_SHELL, "a;b"), INPUT_FITS_NOT);
}

TEST(names_of_the_query)
{
	start(REQUEST_WSGI);
	add(EV_REQ_QUERY, "user[$gt]=1&word=2&a;id");
	ASSERT_EQ(judge(INPUT_ANY, "x user[$gt]"), INPUT_FITS);
	ASSERT_EQ(judge(INPUT_ANY, "word"), INPUT_FITS_NOT);
	ASSERT_EQ(judge(INPUT_SHELL, "ls a;id"), INPUT_FITS);
}

TEST(what_filters_leave)
{
	start(REQUEST_WSGI);
	add(EV_REQ_QUERY, "f=....//....//key.txt&w=..%5Cb.txt&q=x%EF%BC%87+or+1=1&r=../../etc/h"
			  "&o=a.txt+--exec=id+-x+---- -");
	ASSERT_EQ(judge(INPUT_PATH, "/srv/f/../../key.txt"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_QUERY, "f", "../../key.txt"));
	ASSERT_EQ(judge(INPUT_PATH, "/srv/f/../b.txt"), INPUT_FITS);
	ASSERT_EQ(judge(INPUT_SQL, "select 1 where a='x' or 1=1'"), INPUT_FITS);
	ASSERT_EQ(judge(INPUT_PATH, "/etc/h"), INPUT_FITS);
	ASSERT_EQ(judge(INPUT_PATH, "/srv/f/etc/h"), INPUT_FITS_NOT);
	ASSERT_EQ(judge(INPUT_ANY, "tar --exec=id"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_QUERY, "o", "--exec=id"));
	ASSERT_EQ(judge(INPUT_ANY, "tar -x ----"), INPUT_FITS_NOT);
}

TEST(path)
{
	start(REQUEST_ASGI);
	add(EV_REQ_PATH, "/run/a;id/../b");
	ASSERT_EQ(judge(INPUT_SHELL, "ls a;id"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_PATH, NULL, "a;id"));
	ASSERT_EQ(judge(INPUT_SHELL, "ls a;id/../b"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_PATH, NULL, "a;id/../b"));
	/* A route is often called like the program that it runs. */
	ASSERT_EQ(judge(INPUT_SHELL, "run"), INPUT_FITS_NOT);
}

TEST(cookies_and_headers)
{
	start(REQUEST_WSGI);
	add(EV_REQ_COOKIE, "a=b; lang=\"en;x\"; theme=dark/mode");
	add(EV_REQ_USER_AGENT, "curl/8 (x; y)");
	add(EV_REQ_FORWARDED_FOR, "1.2.3.4$(id)");
	ASSERT_EQ(judge(INPUT_ANY, "theme-dark/mode"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_COOKIE, "theme", "dark/mode"));
	ASSERT_EQ(judge(INPUT_SHELL, "log curl/8 (x; y)"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_HEADER, "User-Agent", "curl/8 (x; y)"));
	ASSERT_EQ(judge(INPUT_SHELL, "host 1.2.3.4$(id)"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_HEADER, "X-Forwarded-For", "1.2.3.4$(id)"));
}

TEST(as_it_came_over_the_wire)
{
	start(REQUEST_RAW);
	add(EV_REQ_TARGET, "/run/a%3Bid?q=b%7Cc");
	ASSERT_EQ(judge(INPUT_SHELL, "ls a;id"), INPUT_FITS);
	ASSERT_EQ(judge(INPUT_SHELL, "ls b|c"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_QUERY, "q", "b|c"));
}

TEST(decoded_once_more)
{
	static const struct {
		const char *query, *arg;
	} cases[] = {
		{ "q=%2561%253Bid", "ls a;id" },	/* %61%3Bid */
		{ "q=YTtpZDtpZA%3D%3D", "ls a;id;id" }, /* base64 */
		{ "q=YTtpZDtpZA", "ls a;id;id" },	/* without its padding */
		{ "q=a%5Cu003bid", "ls a;id" },		/* JSON */
		{ "q=a%5Cnid", "ls a\nid" },
		{ "q=a%26%2359%3Bid", "ls a;id" }, /* HTML */
		{ "q=a%26amp%3B%26amp%3Bid", "ls a&&id" },
		{ "q=+a;id+", "ls a;id" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start(REQUEST_WSGI);
		add(EV_REQ_QUERY, cases[i].query);
		if (judge(INPUT_SHELL, cases[i].arg) != INPUT_FITS)
			TEST_FAIL("%s is in %s", cases[i].query, cases[i].arg);
	}
}

TEST(hosts)
{
	start(REQUEST_WSGI);
	add(EV_REQ_QUERY, "u=http%3A%2F%2Fa%40Evil.IO%3A80%2Fx&v=http://0x7f.1/&w=2852039166");
	ASSERT_EQ(judge(INPUT_ANY, "evil.io"), INPUT_FITS_NOT);
	ASSERT_EQ(judge(INPUT_ANY, "Evil.IO"), INPUT_FITS);
	ASSERT_EQ(judge(INPUT_URL, "127.0.0.1"), INPUT_FITS);
	ASSERT(found(INPUT_FROM_QUERY, "v", "127.0.0.1"));
	ASSERT_EQ(judge(INPUT_URL, "169.254.169.254"), INPUT_FITS);
	ASSERT_EQ(judge(INPUT_URL, "http://169.254.169.254/x"), INPUT_FITS);
	ASSERT_EQ(judge(INPUT_URL, "10.0.0.1"), INPUT_FITS_NOT);
	/* The application's own name and address are in headers. */
	start(REQUEST_WSGI);
	add(EV_REQ_HOST, "localhost:8000");
	add(EV_REQ_FORWARDED_FOR, "10.0.0.5");
	ASSERT_EQ(judge(INPUT_URL, "http://localhost:8000/x"), INPUT_FITS_NOT);
	ASSERT_EQ(judge(INPUT_URL, "10.0.0.5"), INPUT_FITS_NOT);
}

TEST(containers)
{
	struct value words[] = {
		{ .type = VALUE_STR, .text = TEXT("/bin/sh") },
		{ .type = VALUE_STR, .text = TEXT("-c") },
		{ .type = VALUE_BYTES, .text = TEXT("ls a;id") },
	};
	struct value list = { .type = VALUE_LIST, .seq = { words, 3 } };
	struct value outer[] = { { .type = VALUE_NONE }, list };
	struct value tuple = { .type = VALUE_TUPLE, .seq = { outer, 2 } };
	struct text name = TEXT("cmd");

	start(REQUEST_WSGI);
	add(EV_REQ_QUERY, "f=a;id");
	ASSERT_EQ(inputs_judge(&inputs, INPUT_SHELL, name, &list), INPUT_FITS);
	ASSERT(found(INPUT_FROM_QUERY, "f", "a;id"));
	ASSERT_EQ(inputs_judge(&inputs, INPUT_ANY, name, &tuple), INPUT_FITS);
	words[0].text = (struct text)TEXT("/bin/ls");
	ASSERT_EQ(inputs_judge(&inputs, INPUT_SHELL, name, &list), INPUT_FITS_NOT);
}

TEST(what_is_missing)
{
	start(REQUEST_WSGI);
	add(EV_REQ_QUERY, "a=b&c=dd")->cut = true;
	ASSERT_EQ(judge(INPUT_SHELL, "x;y"), INPUT_MAY_FIT);
	/* A long cookie is nothing unusual, unless the argument begins to hold what may go on. */
	start(REQUEST_WSGI);
	add(EV_REQ_COOKIE, "a=b; c=ddd")->cut = true;
	ASSERT_EQ(judge(INPUT_SHELL, "x;y"), INPUT_FITS_NOT);
	ASSERT_EQ(judge(INPUT_SHELL, "x ddd;y"), INPUT_MAY_FIT);
}

TEST(many)
{
	_cleanup_buf_ struct buf query = { 0 };

	for (int i = 0; i < 2000; i++)
		buf_printf(&query, "a%d=%d.x&", i, i);
	start(REQUEST_WSGI);
	add(EV_REQ_QUERY, query.data);
	ASSERT_EQ(judge(INPUT_SHELL, "x;y"), INPUT_MAY_FIT);
}

TEST(look)
{
	struct event_arg args[] = {
		{ TEXT("none"), { .type = VALUE_NONE } },
		{ TEXT("cmd"), { .type = VALUE_STR, .text = TEXT("say hello") } },
	};

	start(REQUEST_WSGI);
	add(EV_REQ_QUERY, "w=hello");
	event.args = args;
	event.nr_args = 2;
	inputs_look(&inputs);
	ASSERT(found(INPUT_FROM_QUERY, "w", "hello"));
}

/* What may be there, or is missing, is not absent. */
TEST(absent)
{
	static const struct {
		const char *query;
		bool query_cut, args_cut, absent;
	} cases[] = {
		{ "w=elsewhere", false, false, true },
		{ "w=hello", false, false, false },
		{ "w=elsewhere", true, false, false },
		{ "w=elsewhere", false, true, false },
		{ "", false, false, true },
	};
	struct event_arg args[] = {
		{ TEXT("none"), { .type = VALUE_NONE } },
		{ TEXT("cmd"), { .type = VALUE_STR, .text = TEXT("say hello") } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start(REQUEST_WSGI);
		add(EV_REQ_QUERY, cases[i].query)->cut = cases[i].query_cut;
		event.args = args;
		event.nr_args = 2;
		event.args_cut = cases[i].args_cut;
		ASSERT_EQ(inputs_are_absent(&inputs), cases[i].absent);
	}
}

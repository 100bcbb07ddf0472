// SPDX-License-Identifier: GPL-2.0-only
/* The strings of a JSON text, and where they stand in it. */
#include "input/input_json.h"

#include "base/buf.h"
#include "test.h"

static struct buf told;

static void tell(void *ctx, const struct input_json_string *s)
{
	(void)ctx;
	buf_printf(&told, "%s%.*s=%.*s%s|", s->key ? "key " : "", (int)s->path.len, s->path.s,
		   (int)s->raw.len, s->raw.s, s->cut ? "..." : "");
}

static bool walk(const char *s)
{
	buf_fini(&told);
	told = (struct buf){ 0 };
	buf_adds(&told, "");
	return input_json_walk((struct text){ s, strlen(s) }, tell, NULL);
}

TEST(what_begins_as_json)
{
	ASSERT(input_json_begins((struct text)TEXT(" \n{")));
	ASSERT(input_json_begins((struct text)TEXT("\xef\xbb\xbf[1]")));
	ASSERT(input_json_begins((struct text)TEXT("\"a\"")));
	ASSERT(!input_json_begins((struct text)TEXT("a=[1]")));
	ASSERT(!input_json_begins((struct text)TEXT("12")));
	ASSERT(!input_json_begins((struct text)TEXT("")));
}

TEST(paths)
{
	ASSERT(walk("{\"a\": \"1\", \"user\": {\"name\" : \"x\", \"n\": 5}, \"b\": \"2\"}"));
	ASSERT_STR(told.data, "key a=a|a=1|key user=user|key user.name=name|user.name=x|"
			      "key user.n=n|key b=b|b=2|");
	ASSERT(walk("{\"items\":[{\"host\":\"h\"},[\"p\",null,\"q\"], \"r\"]}"));
	ASSERT_STR(told.data, "key items=items|key items[0].host=host|items[0].host=h|"
			      "items[1][0]=p|items[1][2]=q|items[2]=r|");
	ASSERT(walk("[\"a\",true,{\"b\":[]},\"c\"]"));
	ASSERT_STR(told.data, "[0]=a|key [2].b=b|[3]=c|");
	ASSERT(walk("\"alone\""));
	ASSERT_STR(told.data, "=alone|");
}

TEST(escapes_stay)
{
	ASSERT(walk("{\"a\\\"b\": \"c\\\\\", \"d\": \"\\u0041\"}"));
	ASSERT_STR(told.data, "key a\\\"b=a\\\"b|a\\\"b=c\\\\|key d=d|d=\\u0041|");
}

TEST(cut_and_broken)
{
	ASSERT(walk("{\"a\": \"b"));
	ASSERT_STR(told.data, "key a=a|a=b...|");
	ASSERT(walk("{\"a\": \"b\\"));
	ASSERT_STR(told.data, "key a=a|a=b\\...|");
	ASSERT(walk("]}],:{\"a\""));
	ASSERT_STR(told.data, "=a|");
	ASSERT(walk(""));
	ASSERT_STR(told.data, "");
}

TEST(bounds)
{
	char deep[INPUT_JSON_DEPTH + 2] = { 0 }, path[INPUT_JSON_PATH + 64] = "{\"";

	memset(deep, '[', INPUT_JSON_DEPTH);
	ASSERT(walk(deep));
	memset(deep, '[', INPUT_JSON_DEPTH + 1);
	ASSERT(!walk(deep));
	memset(path + 2, 'k', INPUT_JSON_PATH + 40);
	strcpy(path + 2 + INPUT_JSON_PATH + 40, "\":\"v\"}");
	ASSERT(walk(path));
	ASSERT(strstr(told.data, "k=v|"));
	ASSERT_EQ(strlen(strchr(told.data, '|') + 1), INPUT_JSON_PATH + strlen("=v|"));
	buf_fini(&told);
}

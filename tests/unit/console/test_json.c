// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "test.h"

#include "base/err.h"
#include "console/json.h"

static int parse(const char *s, struct arena *a, struct json **out, struct err *err)
{
	return json_parse(a, s, strlen(s), out, err);
}

TEST(takes_what_json_is)
{
	static const char *const good[] = {
		"null",	       " true ",
		"false",       "0",
		"-1.5e+10",    "\"a\\u0041\\n\"",
		"[]",	       "[1, 2,\t[3]]",
		"{}",	       "{\"a\": {\"b\": [null]}}",
		"\"\\udc80\"",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct arena a = { 0 };
		struct json *root;
		struct err err = { "" };

		ASSERT_EQ(parse(good[i], &a, &root, &err), 0);
		arena_fini(&a);
	}
}

TEST(refuses_what_a_browser_would)
{
	static const char *const bad[] = {
		"",	  " ",	  "nul",     "01",	 "1.",		"1e",	      "-",
		"+1",	  ".5",	  "\"",	     "\"\\x\"",	 "\"\\u12g4\"", "\"\t\"",     "[1,]",
		"[1 2]",  "[",	  "{\"a\"}", "{\"a\":}", "{a:1}",	"{\"a\":1,}", "1 2",
		"\"a\"b", "\"\\", "{",	     "NaN",	 "'a'",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena a = { 0 };
		struct json *root;
		struct err err = { "" };

		ASSERT_EQ(parse(bad[i], &a, &root, &err), -EINVAL);
		ASSERT_HAS(err.msg, "at byte");
		arena_fini(&a);
	}
}

TEST(bounds_depth_and_number)
{
	struct arena a = { 0 };
	struct json *root;
	struct err err;
	char deep[2 * JSON_DEPTH_MAX + 3];
	char *many = malloc(2 * JSON_VALUES_MAX + 3);

	memset(deep, '[', JSON_DEPTH_MAX);
	memset(deep + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
	ASSERT_EQ(json_parse(&a, deep, 2 * JSON_DEPTH_MAX, &root, &err), 0);
	memset(deep, '[', JSON_DEPTH_MAX + 1);
	memset(deep + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	ASSERT_EQ(json_parse(&a, deep, 2 * JSON_DEPTH_MAX + 2, &root, &err), -EINVAL);
	ASSERT_HAS(err.msg, "too deeply");
	for (size_t i = 0; i <= JSON_VALUES_MAX; i++)
		memcpy(many + 2 * i, i ? ",0" : "[0", 2);
	many[2 * JSON_VALUES_MAX + 2] = ']';
	ASSERT_EQ(json_parse(&a, many, 2 * JSON_VALUES_MAX + 3, &root, &err), -EINVAL);
	ASSERT_HAS(err.msg, "too many values");
	free(many);
	arena_fini(&a);
}

TEST(decodes_text)
{
	static const struct {
		const char *json, *text;
	} cases[] = {
		{ "\"plain\"", "plain" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u00e9\\ud83d\\ude00\"", "\xc3\xa9\xf0\x9f\x98\x80" },
		{ "\"a\\udc80b\"", "a\xef\xbf\xbd"
				   "b" },
		{ "\"a\\ud83db\"", "a\xef\xbf\xbd"
				   "b" },
		{ "\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
					"A" },
		{ "\"a\\u0000b\"", "a\xef\xbf\xbd"
				   "b" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a = { 0 };
		struct json *root;
		struct err err;

		ASSERT_EQ(parse(cases[i].json, &a, &root, &err), 0);
		ASSERT(text_eq_str(json_text(&a, root), cases[i].text));
		arena_fini(&a);
	}
}

TEST(finds_members)
{
	struct arena a = { 0 };
	struct json *root;
	struct err err;

	ASSERT_EQ(parse("{\"a\":{\"b\":\"c\"},\"n\":12}", &a, &root, &err), 0);
	ASSERT(text_eq_str(json_text_at(&a, json_at(root, "a"), "b"), "c"));
	ASSERT(text_eq_str(json_at(root, "n")->raw, "12"));
	ASSERT(!json_text_at(&a, root, "n").s);
	ASSERT(!json_at(json_at(root, "n"), "x"));
	ASSERT(!json_at(root, "none"));
	ASSERT(!json_at(NULL, "a"));
	arena_fini(&a);
}

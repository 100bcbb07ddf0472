// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "test.h"

#include "console/transitions.h"
#include "console/when.h"

static bool fits(const char *pattern, const char *path)
{
	return transitions_fits((struct text){ pattern, strlen(pattern) },
				(struct text){ path, strlen(path) });
}

TEST(patterns_have_stars)
{
	ASSERT(fits("/", "/"));
	ASSERT(!fits("/", "/a"));
	ASSERT(!fits("/a", "/"));
	ASSERT(fits("/p/*", "/p/"));
	ASSERT(fits("/p/*", "/p/17"));
	ASSERT(!fits("/p/*", "/p/1/2"));
	ASSERT(fits("/p/*/e", "/p/1/e"));
	ASSERT(!fits("/p/*/e", "/p/1/2/e"));
	ASSERT(fits("/s/**", "/s/a/b.css"));
	ASSERT(fits("/s/**.css", "/s/a.css/b.css"));
	ASSERT(!fits("/s/**.css", "/s/a.js"));
	/* A star that cannot grow any more leaves it to the one before it. */
	ASSERT(fits("/**/x*", "/a/xb/c/xd"));
	ASSERT(fits("/**/x*y", "/xa/xb/xcy"));
	ASSERT(!fits("/**/x*y", "/xa/xb/xc"));
	ASSERT(fits("**", ""));
	ASSERT(fits("*", "abc"));
	ASSERT(!fits("*", "a/b"));
}

TEST(reads_what_is_allowed)
{
	static const char text[] = "window: 1h\napps:\n  shop:\n    /: [start, any]\n    /p/*: /\n"
				   "    /p/1: any\n    /pay: [/cart, /p/*]\n  other: {}\n";
	struct transitions t;
	struct buf messages = { 0 }, out = { 0 };
	const struct transition *page;

	ASSERT_EQ(transitions_parse("t.yaml", text, strlen(text), &t, &messages), 0);
	ASSERT_EQ(t.window, WHEN_HOUR);
	ASSERT_EQ(t.nr_apps, 2);
	page = transitions_find(&t, TEXT("shop"), TEXT("/p/1"));
	ASSERT(page && !page->any && !page->start && page->nr_before == 1);
	ASSERT(transition_follows(page, TEXT("/")));
	ASSERT(!transition_follows(page, TEXT("/p/2")));
	page = transitions_find(&t, TEXT("shop"), TEXT("/pay"));
	ASSERT(page && transition_follows(page, TEXT("/p/2")));
	ASSERT(!transitions_find(&t, TEXT("shop"), TEXT("/nothing")));
	ASSERT(!transitions_find(&t, TEXT("other"), TEXT("/")));
	ASSERT(!transitions_find(&t, TEXT("nobody"), TEXT("/")));
	transitions_put(&out, &t);
	ASSERT_STR(out.data, "{\"window_s\":3600,\"apps\":{\"shop\":{\"/\":[\"start\",\"any\"],"
			     "\"/p/*\":[\"/\"],\"/p/1\":[\"any\"],\"/pay\":[\"/cart\",\"/p/*\"]},"
			     "\"other\":{}}}");
	buf_fini(&out);
	buf_fini(&messages);
	transitions_fini(&t);
}

TEST(says_what_is_wrong)
{
	static const char *const bad[] = {
		"",
		"- a",
		"apps: [a]",
		"window: x",
		"window: 0s",
		"apps: {a: b}",
		"apps: {a: {b: any}}",
		"apps: {a: {/b: []}}",
		"others: {}",
		"apps: {a: {/b: x}}",
		"apps: {a: {/b: [[/]]}}",
		"apps: {a: {/b: {c: d}}}",
		"apps: {a: {/b: any}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf messages = { 0 };
		struct transitions t;

		ASSERT_EQ(transitions_parse("t.yaml", bad[i], strlen(bad[i]), &t, &messages),
			  -EINVAL);
		ASSERT(messages.len);
		buf_fini(&messages);
		transitions_fini(&t);
	}
}

TEST(ids_in_paths_become_stars)
{
	static const char *const pairs[][2] = {
		{ "/", "/" },
		{ "/product/17/edit", "/product/*/edit" },
		{ "/item/3f2a9c1e-0b7d/", "/item/*/" },
		{ "/cafe/v2", "/cafe/v2" },
		{ "/2026/11", "/*/*" },
		{ "", "" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct buf out = { 0 };

		transitions_generalise(&out, (struct text){ pairs[i][0], strlen(pairs[i][0]) });
		ASSERT_STR(out.data ?: "", pairs[i][1]);
		buf_fini(&out);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "test.h"

#include "console/score.h"
#include "console/when.h"

static struct score_settings settings_of(const char *points)
{
	struct score_settings s;

	score_settings_init(&s);
	if (points && score_parse(points, &s, NULL))
		abort();
	return s;
}

static struct record record_of(enum record_level level, const char *tag, const char *rule)
{
	struct record r = { .level = level, .rule = { rule, strlen(rule) } };

	if (tag)
		r.tags[r.nr_tags++] = (struct text){ tag, strlen(tag) };
	return r;
}

TEST(what_alerts_count)
{
	struct record error = record_of(RECORD_INFO, "client-error", "Not Found"),
		      shell = record_of(RECORD_ALERT, NULL, "Shell"),
		      both = record_of(RECORD_ALERT, "client-error", "Both"),
		      other = record_of(RECORD_WARN, "cwe-78", "Other");
	struct score_settings s = settings_of(NULL);

	ASSERT_EQ(s.limit, 10);
	ASSERT_EQ(s.window, 60 * WHEN_SECOND);
	ASSERT_EQ(score_of(&s, &error), 1);
	ASSERT_EQ(score_of(&s, &shell), 10);
	ASSERT_EQ(score_of(&s, &both), 10);
	ASSERT_EQ(score_of(&s, &other), 0);
	s = settings_of("rule:Other=3,tag:X=1");
	ASSERT_EQ(score_of(&s, &other), 3);
}

TEST(points_are_read_strictly)
{
	static const char *const wrong[] = {
		"x",	      "level:alert", "level:high=1",
		"tag:=1",     "tag:a=",	     "tag:a=-1",
		"tag:a=1001", "tag:a=1x",    "tag:a=99999999999999999999",
		"level:=all", "rule:a=b",    "levels:alert=1"
	};
	struct score_settings s = settings_of("");
	struct record r = record_of(RECORD_WARN, "cwe-78", "A = B");
	struct err err;

	ASSERT_EQ(s.nr_rules, 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ASSERT_EQ(score_parse(wrong[i], &s, &err), -EINVAL);
	s = settings_of(" tag:CWE-78=2 ,,rule:A = B=4,level:warn=0");
	ASSERT_EQ(s.nr_rules, 3);
	ASSERT_EQ(score_of(&s, &r), 4);
	s.limit = 3;
	ASSERT_EQ(score_of(&s, &r), 3);
}

static int64_t add(struct score_window *w, const struct score_settings *s, int64_t second,
		   int64_t points)
{
	return score_add(w, s, (struct score_hit){ second * WHEN_SECOND, points });
}

TEST(a_window_slides)
{
	struct score_settings s = settings_of(NULL);
	static struct score_window w;

	w.nr = 0;
	for (int i = 0; i < 9; i++)
		ASSERT_EQ(add(&w, &s, 100 + i, 1), i + 1);
	/* The first is a minute old: it is out. */
	ASSERT_EQ(add(&w, &s, 160, 1), 9);
	ASSERT_EQ(add(&w, &s, 160, 1), 10);
	/* No more is kept than makes the limit. */
	ASSERT_EQ(add(&w, &s, 160, 1), 10);
	ASSERT_EQ(w.nr, 10);
	ASSERT_EQ(add(&w, &s, 161, 10), 10);
	ASSERT_EQ(w.nr, 1);
	ASSERT_EQ(add(&w, &s, 1000, 2), 2);
}

TEST(late_hits_find_their_place)
{
	struct score_settings s = settings_of(NULL);
	static struct score_window w;

	w.nr = 0;
	ASSERT_EQ(add(&w, &s, 100, 4), 4);
	ASSERT_EQ(add(&w, &s, 50, 4), 8);
	ASSERT_EQ(w.hits[0].time, 50 * WHEN_SECOND);
	ASSERT_EQ(add(&w, &s, 40, 4), 8);
	ASSERT_EQ(w.nr, 2);
}

TEST(the_largest_window_is_kept_whole)
{
	struct score_settings s = settings_of(NULL);
	static struct score_window w, back;
	struct buf out = { 0 };

	s.limit = SCORE_LIMIT_MAX;
	w.nr = 0;
	for (int i = 0; i < 3 * SCORE_LIMIT_MAX; i++)
		ASSERT_EQ(score_add(&w, &s, (struct score_hit){ 1000 + i, 1 }),
			  i < SCORE_LIMIT_MAX ? i + 1 : SCORE_LIMIT_MAX);
	score_put(&out, &w);
	score_read((struct text){ out.data, out.len }, &back);
	ASSERT_EQ(back.nr, SCORE_LIMIT_MAX);
	ASSERT(memcmp(back.hits, w.hits, w.nr * sizeof(w.hits[0])) == 0);
	/* A smaller limit, as another console has it, takes what it needs. */
	s.limit = 5;
	ASSERT_EQ(score_add(&back, &s, (struct score_hit){ 5000, 1 }), 5);
	ASSERT_EQ(back.nr, 5);
	buf_fini(&out);
}

TEST(what_a_store_says_is_not_trusted)
{
	static const struct {
		const char *text;
		size_t nr;
	} cases[] = { { "", 0 },	 { "1", 0 },	   { "1 1", 1 },
		      { "1 1 ", 1 },	 { "1 1 2 2", 2 }, { "2 1 1 1", 1 },
		      { "1 0", 0 },	 { "-1 1", 0 },	   { "1 1001", 0 },
		      { "1 1  2 1", 1 }, { "x", 0 },	   { "1 1 99999999999999999999 1", 1 } };
	static struct score_window w;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		score_read((struct text){ cases[i].text, strlen(cases[i].text) }, &w);
		ASSERT_EQ(w.nr, cases[i].nr);
	}
}

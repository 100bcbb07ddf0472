// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "test.h"

#include "console/filter.h"
#include "console/query.h"
#include "console/when.h"

#define NOW (1000 * WHEN_DAY)

struct parsed {
	struct arena arena;
	struct filter f;
	struct err err;
	int res;
};

static void parse(struct parsed *p, const char *query)
{
	*p = (struct parsed){ 0 };
	p->res =
		filter_parse(&p->arena, (struct text){ query, strlen(query) }, NOW, &p->f, &p->err);
}

TEST(reads_parameters)
{
	struct parsed p;

	parse(&p, "&rule=a+b%26c&level=alert&host=&q=%2Fetc%2Fpass+x&technique=t1059&cwe=CWE-78&"
		  "since=2d&before=12&"
		  "limit=7&");
	ASSERT_EQ(p.res, 0);
	ASSERT(text_eq_str(p.f.text[FILTER_RULE], "a b&c"));
	ASSERT(!p.f.text[FILTER_HOST].s);
	ASSERT_EQ(p.f.level, 2);
	ASSERT(text_eq_str(p.f.words[DB_SQLITE], "\"/etc/pass\"* \"x\"*"));
	ASSERT(text_eq_str(p.f.words[DB_POSTGRES], "'etc' <-> 'pass':* & 'x':*"));
	ASSERT(text_eq_str(p.f.technique, "attack.t1059"));
	ASSERT(text_eq_str(p.f.cwe, "cwe-78"));
	ASSERT_EQ(p.f.since, NOW - 2 * WHEN_DAY);
	ASSERT_EQ(p.f.before, 12);
	ASSERT_EQ(p.f.limit, 7);
	arena_fini(&p.arena);
}

TEST(words_are_no_operators)
{
	struct parsed p;

	parse(&p, "q=a%22OR%22b+NOT+%2A");
	ASSERT_EQ(p.res, 0);
	ASSERT(text_eq_str(p.f.words[DB_POSTGRES], "'a' <-> 'OR' <-> 'b':* & 'NOT':*"));
	ASSERT(text_eq_str(p.f.words[DB_SQLITE], "\"a\"\"OR\"\"b\"* \"NOT\"* \"*\""));
	arena_fini(&p.arena);
}

TEST(says_which_parameter_is_wrong)
{
	static const struct {
		const char *query, *message;
	} cases[] = {
		{ "colour=red", "\"colour\"" },
		{ "level=loud", "level takes" },
		{ "since=soon", "since takes" },
		{ "limit=0", "limit takes" },
		{ "limit=501", "limit takes" },
		{ "before=-1", "before takes" },
		{ "before=9223372036854775808", "before takes" },
		{ "rule=%00", "\"rule\"" },
		{ "rule=%f", "\"rule\"" },
		{ "rule=%c3", "\"rule\"" },
		{ "q=%22", "q takes" },
		{ "q=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q", "q takes" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p;

		parse(&p, cases[i].query);
		ASSERT_EQ(p.res, -EINVAL);
		ASSERT_HAS(p.err.msg, cases[i].message);
		arena_fini(&p.arena);
	}
}

static void build(const char *query, struct query *q)
{
	struct parsed p;

	parse(&p, query);
	query_build(q, DB_SQLITE, &p.f, "a.id", QUERY_NEWEST_FIRST, 10);
	arena_fini(&p.arena);
}

TEST(one_condition_leads)
{
	struct query q;

	build("level=info&session=s&q=w", &q);
	ASSERT_HAS(q.sql.data, "FROM alerts AS a WHERE a.session = ?");
	ASSERT_HAS(q.sql.data,
		   "INDEXED BY alerts_level WHERE other.seq = a.seq AND other.level = ?");
	ASSERT_HAS(q.sql.data, "EXISTS (SELECT 1 FROM words");
	ASSERT_EQ(q.nr_values, 3);
	query_fini(&q);
	build("level=info&q=w&before=5", &q);
	ASSERT_HAS(q.sql.data, "words MATCH ?");
	ASSERT_HAS(q.sql.data, "words.rowid < ?");
	ASSERT_HAS(q.sql.data, "ORDER BY words.rowid DESC LIMIT 10");
	query_fini(&q);
	build("level=info&state=seen", &q);
	ASSERT_HAS(q.sql.data, "WHERE a.state <> 0 AND a.state = ?");
	query_fini(&q);
	build("level=info&state=new", &q);
	ASSERT_HAS(q.sql.data, "AND (a.state + 0) = ?");
	query_fini(&q);
	build("", &q);
	ASSERT_STR(q.sql.data,
		   "SELECT a.id FROM alerts AS a WHERE 1 = 1 ORDER BY a.seq DESC LIMIT 10");
	query_fini(&q);
}

/* Each parameter at once has to find room. */
TEST(all_conditions_fit)
{
	struct query q;

	build("session=a&addr=a&path=a&pod=a&agent=a&host=a&function=a&rule=a&app=a&action=a&"
	      "technique=a&cwe=a&q=a&level=info&state=seen&"
	      "group=1&since=1d&until=1d&before=1&after=1",
	      &q);
	ASSERT_EQ(q.nr_values, 20);
	query_fini(&q);
}

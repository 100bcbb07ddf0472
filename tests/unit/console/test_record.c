// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "test.h"

#include "console/ingest.h"
#include "console/record.h"
#include "console/when.h"

#define ALERT                                                                                      \
	"{\"id\":\"a1\",\"time\":\"2026-01-02T03:04:05Z\",\"host\":\"h\",\"target\":\"blog\","     \
	"\"rule\":{\"name\":\"R\",\"level\":\"warn\",\"tags\":[\"attack.T1059.006\",\"CWE-78\",7]" \
	"},"                                                                                       \
	"\"function\":{\"name\":\"f\",\"qualname\":\"C.f\"},\"args\":{\"a\":\"x\\ny\",\"b\":3},"   \
	"\"callers\":[{\"function\":\"g\",\"file\":\"/srv/a.py\",\"line\":%d}],"                   \
	"\"request\":{\"path\":\"/"                                                                \
	"p\",\"remote_addr\":\"::1\"},\"kubernetes\":{\"pod\":\"pod-1\"}}"

struct parsed {
	struct arena keep, scratch;
	char line[4096];
	struct record r;
	struct err err;
	int res;
};

static void parse(struct parsed *p, const char *app, const char *line)
{
	*p = (struct parsed){ 0 };
	snprintf(p->line, sizeof(p->line), "%s", line);
	p->res = record_parse(&p->keep, &p->scratch, (struct text){ p->line, strlen(p->line) }, app,
			      &p->r, &p->err);
}

static void done(struct parsed *p)
{
	arena_fini(&p->keep);
	arena_fini(&p->scratch);
}

TEST(reads_what_is_filtered_by)
{
	struct parsed p;
	char line[1024];

	snprintf(line, sizeof(line), ALERT, 7);
	parse(&p, NULL, line);
	ASSERT_EQ(p.res, 0);
	ASSERT(text_eq_str(p.r.id, "a1"));
	ASSERT(text_eq_str(p.r.app, "blog"));
	ASSERT(text_eq_str(p.r.rule, "R"));
	ASSERT_EQ(p.r.level, RECORD_WARN);
	ASSERT(text_eq_str(p.r.function, "C.f"));
	ASSERT(text_eq_str(p.r.pod, "pod-1"));
	ASSERT(text_eq_str(p.r.addr, "::1"));
	ASSERT(!p.r.session.s);
	ASSERT(text_eq_str(p.r.what, "a: x\ny, b: 3"));
	ASSERT_EQ(p.r.nr_tags, 3);
	ASSERT(text_eq_str(p.r.tags[1], "attack.t1059"));
	ASSERT(text_eq_str(p.r.json, line));
	done(&p);
}

TEST(groups_by_chain_not_by_line)
{
	struct parsed a, b, c;
	char line[1024];

	snprintf(line, sizeof(line), ALERT, 7);
	parse(&a, "shop", line);
	snprintf(line, sizeof(line), ALERT, 8);
	parse(&b, "shop", line);
	parse(&c, "other", line);
	ASSERT_EQ(a.r.group, b.r.group);
	ASSERT(a.r.group != c.r.group);
	ASSERT((int64_t)a.r.group > 0);
	done(&a);
	done(&b);
	done(&c);
}

TEST(cuts_at_characters)
{
	ASSERT(text_eq_str(record_cut(TEXT("abc"), 3), "abc"));
	ASSERT(text_eq_str(record_cut(TEXT("ab\xc3\xa9"), 3), "ab"));
	ASSERT(text_eq_str(record_cut(TEXT("\xf0\x9f\x98\x80"), 3), ""));
}

TEST(says_what_is_wrong)
{
	static const struct {
		const char *line, *message;
	} cases[] = {
		{ "{}", "rule.name" },
		{ "[]", "object" },
		{ "{\"rule\":{\"name\":\"R\"}}", "rule.level" },
		{ "{\"rule\":{\"name\":\"R\",\"level\":\"info\"},\"time\":\"now\"}", "time:" },
		{ "{\"id\":7,\"rule\":{\"name\":\"R\",\"level\":\"info\"},\"time\":\"2026-01-02T03:"
		  "04:05Z\"}",
		  "id:" },
		{ "x", "not JSON" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p;

		parse(&p, NULL, cases[i].line);
		ASSERT_EQ(p.res, -EINVAL);
		ASSERT_HAS(p.err.msg, cases[i].message);
		done(&p);
	}
}

TEST(reads_lines_and_counts_bad_ones)
{
	struct ingest in;
	struct err err;
	char body[4096];

	snprintf(body, sizeof(body), "\r\n" ALERT "\r\nbad\n\n" ALERT, 1, 2);
	ASSERT_EQ(ingest_parse((struct text){ body, strlen(body) }, "shop", &in, &err), 0);
	ASSERT_EQ(in.nr_records, 2);
	ASSERT_EQ(in.nr_refused, 1);
	ASSERT_EQ(in.errors[0].line, 3);
	ASSERT(text_eq_str(in.records[1].app, "shop"));
	ingest_fini(&in);
	ASSERT_EQ(ingest_parse(TEXT(""), "shop", &in, &err), 0);
	ASSERT_EQ(in.nr_records, 0);
	ingest_fini(&in);
}

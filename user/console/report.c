// SPDX-License-Identifier: GPL-2.0-only
#include "console/report.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "console/db.h"
#include "console/query.h"
#include "console/state.h"
#include "console/tally.h"
#include "console/when.h"

#define TECHNIQUE "attack.t"

/*
 * By the column's own index, which has the place in time as well: the alerts themselves are not
 * read.
 */
#define COUNT(column, index)                                                                   \
	"SELECT " column ", count(*) AS n FROM alerts" index                                   \
	" WHERE seq >= ? AND seq < ? AND " column " IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1" \
	" LIMIT ?"
#define COUNT_BY(column)                                                   \
	{                                                                  \
		[DB_SQLITE] = COUNT(column, " INDEXED BY alerts_" column), \
		[DB_POSTGRES] = COUNT(column, ""),                         \
	}
/*
 * By hours that are counted already.  Of an hour that is within it in part the values are known:
 * each is counted by its index.
 */
#define WITHIN(table, column, value)                                                        \
	" UNION ALL SELECT what, (SELECT count(*) FROM " table " WHERE " column " = " value \
	" AND seq >= ? AND seq < ?) FROM hours WHERE part = ? AND hour = ?"
#define ADD_UP(table, column, value)                                                             \
	"SELECT what, CAST(sum(alerts) AS BIGINT) AS n FROM (SELECT what, alerts FROM hours"     \
	" WHERE part = ? AND hour >= ? AND hour < ?" WITHIN(table, column, value)                \
		WITHIN(table, column, value) ") AS counted GROUP BY what HAVING sum(alerts) > 0" \
					     " ORDER BY n DESC, what LIMIT ?"
#define ADD_UP_BY(column, value)                                                         \
	{                                                                                \
		[DB_SQLITE] = ADD_UP("alerts INDEXED BY alerts_" column, column, value), \
		[DB_POSTGRES] = ADD_UP("alerts", column, value),                         \
	}
#define LEVEL "CASE hours.what WHEN 'info' THEN 0 WHEN 'warn' THEN 1 ELSE 2 END"
#define TECHNIQUES ADD_UP("tags", "tag", "hours.what")
/* Where nearly each alert has a value of its own, an index is read faster than so many hours. */
#define MANY_VALUES_SPAN (3 * WHEN_DAY)
/* With the number of STATE_FALSE_ALARM, so that the index of states is used. */
#define COUNT_SILENCED                                                       \
	"SELECT rule, count(*) AS n FROM alerts WHERE seq >= ? AND seq < ? " \
	"AND state = 2 AND state <> 0 GROUP BY 1 ORDER BY n DESC, 1 LIMIT ?"
_Static_assert(STATE_FALSE_ALARM == 2, "as COUNT_SILENCED has it");
#define IS_THERE(column) \
	"SELECT 1 FROM alerts WHERE " column " = ? AND seq >= ? AND seq < ? LIMIT 1"

static const struct {
	const char *name, *title;
	const char *sql[NR_DB_KINDS];	/* by alerts; NULL: by hours in any case */
	const char *hours[NR_DB_KINDS]; /* by hours, whose part is `tally` */
	enum tally_part tally;
	const char *is_there; /* is a value of it in a span of time? */
} parts[NR_REPORT_PARTS] = {
	[REPORT_LEVEL] = { "level", "Levels", .hours = ADD_UP_BY("level", LEVEL),
			   .tally = TALLY_LEVEL },
	[REPORT_RULE] = { "rule", "Rules", .hours = ADD_UP_BY("rule", "hours.what"),
			  .tally = TALLY_RULE, .is_there = IS_THERE("rule") },
	[REPORT_APPLICATION] = { "application", "Applications",
				 .hours = ADD_UP_BY("app", "hours.what"),
				 .tally = TALLY_APPLICATION, .is_there = IS_THERE("app") },
	[REPORT_TECHNIQUE] = { "technique", "ATT&CK techniques",
			       .hours = { TECHNIQUES, TECHNIQUES }, .tally = TALLY_TECHNIQUE,
			       .is_there =
				       "SELECT 1 FROM tags WHERE tag = ? AND seq >= ? AND seq < ? "
				       "LIMIT 1" },
	[REPORT_ADDRESS] = { "address", "Client addresses", COUNT_BY("addr"),
			     ADD_UP_BY("addr", "hours.what"), TALLY_ADDRESS, IS_THERE("addr") },
	[REPORT_SESSION] = { "session", "Sessions", .sql = COUNT_BY("session") },
	[REPORT_SILENCED] = { "silenced", "Silenced: marked as false alarms, by rule",
			      .sql = { COUNT_SILENCED, COUNT_SILENCED } },
	[REPORT_GONE] = { "gone", "Silent now: rules that had alerts before, and have none",
			  .hours = ADD_UP_BY("rule", "hours.what"), .tally = TALLY_RULE },
};

const char *report_part_name(enum report_part part)
{
	return parts[part].name;
}

const char *report_part_title(enum report_part part)
{
	return parts[part].title;
}

bool report_tells_new(enum report_part part)
{
	return parts[part].is_there;
}

/* What a row counts, as it is called elsewhere: "attack.t1059" as "T1059". */
static struct text name_of(struct arena *a, enum report_part part, struct db_rows *row)
{
	struct text t = db_text(row, 0);
	char *copy;

	if (part == REPORT_TECHNIQUE) {
		t.s += strlen(TECHNIQUE) - 1;
		t.len -= strlen(TECHNIQUE) - 1;
	}
	copy = arena_alloc(a, t.len + 1);
	if (!copy)
		return (struct text){ NULL, 0 };
	memcpy(copy, t.s, t.len);
	if (part == REPORT_TECHNIQUE)
		*copy = 'T';
	return (struct text){ copy, t.len };
}

/* The whole hours of a span, and what is left of it before and behind them. */
static int ask_hours(struct db *db, enum report_part part, int64_t since, int64_t until,
		     struct db_rows **out, struct err *err)
{
	int64_t tally = parts[part].tally, before = since / WHEN_HOUR, behind = until / WHEN_HOUR;
	int64_t first = (since + WHEN_HOUR - 1) / WHEN_HOUR;
	/* Within one hour there is nothing but what is before. */
	int64_t end = MIN(first * WHEN_HOUR, until), begin = MAX(behind * WHEN_HOUR, end);

	return db_ask(db, err, out, parts[part].hours[db_kind(db)], "iiiiiiiiiiii", tally, first,
		      behind, since * SEQ_A_MICROSECOND, end * SEQ_A_MICROSECOND, tally, before,
		      begin * SEQ_A_MICROSECOND, until * SEQ_A_MICROSECOND, tally, behind,
		      (int64_t)REPORT_COUNTS_MAX);
}

static int ask(struct db *db, enum report_part part, int64_t since, int64_t until,
	       struct db_rows **out, struct err *err)
{
	const char *sql = parts[part].sql[db_kind(db)];

	if (parts[part].hours[0] && (!sql || until - since <= MANY_VALUES_SPAN))
		return ask_hours(db, part, since, until, out, err);
	return db_ask(db, err, out, sql, "iii", since * SEQ_A_MICROSECOND,
		      until * SEQ_A_MICROSECOND, (int64_t)REPORT_COUNTS_MAX);
}

static int read_counts(struct db *db, struct arena *a, enum report_part part, int64_t since,
		       int64_t until, struct report_counts *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	int res = ask(db, part, since, until, &rows, err);

	out->counts = arena_array(a, REPORT_COUNTS_MAX, sizeof(struct report_count));
	out->nr = 0;
	if (!out->counts)
		return err_set(err, -ENOMEM, "out of memory");
	while (!res && (res = db_row(db, err, rows)) > 0) {
		struct report_count *c = &out->counts[out->nr++];

		*c = (struct report_count){ .what = name_of(a, part, rows),
					    .alerts = db_number(rows, 1) };
		res = c->what.s ? 0 : err_set(err, -ENOMEM, "out of memory");
	}
	return res;
}

/* 1: some alert of that span has this value; 0: none. */
static int is_there(struct db *db, enum report_part part, struct text what, int64_t since,
		    int64_t until, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	_cleanup_buf_ struct buf tag = { 0 };
	int res;

	if (part == REPORT_TECHNIQUE) {
		/* Back from "T1059". */
		buf_adds(&tag, TECHNIQUE);
		buf_add(&tag, what.s + 1, what.len - 1);
		if (tag.failed)
			return err_set(err, -ENOMEM, "out of memory");
		what = (struct text){ tag.data, tag.len };
	}
	res = db_ask(db, err, &row, parts[part].is_there, "tii", what, since * SEQ_A_MICROSECOND,
		     until * SEQ_A_MICROSECOND);
	return res ?: db_row(db, err, row);
}

static int mark_new(struct db *db, struct report *r, enum report_part part, struct err *err)
{
	struct report_counts *c = &r->parts[part];
	int res = 0;

	for (size_t i = 0; i < c->nr && res >= 0; i++) {
		res = is_there(db, part, c->counts[i].what, 0, r->since, err);
		c->counts[i].is_new = !res;
	}
	return res < 0 ? res : 0;
}

/* Of the rules of the span before those that are silent now. */
static int read_gone(struct db *db, struct arena *a, struct report *r, int64_t earlier,
		     struct err *err)
{
	struct report_counts *gone = &r->parts[REPORT_GONE];
	int res = read_counts(db, a, REPORT_GONE, earlier, r->since, gone, err);
	size_t kept = 0;

	for (size_t i = 0; i < gone->nr && res >= 0; i++) {
		res = is_there(db, REPORT_RULE, gone->counts[i].what, r->since, r->until, err);
		if (!res)
			gone->counts[kept++] = gone->counts[i];
	}
	gone->nr = kept;
	return res < 0 ? res : 0;
}

/* Each alert has a level. */
static int64_t count_all(const struct report_counts *levels)
{
	int64_t n = 0;

	for (size_t i = 0; i < levels->nr; i++)
		n += levels->counts[i].alerts;
	return n;
}

int report_read(struct db *db, struct arena *a, int64_t since, int64_t until, struct report *out,
		struct err *err)
{
	int64_t earlier = MAX(since - (until - since), (int64_t)0);
	struct report_counts before;
	int res;

	*out = (struct report){ .since = since, .until = until };
	res = read_counts(db, a, REPORT_LEVEL, earlier, since, &before, err);
	for (size_t i = 0; i < REPORT_GONE && !res; i++) {
		res = read_counts(db, a, i, since, until, &out->parts[i], err);
		if (!res && report_tells_new(i))
			res = mark_new(db, out, i, err);
	}
	out->total = count_all(&out->parts[REPORT_LEVEL]);
	out->before = res ? 0 : count_all(&before);
	return res ?: read_gone(db, a, out, earlier, err);
}

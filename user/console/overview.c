// SPDX-License-Identifier: GPL-2.0-only
#include "console/overview.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "console/db.h"
#include "console/query.h"
#include "console/record.h"
#include "console/senders.h"
#include "console/state.h"
#include "console/store.h"
#include "console/tally.h"
#include "console/when.h"

#define BARS_MAX 32
/* More are "more than": nobody counts them. */
#define UNSEEN_MAX 1000
#define TECHNIQUE "attack."
/* More are many: see ask_top(). */
#define LONG_HOURS 168

/* A span of time in bars of equal length. */
struct axis {
	int64_t first, hours; /* of a bar */
	size_t nr;
};

struct bar {
	int64_t alerts[NR_RECORD_LEVELS];
};

static struct axis make_axis(int64_t span, int64_t now)
{
	static const int64_t lengths[] = { 1, 2, 3, 6, 12, 24, 72, 168, 720, 2880 };
	int64_t hours = MAX((span + WHEN_HOUR - 1) / WHEN_HOUR, (int64_t)1);
	struct axis x = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		x.hours = lengths[i];
		x.nr = (hours + x.hours - 1) / x.hours;
		if (x.nr <= BARS_MAX)
			break;
	}
	x.nr = MIN(x.nr, (size_t)BARS_MAX);
	x.first = now / WHEN_HOUR + 1 - (int64_t)x.nr * x.hours;
	return x;
}

static int64_t axis_end(const struct axis *x)
{
	return x->first + (int64_t)x->nr * x->hours;
}

static int read_bars(struct db *db, const struct axis *x, struct bar *bars, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	int res = db_ask(
		db, err, &rows,
		"SELECT hour, what, alerts FROM hours WHERE part = ? AND hour >= ? AND hour < ?",
		"iii", (int64_t)TALLY_LEVEL, x->first, axis_end(x));

	while (!res && (res = db_row(db, err, rows)) > 0) {
		enum record_level level;

		if (!record_level_parse(db_text(rows, 1), &level))
			bars[(db_number(rows, 0) - x->first) / x->hours].alerts[level] +=
				db_number(rows, 2);
		res = 0;
	}
	return res;
}

static void put_time(struct buf *out, const char *name, int64_t hour)
{
	buf_printf(out, "\"%s\":\"", name);
	when_put(out, hour * WHEN_HOUR);
	buf_adds(out, "\",");
}

static int put_bars(struct db *db, const struct axis *x, struct buf *out, struct err *err)
{
	struct bar bars[BARS_MAX] = { 0 };
	int64_t total = 0;
	int res = read_bars(db, x, bars, err);

	buf_adds(out, "\"series\":[");
	for (size_t i = 0; i < x->nr; i++) {
		const int64_t *n = bars[i].alerts;

		buf_adds(out, i ? ",{" : "{");
		put_time(out, "since", x->first + (int64_t)i * x->hours);
		put_time(out, "until", x->first + (int64_t)(i + 1) * x->hours);
		buf_printf(out, "\"info\":%lld,\"warn\":%lld,\"alert\":%lld}",
			   (long long)n[RECORD_INFO], (long long)n[RECORD_WARN],
			   (long long)n[RECORD_ALERT]);
		total += n[RECORD_INFO] + n[RECORD_WARN] + n[RECORD_ALERT];
	}
	buf_printf(out, "],\"total\":%lld", (long long)total);
	return res;
}

/* "attack.t1059.006" is T1059.006 everywhere else. */
static void put_name(struct buf *out, enum tally_part part, struct text name)
{
	size_t prefix = strlen(TECHNIQUE);

	if (part != TALLY_TECHNIQUE || name.len <= prefix) {
		text_json(out, name);
		return;
	}
	buf_adds(out, "\"T");
	for (size_t i = prefix + 1; i < name.len; i++) {
		if (strchr("0123456789.", name.s[i]) && name.s[i])
			buf_addc(out, name.s[i]);
	}
	buf_addc(out, '"');
}

/*
 * Nearly each alert may have an address of its own: the index of addresses, which has them in
 * order, is read faster than so many hours, then.
 */
static int ask_top(struct db *db, const struct axis *x, enum tally_part part, int64_t max,
		   struct db_rows **out, struct err *err)
{
	if (part == TALLY_ADDRESS && db_kind(db) == DB_SQLITE &&
	    axis_end(x) - x->first > LONG_HOURS)
		return db_ask(db, err, out,
			      "SELECT addr, count(*) AS n FROM alerts INDEXED BY alerts_addr"
			      " WHERE addr IS NOT NULL AND seq >= ? AND seq < ?"
			      " GROUP BY addr ORDER BY n DESC, addr LIMIT ?",
			      "iii", x->first * WHEN_HOUR * SEQ_A_MICROSECOND,
			      axis_end(x) * WHEN_HOUR * SEQ_A_MICROSECOND, max);
	return db_ask(db, err, out,
		      "SELECT what, CAST(sum(alerts) AS BIGINT) AS n FROM hours WHERE part = ?"
		      " AND hour >= ? AND hour < ? GROUP BY what ORDER BY n DESC, what LIMIT ?",
		      "iiii", (int64_t)part, x->first, axis_end(x), max);
}

static int put_top(struct db *db, const struct axis *x, enum tally_part part, const char *name,
		   int64_t max, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	const char *separator = "";
	int res = ask_top(db, x, part, max, &rows, err);

	buf_printf(out, ",\"%s\":[", name);
	while (!res && (res = db_row(db, err, rows)) > 0) {
		buf_printf(out, "%s{\"name\":", separator);
		put_name(out, part, db_text(rows, 0));
		buf_printf(out, ",\"alerts\":%lld}", (long long)db_number(rows, 1));
		separator = ",";
		res = 0;
	}
	buf_addc(out, ']');
	return res;
}

static int put_oldest(struct db *db, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row, "SELECT seq FROM alerts ORDER BY seq LIMIT 1", "");

	if (!res)
		res = db_row(db, err, row);
	if (res <= 0) {
		buf_adds(out, "\"oldest\":null,");
		return res;
	}
	buf_adds(out, "\"oldest\":\"");
	when_put(out, db_number(row, 0) / SEQ_A_MICROSECOND);
	buf_adds(out, "\",");
	return 0;
}

/* Alerts of the highest level that nobody has said a word of. */
static int put_unseen(struct db *db, const struct axis *x, struct buf *out, struct err *err)
{
	const struct filter f = {
		.level = RECORD_ALERT, .state = STATE_NEW, .since = x->first * WHEN_HOUR, .limit = 1
	};
	unsigned int count = 0;
	int res = store_count(db, &f, UNSEEN_MAX, &count, err);

	buf_printf(out, ",\"unseen\":%u", count);
	return res;
}

int overview_put(struct db *db, int64_t span, int64_t now, struct buf *out, struct err *err)
{
	static const struct {
		enum tally_part part;
		const char *name; /* of the filter that leads to them */
		int64_t max;
	} tops[] = {
		{ TALLY_RULE, "rule", OVERVIEW_TOP },
		{ TALLY_PATH, "path", OVERVIEW_TOP },
		{ TALLY_ADDRESS, "addr", OVERVIEW_TOP },
		{ TALLY_APPLICATION, "app", OVERVIEW_TOP },
		{ TALLY_TECHNIQUE, "technique", OVERVIEW_TECHNIQUES_MAX },
	};
	struct axis x = make_axis(span, now);
	int res;

	buf_addc(out, '{');
	put_time(out, "since", x.first);
	put_time(out, "until", axis_end(&x));
	res = put_oldest(db, out, err);
	if (!res)
		res = put_bars(db, &x, out, err);
	if (!res)
		res = put_unseen(db, &x, out, err);
	for (size_t i = 0; i < ARRAY_SIZE(tops) && !res; i++)
		res = put_top(db, &x, tops[i].part, tops[i].name, tops[i].max, out, err);
	buf_adds(out, ",\"senders\":");
	if (!res)
		res = senders_put(db, out, err);
	buf_addc(out, '}');
	return res;
}

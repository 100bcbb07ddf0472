// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "base/util.h"
#include "console/db.h"
#include "console/query.h"
#include "console/state.h"
#include "console/store.h"
#include "console/when.h"

/* A search that takes longer is given up. */
#define PATIENCE_MS 4000

/*
 * The columns that a list shows, and what they are called there; the first three are none of the
 * texts.
 */
#define COLUMNS                                                                             \
	"a.seq, a.level, a.state, a.id, a.app, a.rule, a.function, a.what, a.host, a.pod, " \
	"a.path, a.addr, "                                                                  \
	"a.session, a.agent, a.action"
static const char *const names[] = { "id",  "app",  "rule", "function", "what",	 "host",
				     "pod", "path", "addr", "session",	"agent", "action" };

static void put_row(struct buf *out, struct db_rows *row)
{
	int64_t seq = db_number(row, 0);

	buf_printf(out, "{\"seq\":\"%lld\",\"time\":\"", (long long)seq);
	when_put(out, seq / SEQ_A_MICROSECOND);
	buf_printf(out, "\",\"level\":\"%s\",\"state\":\"%s\"",
		   record_level_name(db_number(row, 1)), state_name(db_number(row, 2)));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct text t = db_text(row, i + 3);

		buf_printf(out, ",\"%s\":", names[i]);
		if (t.s)
			text_json(out, t);
		else
			buf_adds(out, "null");
	}
	buf_addc(out, '}');
}

int store_list(struct db *db, const struct filter *f, enum query_order order, struct buf *out,
	       struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	_cleanup_query_ struct query q;
	unsigned int n = 0;
	int64_t last = 0;
	int res;

	/* One more, to know whether there is a next page. */
	query_build(&q, db_kind(db), f, COLUMNS, order, f->limit + 1);
	if (q.sql.failed)
		return err_set(err, -ENOMEM, "out of memory");
	db_hurry(db, PATIENCE_MS);
	res = db_ask_values(db, err, &rows, q.sql.data, q.values, q.nr_values);
	if (res)
		return res;
	buf_adds(out, "{\"alerts\":[");
	while ((res = db_row(db, err, rows)) > 0 && n < f->limit) {
		if (n++)
			buf_addc(out, ',');
		last = db_number(rows, 0);
		put_row(out, rows);
	}
	if (res < 0)
		return res;
	if (res)
		buf_printf(out, "],\"next\":\"%lld\"}", (long long)last);
	else
		buf_adds(out, "],\"next\":null}");
	return out->failed ? err_set(err, -ENOMEM, "out of memory") : 0;
}

int store_count(struct db *db, const struct filter *f, unsigned int max, unsigned int *out,
		struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	_cleanup_query_ struct query q;
	unsigned int n = 0;
	int res;

	query_build(&q, db_kind(db), f, "1", QUERY_NEWEST_FIRST, max);
	if (q.sql.failed)
		return err_set(err, -ENOMEM, "out of memory");
	db_hurry(db, PATIENCE_MS);
	res = db_ask_values(db, err, &rows, q.sql.data, q.values, q.nr_values);
	while (!res && (res = db_row(db, err, rows)) > 0) {
		n++;
		res = 0;
	}
	if (!res)
		*out = n;
	return res;
}

int store_each(struct db *db, const struct filter *f, unsigned int max, store_each_fn fn, void *ctx,
	       struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	_cleanup_buf_ struct buf sql = { 0 };
	_cleanup_query_ struct query q;
	int res;

	query_build(&q, db_kind(db), f, "a.seq AS place, a.json AS line", QUERY_NEWEST_FIRST, max);
	if (!q.sql.failed)
		buf_printf(&sql, "SELECT line FROM (%s) AS newest ORDER BY place", q.sql.data);
	if (q.sql.failed || sql.failed)
		return err_set(err, -ENOMEM, "out of memory");
	db_hurry(db, PATIENCE_MS);
	res = db_ask_values(db, err, &rows, sql.data, q.values, q.nr_values);
	while (!res && (res = db_row(db, err, rows)) > 0) {
		res = fn(ctx, db_text(rows, 0));
		if (res)
			return err_set(err, res, "out of memory");
	}
	return res;
}

/* The id of the first alert that the filter lets through, or null. */
static int put_neighbour(struct db *db, const struct filter *f, enum query_order order,
			 const char *name, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	_cleanup_query_ struct query q;
	int res;

	query_build(&q, db_kind(db), f, "a.id", order, 1);
	if (q.sql.failed)
		return err_set(err, -ENOMEM, "out of memory");
	res = db_ask_values(db, err, &rows, q.sql.data, q.values, q.nr_values);
	if (!res)
		res = db_row(db, err, rows);
	buf_printf(out, ",\"%s\":", name);
	if (res > 0)
		text_json(out, db_text(rows, 0));
	/* What takes too long to look for is not worth it. */
	if (!res || res == -ETIMEDOUT)
		buf_adds(out, "null");
	return res < 0 && res != -ETIMEDOUT ? res : 0;
}

static int put_neighbours(struct db *db, const struct filter *f, int64_t seq, struct buf *out,
			  struct err *err)
{
	struct filter beside = *f;
	int res;

	db_hurry(db, PATIENCE_MS);
	beside.before = 0;
	beside.after = seq;
	res = put_neighbour(db, &beside, QUERY_OLDEST_FIRST, "newer", out, err);
	beside.before = seq;
	beside.after = 0;
	return res ?: put_neighbour(db, &beside, QUERY_NEWEST_FIRST, "older", out, err);
}

int store_alert(struct db *db, struct text id, const struct filter *f, struct buf *out,
		struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	struct text json;
	int64_t seq;
	int res = db_ask(db, err, &row,
			 "SELECT seq, received, app, grp, json FROM alerts WHERE id = ?", "t", id);

	if (!res)
		res = db_row(db, err, row);
	if (res < 0)
		return res;
	if (!res)
		return err_set(err, -ENOENT,
			       "no alert has such an id: it may have been too old to be kept");
	seq = db_number(row, 0);
	buf_printf(out, "{\"seq\":\"%lld\",\"id\":", (long long)seq);
	text_json(out, id);
	buf_adds(out, ",\"received\":\"");
	when_put(out, db_number(row, 1));
	buf_adds(out, "\",\"app\":");
	text_json(out, db_text(row, 2));
	buf_printf(out, ",\"group\":\"%lld\",\"alert\":", (long long)db_number(row, 3));
	json = db_text(row, 4);
	buf_add(out, json.s, json.len);
	res = state_put(db, seq, out, err);
	if (!res)
		res = put_neighbours(db, f, seq, out, err);
	buf_addc(out, '}');
	return res ?: out->failed ? err_set(err, -ENOMEM, "out of memory") : 0;
}

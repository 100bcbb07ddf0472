// SPDX-License-Identifier: GPL-2.0-only
#include "console/sessions.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/util.h"
#include "console/db.h"
#include "console/filter.h"
#include "console/query.h"
#include "console/record.h"
#include "console/store.h"
#include "console/when.h"

#define PATIENCE_MS 4000
#define HOSTS_MAX 8

/* A session among the alerts that were looked at. */
struct seen {
	struct text session, app, addr, hosts[HOSTS_MAX];
	size_t nr_hosts;
	int64_t first, last, alerts; /* places in time */
	int level;
};

static int nomem(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}

static struct text copy_text(struct arena *a, struct text t)
{
	char *copy = arena_alloc(a, t.len + 1);

	if (!copy)
		return (struct text){ NULL, 0 };
	memcpy(copy, t.s ?: "", t.len);
	return (struct text){ copy, t.len };
}

static struct seen *find_session(struct seen *all, size_t *nr, struct arena *a, struct text session,
				 struct text app, struct text addr)
{
	for (size_t i = 0; i < *nr; i++) {
		if (text_eq(all[i].session, session))
			return &all[i];
	}
	if (*nr == SESSIONS_SHOWN)
		return NULL;
	all[*nr] = (struct seen){ .session = copy_text(a, session),
				  .app = copy_text(a, app),
				  .addr = copy_text(a, addr) };
	return &all[(*nr)++];
}

static void add_host(struct seen *s, struct arena *a, struct text host)
{
	for (size_t i = 0; i < s->nr_hosts; i++) {
		if (text_eq(s->hosts[i], host))
			return;
	}
	if (s->nr_hosts < HOSTS_MAX && host.s)
		s->hosts[s->nr_hosts++] = copy_text(a, host);
}

/* Newest first. */
static void see_row(struct seen *s, struct arena *a, struct db_rows *row)
{
	int64_t seq = db_number(row, 0);

	if (!s->alerts++)
		s->last = seq;
	s->first = seq;
	s->level = MAX(s->level, (int)db_number(row, 1));
	add_host(s, a, db_text(row, 5));
}

static void put_string(struct buf *out, const char *name, struct text t)
{
	buf_printf(out, "\"%s\":", name);
	if (t.s && t.len)
		text_json(out, t);
	else
		buf_adds(out, "null");
	buf_addc(out, ',');
}

static void put_place(struct buf *out, const char *name, int64_t seq)
{
	buf_printf(out, "\"%s\":\"", name);
	when_put(out, seq / SEQ_A_MICROSECOND);
	buf_addc(out, '"');
}

static void put_seen(struct buf *out, const struct seen *s)
{
	buf_addc(out, '{');
	put_string(out, "session", s->session);
	put_string(out, "app", s->app);
	put_string(out, "addr", s->addr);
	put_place(out, "first", s->first);
	buf_addc(out, ',');
	put_place(out, "last", s->last);
	buf_printf(out, ",\"alerts\":%lld,\"level\":\"%s\",\"hosts\":[", (long long)s->alerts,
		   record_level_name(s->level));
	for (size_t i = 0; i < s->nr_hosts; i++) {
		if (i)
			buf_addc(out, ',');
		text_json(out, s->hosts[i]);
	}
	buf_adds(out, "]}");
}

static int collect_rows(struct db *db, struct db_rows *rows, struct arena *a, struct seen *all,
			size_t *nr, bool *more, struct err *err)
{
	int res;

	while ((res = db_row(db, err, rows)) > 0) {
		struct seen *s = find_session(all, nr, a, db_text(rows, 2), db_text(rows, 3),
					      db_text(rows, 4));

		if (s)
			see_row(s, a, rows);
		else
			*more = true;
	}
	return res;
}

int sessions_put(struct db *db, const struct filter *f, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	_cleanup_query_ struct query q;
	struct arena a = { 0 };
	struct seen *all = arena_array(&a, SESSIONS_SHOWN, sizeof(*all));
	bool more = false;
	size_t nr = 0;
	int res;

	query_build_sessions(&q, db_kind(db), f, "a.seq, a.level, a.session, a.app, a.addr, a.host",
			     SESSIONS_LOOKED_AT);
	if (q.sql.failed || !all)
		return nomem(err);
	db_hurry(db, PATIENCE_MS);
	res = db_ask_values(db, err, &rows, q.sql.data, q.values, q.nr_values);
	if (!res)
		res = collect_rows(db, rows, &a, all, &nr, &more, err);
	buf_adds(out, "{\"sessions\":[");
	for (size_t i = 0; i < nr; i++) {
		if (i)
			buf_addc(out, ',');
		put_seen(out, &all[i]);
	}
	buf_printf(out, "],\"looked\":%d,\"more\":%s}", SESSIONS_LOOKED_AT,
		   more ? "true" : "false");
	arena_fini(&a);
	return res ?: out->failed ? nomem(err) : 0;
}

/* First, last and how many there are of the session in all. */
static int put_total(struct db *db, struct text session, int64_t *first, int64_t *last,
		     struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row,
			 "SELECT count(*), min(seq), max(seq) FROM alerts WHERE session = ?", "t",
			 session);

	if (!res)
		res = db_row(db, err, row);
	if (res < 0)
		return res;
	buf_printf(out, ",\"total\":%lld", (long long)db_number(row, 0));
	*first = db_number(row, 1);
	*last = db_number(row, 2);
	if (!*first)
		return err_set(
			err, -ENOENT,
			"no alert has such a session: they may have been too old to be kept");
	buf_addc(out, ',');
	put_place(out, "first", *first);
	buf_addc(out, ',');
	put_place(out, "last", *last);
	return 0;
}

static int put_span(struct db *db, int64_t first, int64_t last, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row,
			 "SELECT count(*) FROM (SELECT 1 FROM alerts WHERE seq >= ? AND seq <= ?"
			 " LIMIT ?) AS spanned",
			 "iii", first, last, (int64_t)SESSIONS_SPAN_MAX);

	if (!res)
		res = db_row(db, err, row);
	if (res > 0)
		buf_printf(out, ",\"span\":%lld", (long long)db_number(row, 0));
	return res < 0 ? res : 0;
}

int sessions_story_put(struct db *db, const struct filter *f, struct buf *out, struct err *err)
{
	struct text session = f->text[FILTER_SESSION];
	struct filter page = *f;
	int64_t first = 0, last = 0;
	int res;

	if (!session.s)
		return err_set(err, -EINVAL, "which session? session=ID");
	page.limit = MIN(f->limit, (unsigned int)SESSIONS_STORY_MAX);
	buf_adds(out, "{\"session\":");
	text_json(out, session);
	db_hurry(db, PATIENCE_MS);
	res = put_total(db, session, &first, &last, out, err);
	if (!res)
		res = put_span(db, first, last, out, err);
	buf_adds(out, ",\"page\":");
	if (!res)
		res = store_list(db, &page, QUERY_OLDEST_FIRST, out, err);
	buf_addc(out, '}');
	return res;
}

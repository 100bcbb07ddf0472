// SPDX-License-Identifier: GPL-2.0-only
#include "console/transitions_watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "console/db.h"
#include "console/field.h"
#include "console/json.h"
#include "console/query.h"
#include "console/record.h"
#include "console/store.h"
#include "console/ticker.h"
#include "console/when.h"
#include "console/writer.h"

#define BATCH 200
/* Requests of a session that are looked at for one before, and those that are told. */
#define LOOKED_AT 1000
#define TOLD 5
#define PAUSE_MS 2000

struct transitions_watch {
	struct store *store;
	struct writer *writer;
	const struct transitions *transitions;
	int64_t grace;
	struct ticker ticker;
	pthread_mutex_t lock; /* of what follows */
	uint64_t decided, wrong;
};

/* A request that is to be decided; texts are the batch's. */
struct request_row {
	int64_t received, seq;
	struct text id, app, session, path, json;
};

struct batch {
	struct arena arena, scratch;
	struct request_row rows[BATCH];
	struct record wrong[BATCH];
	size_t nr, nr_wrong;
};

static struct text copy(struct arena *a, struct text t)
{
	char *s = arena_alloc(a, t.len + 1);

	if (s && t.len)
		memcpy(s, t.s, t.len);
	return (struct text){ s, s ? t.len : 0 };
}

/* Where to go on: after what was received then, at that place. */
static int read_decided(struct transitions_watch *w, struct db *db, int64_t *received, int64_t *seq,
			struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row,
			 "SELECT received, seq FROM decided WHERE name = 'transitions'", "");

	if (!res)
		res = db_row(db, err, row);
	if (res < 0)
		return res;
	/* What came before the first start is left alone. */
	*received = res ? db_number(row, 0) : when_now() - w->grace;
	*seq = res ? db_number(row, 1) : 0;
	return res;
}

/* Consoles that share the store do the same; none goes back. */
static int write_decided(struct transitions_watch *w, int64_t received, int64_t seq,
			 struct err *err)
{
	struct db *db;
	int64_t res = store_begin(w->store, &db, err);

	if (res)
		return res;
	res = db_do(db, err,
		    "INSERT INTO decided (name, received, seq) VALUES ('transitions', ?, ?)"
		    " ON CONFLICT (name) DO UPDATE SET received = excluded.received, seq ="
		    " excluded.seq WHERE (decided.received, decided.seq) < (excluded.received,"
		    " excluded.seq)",
		    "ii", received, seq);
	if (res >= 0)
		return store_commit(w->store, err);
	store_rollback(w->store);
	return res;
}

static int read_batch(struct db *db, struct batch *b, int64_t received, int64_t seq, int64_t until,
		      struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	int res = db_ask(
		db, err, &rows,
		"SELECT a.received, a.seq, a.id, a.app, a.session, a.path, a.json FROM alerts AS a"
		" JOIN tags AS t ON t.tag = '" TRANSITIONS_TAG "' AND t.seq = a.seq"
		" WHERE a.received >= ? AND a.received < ? AND (a.received, a.seq) > (?, ?)"
		" AND a.session IS NOT NULL AND a.path IS NOT NULL"
		" ORDER BY a.received, a.seq LIMIT ?",
		"iiiii", received, until, received, seq, (int64_t)BATCH);

	while (!res && (res = db_row(db, err, rows)) > 0) {
		struct request_row *r = &b->rows[b->nr++];

		*r = (struct request_row){ db_number(rows, 0),
					   db_number(rows, 1),
					   copy(&b->arena, db_text(rows, 2)),
					   copy(&b->arena, db_text(rows, 3)),
					   copy(&b->arena, db_text(rows, 4)),
					   copy(&b->arena, db_text(rows, 5)),
					   copy(&b->arena, db_text(rows, 6)) };
		res = r->id.s && r->app.s && r->session.s && r->path.s && r->json.s
			      ? 0
			      : err_set(err, -ENOMEM, "out of memory");
	}
	return res;
}

/* What a session did before a request. */
struct past {
	bool allowed, empty;
	struct buf told; /* the last pages, the latest first */
	size_t nr_told;
};

static int look_back(struct transitions_watch *w, struct db *db, const struct request_row *r,
		     const struct transition *page, struct past *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	int res =
		db_ask(db, err, &rows,
		       "SELECT a.path FROM alerts AS a JOIN tags AS t ON t.tag = '" TRANSITIONS_TAG
		       "' AND t.seq = a.seq WHERE a.session = ? AND a.seq < ?"
		       " AND a.seq >= ? AND a.path IS NOT NULL ORDER BY a.seq DESC LIMIT ?",
		       "tiii", r->session, r->seq,
		       r->seq - w->transitions->window * SEQ_A_MICROSECOND, (int64_t)LOOKED_AT);

	out->empty = true;
	while (!res && !out->allowed && (res = db_row(db, err, rows)) > 0) {
		struct text path = db_text(rows, 0);

		res = 0;
		out->empty = false;
		out->allowed = transition_follows(page, path);
		if (out->nr_told == TOLD)
			continue;
		buf_adds(&out->told, out->nr_told++ ? ", " : "");
		buf_add(&out->told, path.s, path.len);
	}
	out->allowed |= out->empty && (page->start || page->any);
	return res < 0 ? res : 0;
}

static void put_raw(struct buf *out, const struct json *root, const char *name)
{
	const struct json *node = json_at(root, name);

	if (!node)
		return;
	buf_printf(out, "\"%s\":", name);
	if (node->type == JSON_STRING)
		buf_addc(out, '"');
	buf_add(out, node->raw.s, node->raw.len);
	buf_adds(out, node->type == JSON_STRING ? "\"," : ",");
}

/* The alert that reports a request. */
static void put_alert(struct buf *out, const struct request_row *r, const struct json *root,
		      const struct past *past)
{
	static const char *const same[] = { "time",    "host",	  "target",
					    "request", "process", "kubernetes" };
	static const char *const maps[] = { "args", "value" };
	struct text before = { past->told.data ?: "nothing", past->told.data ? past->told.len : 7 };
	_cleanup_buf_ struct buf id = { 0 };

	buf_adds(&id, "transition-");
	/* An id that is too long is cut: what is left of it is chance enough. */
	buf_add(&id, r->id.s, MIN(r->id.len, (size_t)RECORD_ID_MAX - id.len));
	buf_addc(out, '{');
	field_text(out, "id", (struct text){ id.data ?: "", id.len });
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		put_raw(out, root, same[i]);
	buf_adds(out,
		 "\"rule\":{\"name\":\"" TRANSITIONS_RULE "\",\"id\":\"wrong-page-transition\","
		 "\"level\":\"warn\",\"tags\":[\"wrong-transition\"],\"description\":\"A session "
		 "came to a page from none that is allowed before it.\"},\"function\":{\"name\":");
	text_json(out, r->path);
	buf_adds(out, ",\"qualname\":");
	text_json(out, r->path);
	for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
		buf_printf(out, "},\"%s\":{\"page\":", maps[i]);
		text_json(out, r->path);
		buf_adds(out, ",\"before\":");
		text_json(out, before);
	}
	buf_adds(out, "},\"callers\":[],\"input\":null,\"action\":\"detect\",\"truncated\":false}");
	out->failed |= id.failed | past->told.failed;
}

static int report(struct batch *b, const struct request_row *r, const struct past *past,
		  struct err *err)
{
	_cleanup_buf_ struct buf line = { 0 };
	struct json *root;
	struct text kept;
	const char *app;
	int res = json_parse(&b->scratch, r->json.s, r->json.len, &root, err);

	if (res)
		return res;
	put_alert(&line, r, root, past);
	kept = copy(&b->arena, (struct text){ line.data ?: "", line.len });
	app = r->app.s;
	if (line.failed || !kept.s)
		return err_set(err, -ENOMEM, "out of memory");
	((char *)r->app.s)[r->app.len] = '\0';
	res = record_parse(&b->arena, &b->scratch, kept, app, &b->wrong[b->nr_wrong], err);
	b->nr_wrong += !res;
	return res;
}

static int decide(struct transitions_watch *w, struct db *db, struct batch *b,
		  const struct request_row *r, struct err *err)
{
	const struct transition *page = transitions_find(w->transitions, r->app, r->path);
	struct past past = { 0 };
	int res;

	if (!page)
		return 0;
	res = look_back(w, db, r, page, &past, err);
	if (!res && !past.allowed)
		res = report(b, r, &past, err);
	buf_fini(&past.told);
	return res;
}

static int decide_batch(struct transitions_watch *w, struct batch *b, struct err *err)
{
	int64_t received, seq;
	struct db *db;
	int res = store_reader(w->store, &db, err), known = 0;

	if (res)
		return res;
	known = read_decided(w, db, &received, &seq, err);
	if (known >= 0)
		res = read_batch(db, b, received, seq, when_now() - w->grace, err);
	for (size_t i = 0; i < b->nr && known >= 0 && !res; i++)
		res = decide(w, db, b, &b->rows[i], err);
	store_reader_done(w->store, db);
	if (known < 0 || res)
		return known < 0 ? known : res;
	/* From the first start on, even if nothing came yet. */
	return known ? 0 : write_decided(w, received, seq, err);
}

/* How many there were, or -errno. */
static int run_batch(struct transitions_watch *w, struct batch *b, struct err *err)
{
	size_t stored = 0;
	int res = decide_batch(w, b, err);

	if (!res && b->nr_wrong)
		res = writer_add(w->writer, b->wrong, b->nr_wrong, NULL, &stored, err);
	/* Only now: what is not stored is decided once more. */
	if (!res && b->nr)
		res = write_decided(w, b->rows[b->nr - 1].received, b->rows[b->nr - 1].seq, err);
	if (res)
		return res;
	pthread_mutex_lock(&w->lock);
	w->decided += b->nr;
	w->wrong += stored;
	pthread_mutex_unlock(&w->lock);
	return b->nr;
}

static void *watch_main(void *ctx)
{
	struct transitions_watch *w = ctx;
	struct batch *b = malloc(sizeof(*b));
	int n = 0;

	if (!b)
		log_error("page transitions are not decided: out of memory");
	while (b &&
	       (n == BATCH ? !ticker_is_stopping(&w->ticker) : ticker_wait(&w->ticker, PAUSE_MS))) {
		struct err err = { "" };

		memset(b, 0, sizeof(*b));
		n = run_batch(w, b, &err);
		if (n < 0)
			log_error("page transitions are not decided for now: %s", err.msg);
		arena_fini(&b->arena);
		arena_fini(&b->scratch);
	}
	free(b);
	return NULL;
}

int transitions_watch_start(struct store *store, struct writer *writer, const struct transitions *t,
			    int64_t grace, struct transitions_watch **out, struct err *err)
{
	struct transitions_watch *w;
	int res;

	if (!t->nr_apps)
		return 0;
	w = calloc(1, sizeof(*w));
	if (!w)
		return err_set(err, -ENOMEM, "out of memory");
	w->store = store;
	w->writer = writer;
	w->transitions = t;
	w->grace = grace;
	pthread_mutex_init(&w->lock, NULL);
	res = ticker_start(&w->ticker, watch_main, w, err);
	if (res) {
		pthread_mutex_destroy(&w->lock);
		free(w);
		return res;
	}
	*out = w;
	return 0;
}

void transitions_watch_stop(struct transitions_watch *w)
{
	if (!w)
		return;
	ticker_stop(&w->ticker);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

int transitions_watch_put(struct transitions_watch *w, struct db *db, struct buf *out,
			  struct err *err)
{
	int64_t received = 0, seq = 0;
	int res = read_decided(w, db, &received, &seq, err);

	if (res < 0)
		return res;
	pthread_mutex_lock(&w->lock);
	buf_printf(out, "{\"decided\":%llu,\"wrong\":%llu,", (unsigned long long)w->decided,
		   (unsigned long long)w->wrong);
	pthread_mutex_unlock(&w->lock);
	field_time(out, "up_to", received);
	buf_printf(out, "\"grace_s\":%lld}", (long long)(w->grace / WHEN_SECOND));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "console/purge.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/util.h"
#include "console/access.h"
#include "console/attackers.h"
#include "console/db.h"
#include "console/record.h"
#include "console/senders.h"
#include "console/store.h"
#include "console/tally.h"
#include "console/ticker.h"
#include "console/when.h"

#define EVERY_S 60
/*
 * A store that is too large gets smaller by so much of its size, so that this is not to be done
 * each time.
 */
#define SLACK 20
/* Whoever has not been heard for so long sends no more. */
#define KEEP_SENDERS (30 * WHEN_DAY)

struct purge {
	struct store *store;
	int64_t keep, size;
	struct ticker ticker;
};

/* Which alerts are to be forgotten. */
struct doomed {
	const char *sql; /* gives seq, json and app of one of them; its values are these two */
	int64_t before;
	struct text session;
};

/*
 * SQLite's index of words has no copy of them: they are made of the alert once more, as they were
 * when it came.
 */
static int drop_words_and_tags(struct db *db, int64_t seq, struct text json, const char *app,
			       struct tally *tally, struct err *err)
{
	struct arena keep = { 0 }, scratch = { 0 };
	struct record r;
	int64_t res = record_parse(&keep, &scratch, json, app, &r, err);

	if (!res)
		res = tally_add(tally, &r, seq, -1, err);
	if (!res)
		res = store_drop_words(db, seq, r.search, err);
	for (size_t i = 0; res >= 0 && i < r.nr_tags; i++)
		res = db_do(db, err, "DELETE FROM tags WHERE tag = ? AND seq = ?", "ti", r.tags[i],
			    seq);
	arena_fini(&keep);
	arena_fini(&scratch);
	return res < 0 ? res : 0;
}

static int drop_alert(struct db *db, int64_t seq, struct text json, const char *app,
		      struct tally *tally, struct err *err)
{
	int64_t res = drop_words_and_tags(db, seq, json, app, tally, err);

	if (res >= 0)
		res = db_do(db, err, "DELETE FROM notes WHERE alert = ?", "i", seq);
	if (res >= 0)
		res = db_do(db, err, "DELETE FROM alerts WHERE seq = ?", "i", seq);
	return res < 0 ? res : 0;
}

/* One of them; 1: there was one. */
static int drop_next(struct db *db, const struct doomed *d, struct tally *tally, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	_cleanup_buf_ struct buf json = { 0 }, app = { 0 };
	struct text t;
	int64_t seq;
	int res = db_ask(db, err, &row, d->sql, "it", d->before, d->session);

	if (!res)
		res = db_row(db, err, row);
	if (res <= 0)
		return res;
	seq = db_number(row, 0);
	t = db_text(row, 1);
	buf_add(&json, t.s, t.len);
	t = db_text(row, 2);
	buf_add(&app, t.s, t.len);
	buf_addc(&app, '\0');
	if (json.failed || app.failed)
		return err_set(err, -ENOMEM, "out of memory");
	/* What is read is not changed under the reader. */
	db_done(TAKE_PTR(row));
	res = drop_alert(db, seq, (struct text){ json.data, json.len }, app.data, tally, err);
	return res ?: 1;
}

static int drop_batch(struct store *store, const struct doomed *d, int64_t max, int64_t *count,
		      struct err *err)
{
	static const struct timespec pause = { .tv_nsec = 2000000 };
	_cleanup_tally_ struct tally tally = { 0 };
	struct db *db;
	int64_t n = 0;
	int res = store_begin(store, &db, err);

	if (res)
		return res;
	while (n < max && (res = drop_next(db, d, &tally, err)) > 0)
		n++;
	if (res >= 0)
		res = tally_write(&tally, db, err);
	if (res < 0) {
		store_rollback(store);
		return res;
	}
	res = store_commit(store, err);
	*count = res ? 0 : n;
	/* Whoever waits to write gets the turn. */
	nanosleep(&pause, NULL);
	return res;
}

static int drop_old(struct purge *p, int64_t *total, struct err *err)
{
	const struct doomed old = {
		.sql = "SELECT seq, json, app FROM alerts WHERE received < ? AND ? IS NULL ORDER "
		       "BY "
		       "received LIMIT 1",
		.before = when_now() - p->keep,
	};
	int64_t n = PURGE_BATCH;
	int res = 0;

	while (p->keep && !res && n == PURGE_BATCH && !ticker_is_stopping(&p->ticker)) {
		res = drop_batch(p->store, &old, PURGE_BATCH, &n, err);
		*total += res ? 0 : n;
	}
	return res;
}

/* How many of the oldest alerts have to go; 0: the store is small enough. */
static int count_too_many(struct purge *p, int64_t *out, struct err *err)
{
	int64_t bytes, alerts, goal = p->size - p->size / SLACK;
	int res = store_size(p->store, &bytes, &alerts, err);

	*out = 0;
	if (!res && bytes > p->size)
		*out = (int64_t)((double)alerts * (bytes - goal) / bytes) + 1;
	return res;
}

static int drop_too_many(struct purge *p, int64_t *total, struct err *err)
{
	const struct doomed oldest = {
		.sql = "SELECT seq, json, app FROM alerts WHERE seq < ? AND ? IS NULL ORDER BY seq "
		       "LIMIT 1",
		.before = INT64_MAX,
	};
	int64_t n = 1, left = 0;
	int res = p->size ? count_too_many(p, &left, err) : 0;

	if (res || !left)
		return res;
	while (!res && n && left > 0 && !ticker_is_stopping(&p->ticker)) {
		res = drop_batch(p->store, &oldest, MIN(left, (int64_t)PURGE_BATCH), &n, err);
		*total += res ? 0 : n;
		left -= n;
	}
	return res ?: store_merge_words(p->store, err);
}

/* Senders that are silent, and attackers that are let go. */
static int forget_silent(struct purge *p, struct err *err)
{
	struct db *db;
	int res = store_begin(p->store, &db, err);

	if (res)
		return res;
	res = senders_forget(db, when_now() - KEEP_SENDERS, err);
	if (!res)
		res = attackers_forget(db, when_now(), err);
	if (!res)
		return store_commit(p->store, err);
	store_rollback(p->store);
	return res;
}

static int note_total(struct purge *p, int64_t total, struct err *err)
{
	char detail[64];
	struct db *db;
	int res = store_begin(p->store, &db, err);

	if (res)
		return res;
	snprintf(detail, sizeof(detail), "%lld alerts", (long long)total);
	res = access_note(db, "phrude-console", NULL, "forgot the oldest", detail, err);
	if (!res)
		return store_commit(p->store, err);
	store_rollback(p->store);
	return res;
}

static void look_for_old(struct purge *p)
{
	int64_t total = 0;
	struct err err;
	int res = drop_old(p, &total, &err);

	if (!res)
		res = drop_too_many(p, &total, &err);
	if (!res)
		res = forget_silent(p, &err);
	if (!res && total) {
		log_info("forgot the %lld oldest alerts, as --keep and --keep-size say",
			 (long long)total);
		res = note_total(p, total, &err);
	}
	if (!res && total)
		res = store_shrink(p->store, &err);
	if (res)
		log_error("old alerts are kept for now: %s", err.msg);
}

static void *purge_main(void *ctx)
{
	struct purge *p = ctx;

	do {
		look_for_old(p);
	} while (ticker_wait(&p->ticker, EVERY_S * 1000));
	return NULL;
}

int purge_start(struct store *store, int64_t keep, int64_t size, struct purge **out,
		struct err *err)
{
	struct purge *p = calloc(1, sizeof(*p));
	int res;

	if (!p)
		return err_set(err, -ENOMEM, "out of memory");
	p->store = store;
	p->keep = keep;
	p->size = size;
	res = ticker_start(&p->ticker, purge_main, p, err);
	if (res) {
		free(p);
		return res;
	}
	*out = p;
	return 0;
}

void purge_stop(struct purge *p)
{
	if (!p)
		return;
	ticker_stop(&p->ticker);
	free(p);
}

int purge_session(struct store *store, struct text session, int64_t *count, struct err *err)
{
	const struct doomed all = {
		.sql = "SELECT seq, json, app FROM alerts WHERE (seq + 0) < ? AND session = ? "
		       "LIMIT 1",
		.before = INT64_MAX,
		.session = session,
	};
	int64_t n = PURGE_BATCH;
	int res = 0;

	*count = 0;
	while (!res && n == PURGE_BATCH) {
		res = drop_batch(store, &all, PURGE_BATCH, &n, err);
		*count += res ? 0 : n;
	}
	return res ?: store_shrink(store, err);
}

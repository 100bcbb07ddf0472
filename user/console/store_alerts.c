// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "base/util.h"
#include "console/db.h"
#include "console/query.h"
#include "console/store_priv.h"
#include "console/tally.h"

/* So many places in time are tried for an alert before it is put further on. */
#define PLACES 32
/* Bytes of alerts that go into one statement. */
#define TOGETHER_BYTES ((size_t)4 * 1024 * 1024)

static int is_known(struct db *db, struct text id, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	int res = db_ask(db, err, &stmt, "SELECT 1 FROM alerts WHERE id = ?", "t", id);

	return res ?: db_row(db, err, stmt);
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdu;
	return x ^ x >> 29;
}

/*
 * The n-th place to try.  Who sends many alerts of one time is served by places ever further on, so
 * that it takes no search among those taken.
 */
static int64_t place(const struct record *r, unsigned int n)
{
	uint64_t h = r->id.len;

	for (size_t i = 0; i < r->id.len; i++)
		h = h * 31 + (unsigned char)r->id.s[i];
	h = mix(h + n);
	return (r->time + (int64_t)(n > 4 ? (h >> 16) % (1u << n) : 0)) * SEQ_A_MICROSECOND +
	       h % SEQ_A_MICROSECOND;
}

/* 1: done; 0: something of it is there already. */
static int add_row(struct db *db, const struct record *r, int64_t seq, int64_t received,
		   struct err *err)
{
	int64_t res =
		db_do(db, err,
		      "INSERT INTO alerts (seq, id, received, app, level, rule, function, what, "
		      "host, pod, path,"
		      " addr, session, agent, action, grp, json) VALUES "
		      "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
		      "itititttttttttti"
		      "t",
		      seq, r->id, received, r->app, (int64_t)r->level, r->rule, r->function,
		      r->what, r->host, r->pod, r->path, r->addr, r->session, r->agent, r->action,
		      (int64_t)r->group, r->json);
	return res;
}

int store_drop_words(struct db *db, int64_t seq, struct text words, struct err *err)
{
	int64_t res =
		db_kind(db) == DB_POSTGRES
			? db_do(db, err, "DELETE FROM words WHERE seq = ?", "i", seq)
			: db_do(db, err,
				"INSERT INTO words (words, rowid, text) VALUES ('delete', ?, ?)",
				"it", seq, words);

	return res < 0 ? res : 0;
}

static int add_words_and_tags(struct db *db, const struct record *r, int64_t seq, struct err *err)
{
	int64_t res = db_do(db, err, "INSERT INTO words (rowid, text) VALUES (?, ?)", "it", seq,
			    r->search);

	for (size_t i = 0; i < r->nr_tags && res >= 0; i++)
		res = db_do(db, err, "INSERT INTO tags (tag, seq) VALUES (?, ?)", "ti", r->tags[i],
			    seq);
	return res < 0 ? res : 0;
}

/* 1: done; 0: something of it is there already. */
static int add_all(struct db *db, const struct record *r, int64_t seq, int64_t received,
		   struct err *err)
{
	bool added = false;
	int res;

	if (db_kind(db) == DB_POSTGRES) {
		res = store_add_postgres(db, &r, &seq, 1, received, &added, err);
		return res ?: added;
	}
	res = add_row(db, r, seq, received, err);
	return res > 0 ? add_words_and_tags(db, r, seq, err) ?: 1 : res;
}

/* 1: done; 0: one with this id is there; -errno. */
static int add_one(struct db *db, const struct record *r, int64_t received, struct tally *tally,
		   struct err *err)
{
	for (unsigned int n = 0; n < PLACES; n++) {
		int64_t seq = place(r, n);
		int res = add_all(db, r, seq, received, err);

		if (res > 0)
			res = tally_add(tally, r, seq, 1, err) ?: 1;
		if (res)
			return res;
		/* Either the id is there, or another alert is in that place. */
		res = is_known(db, r->id, err);
		if (res)
			return res < 0 ? res : 0;
	}
	return err_set(err, -EIO, "there is no place left at that time for another alert");
}

/*
 * How many of them go into one statement, which is there as a whole: alerts may be large, and the
 * first of them goes in alone, then.
 */
static size_t count_together(const struct record *const *records, size_t nr)
{
	size_t bytes = 0, n = 0;

	while (n < nr && (!n || bytes + records[n]->json.len <= TOGETHER_BYTES))
		bytes += records[n++]->json.len;
	return n;
}

/* Those whose first place is free, and nobody else's among them, in one statement. */
static int add_together(struct db *db, const struct record *const *records, size_t nr,
			int64_t received, struct tally *tally, bool *added, struct err *err)
{
	const struct record *chosen[STORE_ADD_MAX];
	int64_t seqs[STORE_ADD_MAX];
	size_t from[STORE_ADD_MAX], n = 0;
	bool done[STORE_ADD_MAX];
	int res;

	for (size_t i = 0; i < nr; i++) {
		int64_t seq = place(records[i], 0);
		bool taken = false;

		for (size_t k = 0; k < n; k++)
			taken |= seqs[k] == seq;
		if (taken)
			continue;
		chosen[n] = records[i];
		seqs[n] = seq;
		from[n++] = i;
	}
	if (!n)
		return 0;
	res = store_add_postgres(db, chosen, seqs, n, received, done, err);
	for (size_t k = 0; k < n && !res; k++) {
		added[from[k]] = done[k];
		if (done[k])
			res = tally_add(tally, chosen[k], seqs[k], 1, err);
	}
	return res;
}

int store_add_alerts(struct db *db, const struct record *const *records, size_t nr,
		     int64_t received, struct tally *tally, bool *added, struct err *err)
{
	int res = 0;

	for (size_t i = 0; i < nr; i++)
		added[i] = false;
	for (size_t at = 0, n; db_kind(db) == DB_POSTGRES && at < nr && !res; at += n) {
		n = count_together(records + at, nr - at);
		res = add_together(db, records + at, n, received, tally, added + at, err);
	}
	for (size_t i = 0; i < nr && !res; i++) {
		if (added[i])
			continue;
		res = add_one(db, records[i], received, tally, err);
		added[i] = res > 0;
		res = MIN(res, 0);
	}
	return res;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console's memory.  Several threads read at once, each by a connection of its own; one at a
 * time writes.  All functions return 0 or -errno with a sentence, unless they say otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "console/filter.h"
#include "console/query.h"
#include "console/record.h"

struct db;
struct store;
struct tally;

/*
 * What a store is called if nothing else is said: a file in the user's, or the service's, folder of
 * state, which is made.
 */
int store_default(struct buf *out, struct err *err);
/*
 * `name`: "sqlite:PATH", or "postgresql://...".  Makes the file (mode 0600) and the tables where
 * they are not there.
 */
int store_open(const char *name, struct store **out, struct err *err);
void store_close(struct store *store);
DEFINE_CLEANUP(store_closep, struct store, store_close);

/* A connection for reading, to be given back; waits until one is free. */
int store_reader(struct store *store, struct db **out, struct err *err);
void store_reader_done(struct store *store, struct db *db);

/*
 * Begins to write: one thread at a time.  What was written counts once store_commit() has returned
 * 0.
 */
int store_begin(struct store *store, struct db **out, struct err *err);
int store_commit(struct store *store, struct err *err);
void store_rollback(struct store *store);

/*
 * Bytes that the store takes on the disk, without those that are free within it, and how many
 * alerts it has; 0 where the store is no file.
 */
int store_size(struct store *store, int64_t *bytes, int64_t *alerts, struct err *err);
/*
 * The index of words keeps what was deleted until its parts are merged: merges all of them, a bit
 * at a time.
 */
int store_merge_words(struct store *store, struct err *err);
/* Gives what is free within it back to the disk. */
int store_shrink(struct store *store, struct err *err);

/* ---- alerts (store_alerts.c), within store_begin() and store_commit() */

/* So many are put in at once, where that is faster. */
#define STORE_ADD_MAX 500
/*
 * Puts some in, STORE_ADD_MAX at the most, and into the tally.  added[i] is false where one with
 * its id is there.  Fastest in order of time.
 */
int store_add_alerts(struct db *db, const struct record *const *records, size_t nr,
		     int64_t received, struct tally *tally, bool *added, struct err *err);

/* Takes the words of an alert, as they were put in, out of their index. */
int store_drop_words(struct db *db, int64_t seq, struct text words, struct err *err);

/* ---- lists (store_list.c) */

/*
 * Appends {"alerts":[...],"next":"POSITION"}; next is null at the end, and else what `before`, or
 * `after`, is to be for the next page. -ETIMEDOUT: that takes too long.
 */
int store_list(struct db *db, const struct filter *f, enum query_order order, struct buf *out,
	       struct err *err);
/* How many there are, `max` at the most. */
int store_count(struct db *db, const struct filter *f, unsigned int max, unsigned int *out,
		struct err *err);
/*
 * Appends {"alert":{...}, ...}: the alert as it came, and the ids of those before and after it
 * among what the filter lets through.  -ENOENT: there is none with this id.
 */
int store_alert(struct db *db, struct text id, const struct filter *f, struct buf *out,
		struct err *err);
/* Gets an alert as it came; what it returns but 0 ends the reading. */
typedef int (*store_each_fn)(void *ctx, struct text json);
/* Gives the newest `max` alerts that the filter lets through, the oldest of them first. */
int store_each(struct db *db, const struct filter *f, unsigned int max, store_each_fn fn, void *ctx,
	       struct err *err);

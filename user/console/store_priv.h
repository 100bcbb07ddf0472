/* SPDX-License-Identifier: GPL-2.0-only */
/* Within the store: its connections, and what is done to a file alone. */
#pragma once

#include <pthread.h>

#include "console/db.h"
#include "console/store.h"

/* More requests than these that read at once wait for each other. */
#define READERS_MAX 8

struct store {
	enum db_kind kind;
	char *address; /* a path, or postgresql://... */
	struct db *writer;
	pthread_mutex_t writing;
	int64_t log_max; /* bytes: see store_cut_log(); with `writing` held */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t returned;
	struct db *idle[READERS_MAX];
	size_t nr_idle, nr_readers;
};

/*
 * Puts alerts in at their places, which differ, with their words and tags: STORE_ADD_MAX at the
 * most.  added[i] is false where its id or its place is taken.
 */
int store_add_postgres(struct db *db, const struct record *const *records, const int64_t *seqs,
		       size_t nr, int64_t received, bool *added, struct err *err);
/*
 * After a transaction, before another one begins: readers that follow each other without a gap keep
 * SQLite from writing its log from the start again.  Once it is long they are waited for.
 */
void store_cut_log(struct store *store);
/* Makes the file, mode 0600, where it is not there. */
int store_make_file(const char *path, struct err *err);

// SPDX-License-Identifier: GPL-2.0-only
#include "console/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "console/db.h"
#include "console/schema.h"
#include "console/store_priv.h"

static int open_connection(struct store *store, bool read_only, struct db **out, struct err *err)
{
	if (store->kind == DB_POSTGRES)
		return db_open_postgres(store->address, read_only, out, err);
	return db_open_sqlite(store->address, !read_only, read_only, out, err);
}

/* Which kind it is, and what the kind is to open. */
static const char *address_of(const char *name, enum db_kind *kind)
{
	*kind = str_starts(name, "sqlite:") ? DB_SQLITE : DB_POSTGRES;
	if (*kind == DB_SQLITE)
		return name[strlen("sqlite:")] ? name + strlen("sqlite:") : NULL;
	return str_starts(name, "postgresql://") || str_starts(name, "postgres://") ? name : NULL;
}

int store_open(const char *name, struct store **out, struct err *err)
{
	_cleanup_(store_closep) struct store *store = calloc(1, sizeof(*store));
	const char *address;
	int res = 0;

	if (!store)
		return err_set(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&store->writing, NULL);
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->returned, NULL);
	address = address_of(name, &store->kind);
	if (!address)
		return err_set(err, -EINVAL,
			       "--store takes sqlite:PATH or postgresql://HOST/DATABASE");
	store->address = strdup(address);
	if (!store->address)
		return err_set(err, -ENOMEM, "out of memory");
	if (store->kind == DB_SQLITE)
		res = store_make_file(address, err);
	if (!res)
		res = open_connection(store, false, &store->writer, err);
	if (!res)
		res = err_prefix(err, schema_migrate(store->writer, err), "%s",
				 store->kind == DB_SQLITE ? address : "PostgreSQL");
	if (res)
		return res;
	*out = TAKE_PTR(store);
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < store->nr_idle; i++)
		db_close(store->idle[i]);
	db_close(store->writer);
	pthread_cond_destroy(&store->returned);
	pthread_mutex_destroy(&store->lock);
	pthread_mutex_destroy(&store->writing);
	free(store->address);
	free(store);
}

int store_reader(struct store *store, struct db **out, struct err *err)
{
	int res = 0;

	pthread_mutex_lock(&store->lock);
	while (!store->nr_idle && store->nr_readers == READERS_MAX)
		pthread_cond_wait(&store->returned, &store->lock);
	if (store->nr_idle) {
		*out = store->idle[--store->nr_idle];
	} else {
		res = open_connection(store, true, out, err);
		store->nr_readers += !res;
	}
	pthread_mutex_unlock(&store->lock);
	return res;
}

void store_reader_done(struct store *store, struct db *db)
{
	db_hurry(db, 0);
	pthread_mutex_lock(&store->lock);
	store->idle[store->nr_idle++] = db;
	pthread_cond_signal(&store->returned);
	pthread_mutex_unlock(&store->lock);
}

int store_begin(struct store *store, struct db **out, struct err *err)
{
	int res;

	pthread_mutex_lock(&store->writing);
	res = db_script(store->writer, err, store->kind == DB_SQLITE ? "BEGIN IMMEDIATE" : "BEGIN");
	if (res)
		pthread_mutex_unlock(&store->writing);
	else
		*out = store->writer;
	return res;
}

int store_commit(struct store *store, struct err *err)
{
	int res = db_script(store->writer, err, "COMMIT");

	if (res) {
		store_rollback(store);
		return res;
	}
	store_cut_log(store);
	pthread_mutex_unlock(&store->writing);
	return 0;
}

void store_rollback(struct store *store)
{
	db_script(store->writer, NULL, "ROLLBACK");
	pthread_mutex_unlock(&store->writing);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "console/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/util.h"
#include "console/db.h"
#include "console/schema.h"

/* More requests than these that read at once wait for each other. */
#define READERS_MAX 8
/* So many pages of the index of words are merged at once, while others who write wait. */
#define MERGE_PAGES 500

struct store {
	char *path;
	struct db *writer;
	pthread_mutex_t writing;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t returned;
	struct db *idle[READERS_MAX];
	size_t nr_idle, nr_readers;
};

static int make_folders(char *path, struct err *err)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		int res;

		*slash = '\0';
		res = mkdir(path, 0700) && errno != EEXIST ? -errno : 0;
		if (res)
			err_set(err, res,
				"the folder %s cannot be made: %s; name a store: --store "
				"sqlite:PATH",
				path, strerror(-res));
		*slash = '/';
		if (res)
			return res;
	}
	return 0;
}

int store_default(struct buf *out, struct err *err)
{
	const char *state = getenv("STATE_DIRECTORY"), *home = getenv("HOME");
	size_t scheme;

	buf_adds(out, "sqlite:");
	scheme = out->len;
	if (state && *state == '/')
		buf_printf(out, "%s/console.db", state);
	else if ((state = getenv("XDG_STATE_HOME")) && *state == '/')
		buf_printf(out, "%s/phrude-console/console.db", state);
	else if (home && *home == '/')
		buf_printf(out, "%s/.local/state/phrude-console/console.db", home);
	else
		return err_set(
			err, -EINVAL,
			"there is no HOME to put the store in: name one: --store sqlite:PATH");
	if (out->failed)
		return err_set(err, -ENOMEM, "out of memory");
	return make_folders(out->data + scheme, err);
}

/* Locks of SQLite do not hold on a file system of another machine, and shared memory is none there. */
static int check_file_system(int fd, const char *path, struct err *err)
{
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	if (fs.f_type == NFS_SUPER_MAGIC || (unsigned int)fs.f_type == CIFS_SUPER_MAGIC ||
	    fs.f_type == SMB_SUPER_MAGIC)
		return err_set(
			err, -EINVAL,
			"%s is on a network file system, which SQLite's locks do not hold on: "
			"put the store on a local disk",
			path);
	return 0;
}

static int make_file(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(err, -errno, "the store %s cannot be opened: %s", path,
			       strerror(errno));
	return check_file_system(fd, path, err);
}

int store_open(const char *name, struct store **out, struct err *err)
{
	_cleanup_(store_closep) struct store *store = calloc(1, sizeof(*store));
	const char *path = name + strlen("sqlite:");
	int res;

	if (!store)
		return err_set(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&store->writing, NULL);
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->returned, NULL);
	if (!str_starts(name, "sqlite:") || !*path)
		return err_set(err, -EINVAL, "--store takes sqlite:PATH, not \"%s\"", name);
	store->path = strdup(path);
	if (!store->path)
		return err_set(err, -ENOMEM, "out of memory");
	res = make_file(path, err);
	if (!res)
		res = db_open_sqlite(path, true, false, &store->writer, err);
	if (!res)
		res = err_prefix(err, schema_migrate(store->writer, err), "%s", path);
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
	free(store->path);
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
		res = db_open_sqlite(store->path, false, true, out, err);
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
	res = db_script(store->writer, err, "BEGIN IMMEDIATE");
	if (res)
		pthread_mutex_unlock(&store->writing);
	else
		*out = store->writer;
	return res;
}

int store_commit(struct store *store, struct err *err)
{
	int res = db_script(store->writer, err, "COMMIT");

	if (res)
		store_rollback(store);
	else
		pthread_mutex_unlock(&store->writing);
	return res;
}

void store_rollback(struct store *store)
{
	db_script(store->writer, NULL, "ROLLBACK");
	pthread_mutex_unlock(&store->writing);
}

static int one_number(struct db *db, const char *sql, int64_t *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row, sql, "");

	if (!res)
		res = db_row(db, err, row);
	if (res < 0)
		return res;
	*out = db_number(row, 0);
	return 0;
}

int store_size(struct store *store, int64_t *bytes, int64_t *alerts, struct err *err)
{
	int64_t pages, unused, size;
	struct db *db;
	int res = store_reader(store, &db, err);

	if (res)
		return res;
	res = one_number(db, "PRAGMA page_count", &pages, err);
	if (!res)
		res = one_number(db, "PRAGMA freelist_count", &unused, err);
	if (!res)
		res = one_number(db, "PRAGMA page_size", &size, err);
	if (!res)
		res = one_number(db, "SELECT count(*) FROM alerts INDEXED BY alerts_level", alerts,
				 err);
	store_reader_done(store, db);
	if (!res)
		*bytes = (pages - unused) * size;
	return res;
}

int store_merge_words(struct store *store, struct err *err)
{
	/* A negative number begins with all parts, the others go on. */
	int64_t pages = -MERGE_PAGES, before, after;
	struct db *db;
	int res;

	do {
		res = store_begin(store, &db, err);
		if (res)
			return res;
		before = db_sqlite_changes(db);
		res = db_do(db, err, "INSERT INTO words (words, rank) VALUES ('merge', ?)", "i",
			    pages) < 0
			      ? -EIO
			      : 0;
		after = db_sqlite_changes(db);
		if (res)
			store_rollback(store);
		else
			res = store_commit(store, err);
		pages = MERGE_PAGES;
	} while (!res && after - before >= 2);
	return res;
}

int store_shrink(struct store *store, struct err *err)
{
	int64_t unused = INT64_MAX, before;
	int res;

	do {
		before = unused;
		pthread_mutex_lock(&store->writing);
		/* Others who write get their turn in between. */
		res = db_script(store->writer, err, "PRAGMA incremental_vacuum(2000)");
		if (!res)
			res = one_number(store->writer, "PRAGMA freelist_count", &unused, err);
		pthread_mutex_unlock(&store->writing);
	} while (!res && unused && unused < before);
	if (res)
		return res;
	/* The file itself becomes shorter once the log is in it. */
	pthread_mutex_lock(&store->writing);
	res = db_script(store->writer, err, "PRAGMA wal_checkpoint(PASSIVE)");
	pthread_mutex_unlock(&store->writing);
	return res;
}

// SPDX-License-Identifier: GPL-2.0-only
/* A store that is a file: where it is, how large, and how it gets smaller. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/util.h"
#include "console/store_priv.h"

/* So many pages of the index of words are merged at once, while others who write wait. */
#define MERGE_PAGES 500
/* Bytes of the log: as much more each time that it could not be cut. */
#define LOG_MAX ((int64_t)256 * 1024 * 1024)

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

/*
 * Locks of SQLite do not hold on a file system of another machine, and shared memory is none there.
 */
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

int store_make_file(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(err, -errno, "the store %s cannot be opened: %s", path,
			       strerror(errno));
	return check_file_system(fd, path, err);
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
	int res;

	*bytes = *alerts = 0;
	if (store->kind != DB_SQLITE)
		return 0;
	res = store_reader(store, &db, err);
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

	if (store->kind != DB_SQLITE)
		return 0;
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

	if (store->kind != DB_SQLITE)
		return 0;
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

void store_cut_log(struct store *store)
{
	_cleanup_buf_ struct buf path = { 0 };
	int64_t busy = 1;
	struct stat st;

	if (store->kind != DB_SQLITE)
		return;
	buf_printf(&path, "%s-wal", store->address);
	if (path.failed || stat(path.data, &st) || st.st_size <= MAX(store->log_max, LOG_MAX))
		return;
	/* What was written is safe in any case: that this fails is told to nobody. */
	one_number(store->writer, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, NULL);
	/* Who reads for longer than it waits is not waited for each time. */
	store->log_max = busy ? (int64_t)st.st_size + LOG_MAX : 0;
}

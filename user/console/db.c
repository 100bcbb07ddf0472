// SPDX-License-Identifier: GPL-2.0-only
#include "console/db.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/util.h"

#define CACHED_MAX 96
/* Another process, as `import` beside `serve`, may be writing. */
#define BUSY_MS 10000
/* How many instructions of SQLite's machine lie between two looks at the clock. */
#define HURRY_STEPS 2000

struct db {
	sqlite3 *handle;
	struct {
		const char *sql; /* a literal: its address tells it */
		sqlite3_stmt *stmt;
	} cached[CACHED_MAX];
	size_t nr_cached;
	int64_t until; /* CLOCK_MONOTONIC, ms; 0: no end */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * (int64_t)1000 + now.tv_nsec / 1000000;
}

static int is_late(void *ctx)
{
	const struct db *db = ctx;

	return db->until && now_ms() > db->until;
}

void db_hurry(struct db *db, unsigned int ms)
{
	db->until = ms ? now_ms() + ms : 0;
}

static int fail(struct db *db, struct err *err, int result)
{
	switch (result & 0xff) {
	case SQLITE_CONSTRAINT:
		return err_set(err, -EEXIST, "the store has that already");
	case SQLITE_FULL:
		return err_set(err, -ENOSPC,
			       "the store's disk is full: make room, or shorten what is kept");
	case SQLITE_INTERRUPT:
		return err_set(err, -ETIMEDOUT,
			       "the search took too long: ask for a shorter time or for more");
	case SQLITE_BUSY:
		return err_set(err, -EBUSY,
			       "the store is being written by another process for long");
	case SQLITE_NOMEM:
		return err_set(err, -ENOMEM, "out of memory");
	default:
		return err_set(err, -EIO, "the store failed: %s",
			       db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(result));
	}
}

int db_open(const char *path, bool create, bool read_only, struct db **out, struct err *err)
{
	_cleanup_(db_closep) struct db *db = calloc(1, sizeof(*db));
	int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, res;

	if (!db)
		return err_set(err, -ENOMEM, "out of memory");
	if (create)
		flags |= SQLITE_OPEN_CREATE;
	res = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (res != SQLITE_OK)
		return err_prefix(err, fail(db, err, res), "%s", path);
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_progress_handler(db->handle, HURRY_STEPS, is_late, db);
	/* What was answered for is on the disk, even if the machine loses power. */
	res = db_script(db, err,
			read_only ? "PRAGMA cache_size=-8000; PRAGMA query_only=1"
				  : "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; "
				    "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
				    "PRAGMA cache_size=-32000; PRAGMA journal_size_limit=67108864");
	if (res)
		return err_prefix(err, res, "%s", path);
	*out = TAKE_PTR(db);
	return 0;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->nr_cached; i++)
		sqlite3_finalize(db->cached[i].stmt);
	sqlite3_close(db->handle);
	free(db);
}

int64_t db_changes(struct db *db)
{
	return sqlite3_total_changes64(db->handle);
}

int db_script(struct db *db, struct err *err, const char *sql)
{
	int res = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return res == SQLITE_OK ? 0 : fail(db, err, res);
}

static int prepare(struct db *db, struct err *err, const char *sql, sqlite3_stmt **out)
{
	int res;

	for (size_t i = 0; i < db->nr_cached; i++) {
		if (db->cached[i].sql == sql) {
			*out = db->cached[i].stmt;
			return 0;
		}
	}
	if (db->nr_cached == CACHED_MAX)
		return err_set(err, -ENOSPC, "more than %d statements are in use", CACHED_MAX);
	res = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL);
	if (res != SQLITE_OK)
		return fail(db, err, res);
	db->cached[db->nr_cached].sql = sql;
	db->cached[db->nr_cached++].stmt = *out;
	return 0;
}

static int bind_text(sqlite3_stmt *stmt, int i, struct text t)
{
	if (!t.s)
		return sqlite3_bind_null(stmt, i);
	return sqlite3_bind_text64(stmt, i, t.s, t.len, SQLITE_STATIC, SQLITE_UTF8);
}

static int bind(struct db *db, struct err *err, sqlite3_stmt *stmt, const char *types, va_list ap)
{
	int res = SQLITE_OK;

	for (int i = 1; types[i - 1] && res == SQLITE_OK; i++) {
		const char *s;

		switch (types[i - 1]) {
		case 'i':
			res = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 't':
			res = bind_text(stmt, i, va_arg(ap, struct text));
			break;
		default:
			s = va_arg(ap, const char *);
			res = bind_text(stmt, i, (struct text){ s, s ? strlen(s) : 0 });
		}
	}
	return res == SQLITE_OK ? 0 : fail(db, err, res);
}

int64_t db_do(struct db *db, struct err *err, const char *sql, const char *types, ...)
{
	sqlite3_stmt *stmt;
	va_list ap;
	int res = prepare(db, err, sql, &stmt);

	if (res)
		return res;
	va_start(ap, types);
	res = bind(db, err, stmt, types, ap);
	va_end(ap);
	if (!res) {
		int step;

		while ((step = sqlite3_step(stmt)) == SQLITE_ROW)
			;
		res = step == SQLITE_DONE ? 0 : fail(db, err, step);
	}
	db_done(stmt);
	return res ?: sqlite3_changes64(db->handle);
}

int db_ask(struct db *db, struct err *err, sqlite3_stmt **out, const char *sql, const char *types,
	   ...)
{
	sqlite3_stmt *stmt;
	va_list ap;
	int res = prepare(db, err, sql, &stmt);

	if (res)
		return res;
	va_start(ap, types);
	res = bind(db, err, stmt, types, ap);
	va_end(ap);
	if (res)
		db_done(stmt);
	else
		*out = stmt;
	return res;
}

int db_ask_values(struct db *db, struct err *err, sqlite3_stmt **out, const char *sql,
		  const struct db_value *values, size_t nr)
{
	sqlite3_stmt *stmt;
	int res = sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL);

	for (size_t i = 0; i < nr && res == SQLITE_OK; i++)
		res = values[i].is_text ? bind_text(stmt, i + 1, values[i].text)
					: sqlite3_bind_int64(stmt, i + 1, values[i].number);
	if (res != SQLITE_OK) {
		res = fail(db, err, res);
		sqlite3_finalize(stmt);
		return res;
	}
	*out = stmt;
	return 0;
}

int db_row(struct db *db, struct err *err, sqlite3_stmt *stmt)
{
	int res = sqlite3_step(stmt);

	if (res == SQLITE_ROW)
		return 1;
	return res == SQLITE_DONE ? 0 : fail(db, err, res);
}

int64_t db_number(sqlite3_stmt *stmt, int column)
{
	return sqlite3_column_int64(stmt, column);
}

struct text db_text(sqlite3_stmt *stmt, int column)
{
	const char *s = (const char *)sqlite3_column_text(stmt, column);

	return (struct text){ s, s ? (size_t)sqlite3_column_bytes(stmt, column) : 0 };
}

void db_done(sqlite3_stmt *stmt)
{
	if (!stmt)
		return;
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
}

void db_drop(sqlite3_stmt *stmt)
{
	sqlite3_finalize(stmt);
}

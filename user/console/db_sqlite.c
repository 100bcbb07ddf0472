// SPDX-License-Identifier: GPL-2.0-only
/* SQLite: a file, written by one process at a time. */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/util.h"
#include "console/db.h"
#include "console/db_backend.h"

#define CACHED_MAX 128
/* Another process, as `import` beside `serve`, may be writing. */
#define BUSY_MS 10000
/* How many instructions of SQLite's machine lie between two looks at the clock. */
#define HURRY_STEPS 2000

struct statement {
	struct db_rows rows; /* first */
	struct sqlite *db;
	const char *sql; /* a literal: its address tells it; NULL: not kept */
	sqlite3_stmt *stmt;
};

struct sqlite {
	struct db db; /* first */
	sqlite3 *handle;
	struct statement cached[CACHED_MAX];
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
	const struct sqlite *s = ctx;

	return s->until && now_ms() > s->until;
}

static void hurry(struct db *db, unsigned int ms)
{
	struct sqlite *s = (struct sqlite *)db;

	s->until = ms ? now_ms() + ms : 0;
}

static int fail(struct sqlite *s, struct err *err, int result)
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
			       s->handle ? sqlite3_errmsg(s->handle) : sqlite3_errstr(result));
	}
}

static int run_script(struct db *db, struct err *err, const char *sql)
{
	struct sqlite *s = (struct sqlite *)db;
	int res = sqlite3_exec(s->handle, sql, NULL, NULL, NULL);

	return res == SQLITE_OK ? 0 : fail(s, err, res);
}

static int prepare_kept(struct sqlite *s, struct err *err, const char *sql, struct statement **out)
{
	struct statement *st;
	int res;

	for (size_t i = 0; i < s->nr_cached; i++) {
		if (s->cached[i].sql == sql) {
			*out = &s->cached[i];
			return 0;
		}
	}
	if (s->nr_cached == CACHED_MAX)
		return err_set(err, -ENOSPC, "more than %d statements are in use", CACHED_MAX);
	st = &s->cached[s->nr_cached];
	res = sqlite3_prepare_v3(s->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &st->stmt, NULL);
	if (res != SQLITE_OK)
		return fail(s, err, res);
	*st = (struct statement){ { s->db.ops }, s, sql, st->stmt };
	s->nr_cached++;
	*out = st;
	return 0;
}

static int prepare_once(struct sqlite *s, struct err *err, const char *sql, struct statement **out)
{
	struct statement *st = calloc(1, sizeof(*st));
	int res;

	if (!st)
		return err_set(err, -ENOMEM, "out of memory");
	*st = (struct statement){ { s->db.ops }, s, NULL, NULL };
	res = sqlite3_prepare_v2(s->handle, sql, -1, &st->stmt, NULL);
	if (res != SQLITE_OK) {
		free(st);
		return fail(s, err, res);
	}
	*out = st;
	return 0;
}

static void done(struct db_rows *rows)
{
	struct statement *st = (struct statement *)rows;

	if (st->sql) {
		sqlite3_reset(st->stmt);
		sqlite3_clear_bindings(st->stmt);
		return;
	}
	sqlite3_finalize(st->stmt);
	free(st);
}

static int bind(sqlite3_stmt *stmt, const struct db_value *values, size_t nr)
{
	int res = SQLITE_OK;

	for (size_t i = 0; i < nr && res == SQLITE_OK; i++) {
		const struct db_value *v = &values[i];

		if (!v->is_text)
			res = sqlite3_bind_int64(stmt, i + 1, v->number);
		else if (v->text.s)
			res = sqlite3_bind_text64(stmt, i + 1, v->text.s, v->text.len,
						  SQLITE_STATIC, SQLITE_UTF8);
		else
			res = sqlite3_bind_null(stmt, i + 1);
	}
	return res;
}

static int ask(struct db *db, struct err *err, struct db_rows **out, const char *sql, bool keep,
	       const struct db_value *values, size_t nr)
{
	struct sqlite *s = (struct sqlite *)db;
	struct statement *st = NULL;
	int res = keep ? prepare_kept(s, err, sql, &st) : prepare_once(s, err, sql, &st);

	if (res)
		return res;
	res = bind(st->stmt, values, nr);
	if (res != SQLITE_OK) {
		res = fail(s, err, res);
		done(&st->rows);
		return res;
	}
	*out = &st->rows;
	return 0;
}

static int next_row(struct db_rows *rows, struct err *err)
{
	struct statement *st = (struct statement *)rows;
	int res = sqlite3_step(st->stmt);

	if (res == SQLITE_ROW)
		return 1;
	return res == SQLITE_DONE ? 0 : fail(st->db, err, res);
}

static int64_t run(struct db *db, struct err *err, const char *sql, const struct db_value *values,
		   size_t nr)
{
	struct db_rows *rows;
	int res = ask(db, err, &rows, sql, true, values, nr);

	if (res)
		return res;
	while ((res = next_row(rows, err)) > 0)
		;
	done(rows);
	return res ?: sqlite3_changes64(((struct sqlite *)db)->handle);
}

static int64_t number(struct db_rows *rows, int column)
{
	return sqlite3_column_int64(((struct statement *)rows)->stmt, column);
}

static struct text text(struct db_rows *rows, int column)
{
	sqlite3_stmt *stmt = ((struct statement *)rows)->stmt;
	const char *s = (const char *)sqlite3_column_text(stmt, column);

	return (struct text){ s, s ? (size_t)sqlite3_column_bytes(stmt, column) : 0 };
}

static void close_file(struct db *db)
{
	struct sqlite *s = (struct sqlite *)db;

	for (size_t i = 0; i < s->nr_cached; i++)
		sqlite3_finalize(s->cached[i].stmt);
	sqlite3_close(s->handle);
	free(s);
}

int64_t db_sqlite_changes(struct db *db)
{
	return sqlite3_total_changes64(((struct sqlite *)db)->handle);
}

static const struct db_ops ops = {
	.close = close_file,
	.script = run_script,
	.run = run,
	.ask = ask,
	.row = next_row,
	.number = number,
	.text = text,
	.done = done,
	.hurry = hurry,
};

int db_open_sqlite(const char *path, bool create, bool read_only, struct db **out, struct err *err)
{
	struct sqlite *s = calloc(1, sizeof(*s));
	_cleanup_(db_closep) struct db *db = s ? &s->db : NULL;
	int flags = read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, res;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	s->db = (struct db){ &ops, DB_SQLITE };
	if (create)
		flags |= SQLITE_OPEN_CREATE;
	res = sqlite3_open_v2(path, &s->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (res != SQLITE_OK)
		return err_prefix(err, fail(s, err, res), "%s", path);
	sqlite3_extended_result_codes(s->handle, 1);
	sqlite3_busy_timeout(s->handle, BUSY_MS);
	sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_progress_handler(s->handle, HURRY_STEPS, is_late, s);
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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One connection to the database, used by one thread at a time.  SQL is given as a literal with `?`
 * for values, which are only ever bound: nothing that came from outside becomes part of a
 * statement.
 *
 * Values are described by a letter each: i (int64_t), t (struct text; { NULL, 0 } is NULL), s
 * (const char *, or NULL).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"

struct db;
struct db_rows;

/* Where they differ, those who ask have a statement for each. */
enum db_kind { DB_SQLITE, DB_POSTGRES, NR_DB_KINDS };

/* A value of a statement that is put together at run time. */
struct db_value {
	bool is_text;
	bool is_array; /* for PostgreSQL alone, see db_array.h; `text` has it */
	struct text text;
	int64_t number;
};

/* Opens a file, which has to be there already unless `create`.  -errno with a sentence. */
int db_open_sqlite(const char *path, bool create, bool read_only, struct db **out, struct err *err);
/* Connects to "postgresql://...". */
int db_open_postgres(const char *url, bool read_only, struct db **out, struct err *err);
enum db_kind db_kind(const struct db *db);
void db_close(struct db *db);
DEFINE_CLEANUP(db_closep, struct db, db_close);

/*
 * Runs a statement to its end.  Returns how many rows it changed, or -errno: -EEXIST where a
 * constraint forbids it, -ENOSPC without room on the disk, -EBUSY, -EIO.
 */
int64_t db_do(struct db *db, struct err *err, const char *sql, const char *types, ...);
/* Several statements without values, as a schema has them. */
int db_script(struct db *db, struct err *err, const char *sql);

/* Prepares a literal, kept for the next time, for its rows; to be ended by db_done(). */
int db_ask(struct db *db, struct err *err, struct db_rows **out, const char *sql, const char *types,
	   ...);
int db_ask_list(struct db *db, struct err *err, struct db_rows **out, const char *literal,
		const struct db_value *values, size_t nr);
/* The same with a statement that is not kept. */
int db_ask_values(struct db *db, struct err *err, struct db_rows **out, const char *sql,
		  const struct db_value *values, size_t nr);
/*
 * 1: there is a row; 0: there is none any more; -errno. -ETIMEDOUT: the time of db_hurry() is over.
 */
int db_row(struct db *db, struct err *err, struct db_rows *rows);
int64_t db_number(struct db_rows *rows, int column);
/* Valid until the next row; { NULL, 0 } for NULL. */
struct text db_text(struct db_rows *rows, int column);
void db_done(struct db_rows *rows);
DEFINE_CLEANUP(db_donep, struct db_rows, db_done);

/* What is asked from now on has so many milliseconds; 0: as many as it takes. */
void db_hurry(struct db *db, unsigned int ms);

/*
 * Of a file alone: rows that were changed through this connection so far, those within the index of
 * words included.
 */
int64_t db_sqlite_changes(struct db *db);

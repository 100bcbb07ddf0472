/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kind of database does for db.c. */
#pragma once

#include "console/db.h"

/* Types of PostgreSQL's values, as its catalogue pg_type has them. */
#define OID_INT8 20
#define OID_TEXT 25
#define OID_INT8_ARRAY 1016
#define OID_TEXT_ARRAY 1009

struct db_ops {
	void (*close)(struct db *db);
	int (*script)(struct db *db, struct err *err, const char *sql);
	int64_t (*run)(struct db *db, struct err *err, const char *sql,
		       const struct db_value *values, size_t nr);
	/* `keep`: the statement is a literal, whose address tells it. */
	int (*ask)(struct db *db, struct err *err, struct db_rows **out, const char *sql, bool keep,
		   const struct db_value *values, size_t nr);
	int (*row)(struct db_rows *rows, struct err *err);
	int64_t (*number)(struct db_rows *rows, int column);
	struct text (*text)(struct db_rows *rows, int column);
	void (*done)(struct db_rows *rows);
	void (*hurry)(struct db *db, unsigned int ms);
};

/* Each kind's own begins with it. */
struct db {
	const struct db_ops *ops;
	enum db_kind kind;
};

struct db_rows {
	const struct db_ops *ops;
};

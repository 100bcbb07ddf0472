// SPDX-License-Identifier: GPL-2.0-only
#include "console/db.h"

#include <stdarg.h>
#include <string.h>

#include "console/db_backend.h"

/* Of a statement. */
#define VALUES_MAX 24

enum db_kind db_kind(const struct db *db)
{
	return db->kind;
}

void db_close(struct db *db)
{
	if (db)
		db->ops->close(db);
}

static size_t collect(struct db_value *out, const char *types, va_list ap)
{
	size_t n = 0;

	for (; types[n] && n < VALUES_MAX; n++) {
		const char *s;

		switch (types[n]) {
		case 'i':
			out[n] = (struct db_value){ .number = va_arg(ap, int64_t) };
			break;
		case 't':
			out[n] = (struct db_value){ .is_text = true,
						    .text = va_arg(ap, struct text) };
			break;
		default:
			s = va_arg(ap, const char *);
			out[n] = (struct db_value){ .is_text = true,
						    .text = { s, s ? strlen(s) : 0 } };
		}
	}
	return n;
}

int64_t db_do(struct db *db, struct err *err, const char *sql, const char *types, ...)
{
	struct db_value values[VALUES_MAX];
	size_t nr;
	va_list ap;

	va_start(ap, types);
	nr = collect(values, types, ap);
	va_end(ap);
	return db->ops->run(db, err, sql, values, nr);
}

int db_script(struct db *db, struct err *err, const char *sql)
{
	return db->ops->script(db, err, sql);
}

int db_ask(struct db *db, struct err *err, struct db_rows **out, const char *sql, const char *types,
	   ...)
{
	struct db_value values[VALUES_MAX];
	size_t nr;
	va_list ap;

	va_start(ap, types);
	nr = collect(values, types, ap);
	va_end(ap);
	return db->ops->ask(db, err, out, sql, true, values, nr);
}

int db_ask_list(struct db *db, struct err *err, struct db_rows **out, const char *literal,
		const struct db_value *values, size_t nr)
{
	return db->ops->ask(db, err, out, literal, true, values, nr);
}

int db_ask_values(struct db *db, struct err *err, struct db_rows **out, const char *sql,
		  const struct db_value *values, size_t nr)
{
	return db->ops->ask(db, err, out, sql, false, values, nr);
}

int db_row(struct db *db, struct err *err, struct db_rows *rows)
{
	return rows->ops->row(rows, err);
}

int64_t db_number(struct db_rows *rows, int column)
{
	return rows->ops->number(rows, column);
}

struct text db_text(struct db_rows *rows, int column)
{
	return rows->ops->text(rows, column);
}

void db_done(struct db_rows *rows)
{
	if (rows)
		rows->ops->done(rows);
}

void db_hurry(struct db *db, unsigned int ms)
{
	db->ops->hurry(db, ms);
}

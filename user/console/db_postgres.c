// SPDX-License-Identifier: GPL-2.0-only
/*
 * PostgreSQL: a server that several consoles may share.  Values and results cross in binary form.
 * A connection that was lost is made anew by whoever asks next, outside a transaction.
 */
#include <endian.h>
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "console/db.h"
#include "console/db_backend.h"

#define CACHED_MAX 128
#define VALUES_MAX 160

struct postgres {
	struct db db; /* first */
	PGconn *connection;
	const char *cached[CACHED_MAX]; /* literals: the address tells one */
	size_t nr_cached;
	/* a transaction: what is lost of it with a connection is not to be gone on with */
	bool within;
	unsigned int hurry, hurry_set; /* ms: what is wanted, and what the server knows */
};

struct result {
	struct db_rows rows; /* first */
	PGresult *result;
	int row;
};

/* Values as libpq takes them. */
struct bound {
	Oid types[VALUES_MAX];
	const char *values[VALUES_MAX];
	int lengths[VALUES_MAX], formats[VALUES_MAX];
	uint64_t numbers[VALUES_MAX];
};

static int error_of(const char *state)
{
	static const struct {
		const char *state; /* or the class that it begins with */
		int error;
	} errors[] = {
		{ "23", -EEXIST },	 { "53100", -ENOSPC }, { "53200", -ENOMEM },
		{ "57014", -ETIMEDOUT }, { "40", -EBUSY },     { "55P03", -EBUSY },
	};

	for (size_t i = 0; state && i < ARRAY_SIZE(errors); i++) {
		if (str_starts(state, errors[i].state))
			return errors[i].error;
	}
	return -EIO;
}

static int fail(struct postgres *p, struct err *err, const PGresult *result)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *message = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	int res = error_of(state);

	if (!message || !*message)
		message = PQerrorMessage(p->connection);
	switch (res) {
	case -EEXIST:
		return err_set(err, res, "the store has that already");
	case -ENOSPC:
		return err_set(err, res,
			       "the store's disk is full: make room, or shorten what is kept");
	case -ETIMEDOUT:
		return err_set(err, res,
			       "the search took too long: ask for a shorter time or for more");
	case -EBUSY:
		return err_set(err, res, "the store is being written by another process for long");
	default:
		return err_set(err, res, "the store failed: %.*s", (int)strcspn(message, "\n"),
			       message);
	}
}

/* A connection that was lost: another, which knows nothing of the one before. */
static int connect_again(struct postgres *p, struct err *err)
{
	if (PQstatus(p->connection) == CONNECTION_OK)
		return 0;
	if (p->within)
		return err_set(err, -EIO, "the store's connection was lost");
	PQreset(p->connection);
	p->nr_cached = 0;
	p->hurry_set = 0;
	return PQstatus(p->connection) == CONNECTION_OK ? 0 : fail(p, err, NULL);
}

static int run_script(struct db *db, struct err *err, const char *sql)
{
	struct postgres *p = (struct postgres *)db;
	bool ends = str_eq(sql, "ROLLBACK") || str_eq(sql, "COMMIT");
	PGresult *result;
	int res;

	if (str_eq(sql, "ROLLBACK"))
		p->within = false;
	res = connect_again(p, err);
	if (res)
		return res;
	result = PQexec(p->connection, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		res = fail(p, err, result);
	else if (str_eq(sql, "COMMIT") && !str_eq(PQcmdStatus(result), "COMMIT"))
		res = err_set(err, -EIO, "the store took nothing of what was to be written");
	PQclear(result);
	if (!res && (ends || str_eq(sql, "BEGIN")))
		p->within = !ends;
	return res;
}

/*
 * What SQLite calls `?` is called $1, $2, ... here. No literal of ours has a question mark of its
 * own.
 */
static void put_statement(struct buf *out, const char *sql)
{
	for (int n = 0; *sql; sql++) {
		if (*sql == '?')
			buf_printf(out, "$%d", ++n);
		else
			buf_addc(out, *sql);
	}
}

static Oid type_of(const struct db_value *v)
{
	if (v->is_array)
		return v->is_text ? OID_TEXT_ARRAY : OID_INT8_ARRAY;
	return v->is_text ? OID_TEXT : OID_INT8;
}

static int bind(struct bound *b, struct err *err, const struct db_value *values, size_t nr)
{
	if (nr > VALUES_MAX)
		return err_set(err, -EINVAL, "a statement has %zu values", nr);
	for (size_t i = 0; i < nr; i++) {
		const struct db_value *v = &values[i];

		b->numbers[i] = htobe64(v->number);
		b->types[i] = type_of(v);
		b->values[i] = b->types[i] != OID_INT8 ? v->text.s : (const char *)&b->numbers[i];
		b->lengths[i] = b->types[i] != OID_INT8 ? v->text.len : sizeof(b->numbers[i]);
		b->formats[i] = 1;
	}
	return 0;
}

/* Gives the statement a name at the server; returns its number. */
static int prepare(struct postgres *p, struct err *err, const char *sql, const struct bound *b,
		   size_t nr)
{
	_cleanup_buf_ struct buf statement = { 0 };
	char name[16];
	PGresult *result;
	int res = 0;

	for (size_t i = 0; i < p->nr_cached; i++) {
		if (p->cached[i] == sql)
			return i;
	}
	if (p->nr_cached == CACHED_MAX)
		return err_set(err, -ENOSPC, "more than %d statements are in use", CACHED_MAX);
	put_statement(&statement, sql);
	if (statement.failed)
		return err_set(err, -ENOMEM, "out of memory");
	snprintf(name, sizeof(name), "s%zu", p->nr_cached);
	result = PQprepare(p->connection, name, statement.data, nr, b->types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		res = fail(p, err, result);
	PQclear(result);
	if (res)
		return res;
	p->cached[p->nr_cached] = sql;
	return p->nr_cached++;
}

static PGresult *execute_kept(struct postgres *p, struct err *err, const char *sql,
			      const struct bound *b, size_t nr, int *res)
{
	char name[16];
	int n = prepare(p, err, sql, b, nr);

	*res = MIN(n, 0);
	if (n < 0)
		return NULL;
	snprintf(name, sizeof(name), "s%d", n);
	return PQexecPrepared(p->connection, name, nr, b->values, b->lengths, b->formats, 1);
}

static PGresult *execute_once(struct postgres *p, struct err *err, const char *sql,
			      const struct bound *b, size_t nr, int *res)
{
	_cleanup_buf_ struct buf statement = { 0 };

	put_statement(&statement, sql);
	if (statement.failed) {
		*res = err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	return PQexecParams(p->connection, statement.data, nr, b->types, b->values, b->lengths,
			    b->formats, 1);
}

static int tell_hurry(struct postgres *p, struct err *err)
{
	char sql[64];
	int res;

	if (p->hurry == p->hurry_set)
		return 0;
	snprintf(sql, sizeof(sql), "SET statement_timeout = %u", p->hurry);
	res = run_script(&p->db, err, sql);
	if (!res)
		p->hurry_set = p->hurry;
	return res;
}

static int execute(struct postgres *p, struct err *err, const char *sql, bool keep,
		   const struct db_value *values, size_t nr, PGresult **out)
{
	struct bound b;
	PGresult *result;
	int res = bind(&b, err, values, nr);

	if (!res)
		res = connect_again(p, err);
	if (!res)
		res = tell_hurry(p, err);
	if (res)
		return res;
	result = keep ? execute_kept(p, err, sql, &b, nr, &res)
		      : execute_once(p, err, sql, &b, nr, &res);
	if (res)
		return res;
	if (PQresultStatus(result) != PGRES_COMMAND_OK &&
	    PQresultStatus(result) != PGRES_TUPLES_OK) {
		res = fail(p, err, result);
		PQclear(result);
		return res;
	}
	*out = result;
	return 0;
}

static int64_t run(struct db *db, struct err *err, const char *sql, const struct db_value *values,
		   size_t nr)
{
	PGresult *result;
	int64_t changed;
	int res = execute((struct postgres *)db, err, sql, true, values, nr, &result);

	if (res)
		return res;
	changed = strtoll(PQcmdTuples(result), NULL, 10);
	PQclear(result);
	return changed;
}

static int ask(struct db *db, struct err *err, struct db_rows **out, const char *sql, bool keep,
	       const struct db_value *values, size_t nr)
{
	struct result *r = malloc(sizeof(*r));
	int res;

	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	*r = (struct result){ { db->ops }, NULL, -1 };
	res = execute((struct postgres *)db, err, sql, keep, values, nr, &r->result);
	if (res) {
		free(r);
		return res;
	}
	*out = &r->rows;
	return 0;
}

static int next_row(struct db_rows *rows, struct err *err)
{
	struct result *r = (struct result *)rows;

	return ++r->row < PQntuples(r->result);
}

static int64_t number(struct db_rows *rows, int column)
{
	struct result *r = (struct result *)rows;
	const char *value = PQgetvalue(r->result, r->row, column);
	uint64_t wide;
	uint32_t narrow;

	switch (PQgetlength(r->result, r->row, column)) {
	case sizeof(wide):
		memcpy(&wide, value, sizeof(wide));
		return (int64_t)be64toh(wide);
	case sizeof(narrow):
		memcpy(&narrow, value, sizeof(narrow));
		return (int32_t)be32toh(narrow);
	default:
		return 0;
	}
}

static struct text text(struct db_rows *rows, int column)
{
	struct result *r = (struct result *)rows;

	if (PQgetisnull(r->result, r->row, column))
		return (struct text){ NULL, 0 };
	return (struct text){ PQgetvalue(r->result, r->row, column),
			      PQgetlength(r->result, r->row, column) };
}

static void done(struct db_rows *rows)
{
	PQclear(((struct result *)rows)->result);
	free(rows);
}

static void hurry(struct db *db, unsigned int ms)
{
	((struct postgres *)db)->hurry = ms;
}

static void close_connection(struct db *db)
{
	PQfinish(((struct postgres *)db)->connection);
	free(db);
}

static const struct db_ops ops = {
	.close = close_connection,
	.script = run_script,
	.run = run,
	.ask = ask,
	.row = next_row,
	.number = number,
	.text = text,
	.done = done,
	.hurry = hurry,
};

static void drop_notice(void *ctx, const PGresult *result)
{
}

int db_open_postgres(const char *url, bool read_only, struct db **out, struct err *err)
{
	struct postgres *p = calloc(1, sizeof(*p));
	_cleanup_(db_closep) struct db *db = p ? &p->db : NULL;
	int res;

	if (!p)
		return err_set(err, -ENOMEM, "out of memory");
	p->db = (struct db){ &ops, DB_POSTGRES };
	p->connection = PQconnectdb(url);
	if (!p->connection)
		return err_set(err, -ENOMEM, "out of memory");
	/* The address may have a password in it: it is not said. */
	if (PQstatus(p->connection) != CONNECTION_OK)
		return fail(p, err, NULL);
	/* What a text is longer than an index takes is told to nobody. */
	PQsetNoticeReceiver(p->connection, drop_notice, NULL);
	if (PQserverVersion(p->connection) < 130000)
		return err_set(err, -EINVAL, "the store needs PostgreSQL 13 or later");
	res = run_script(db, err,
			 read_only ? "SET client_encoding = 'UTF8';"
				     "SET default_transaction_read_only = on"
				   : "SET client_encoding = 'UTF8'; SET lock_timeout = '10s'");
	if (res)
		return res;
	*out = TAKE_PTR(db);
	return 0;
}

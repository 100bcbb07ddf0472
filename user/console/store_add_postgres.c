// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several alerts, their words and their tags in one statement: what takes long with a server is to
 * ask it.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "console/db.h"
#include "console/store_priv.h"

#define COLUMNS 19
#define ROW "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_Static_assert(STORE_ADD_MAX == 8, "the statement has a place for each");

/* Places that are left have no id.  Of what is there already nothing comes back. */
static const char add[] =
	"WITH given AS (SELECT * FROM (VALUES " ROW "," ROW "," ROW "," ROW "," ROW "," ROW "," ROW
	"," ROW ") AS v),"
	" new AS (INSERT INTO alerts (seq, id, received, app, level, rule, function, what,"
	" host, pod, path, addr, session, agent, action, grp, json) SELECT column1, column2, "
	"column3,"
	" column4, column5, column6, column7, column8, column9, column10, column11, column12,"
	" column13, column14, column15, column16, column17 FROM given WHERE column2 IS NOT NULL"
	" ON CONFLICT DO NOTHING RETURNING seq),"
	" of_words AS (INSERT INTO words (seq, text) SELECT seq, to_tsvector('simple', column18)"
	" FROM new JOIN given ON column1 = seq),"
	" of_tags AS (INSERT INTO tags (tag, seq) SELECT DISTINCT unnest(string_to_array(column19,"
	" E'\n')), seq FROM new JOIN given ON column1 = seq)"
	" SELECT seq FROM new";

static struct db_value text_of(struct text t)
{
	return (struct db_value){ .is_text = true, .text = t };
}

static struct db_value number_of(int64_t n)
{
	return (struct db_value){ .number = n };
}

/*
 * What separates words for SQLite does so here, too: PostgreSQL would take an address or a path to
 * be one word.
 */
static void put_words(struct buf *out, struct text search)
{
	for (size_t i = 0; i < search.len; i++) {
		unsigned char c = search.s[i];

		buf_addc(out, c >= 0x80 || isalnum(c) ? c : ' ');
	}
}

/* A line each: no tag of a record has one within. */
static void put_tags(struct buf *out, const struct record *r)
{
	for (size_t i = 0; i < r->nr_tags; i++) {
		buf_adds(out, i ? "\n" : "");
		buf_add(out, r->tags[i].s, r->tags[i].len);
	}
}

static void put_values(struct db_value v[COLUMNS], const struct record *r, int64_t seq,
		       int64_t received, struct text words, struct text tags)
{
	const struct db_value all[COLUMNS] = {
		number_of(seq),	     text_of(r->id),	number_of(received),  text_of(r->app),
		number_of(r->level), text_of(r->rule),	text_of(r->function), text_of(r->what),
		text_of(r->host),    text_of(r->pod),	text_of(r->path),     text_of(r->addr),
		text_of(r->session), text_of(r->agent), text_of(r->action),   number_of(r->group),
		text_of(r->json),    text_of(words),	text_of(tags),
	};

	for (size_t i = 0; i < COLUMNS; i++)
		v[i] = all[i];
}

static int ask(struct db *db, const struct db_value *values, const int64_t *seqs, size_t nr,
	       bool *added, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	int res = db_ask_list(db, err, &rows, add, values, STORE_ADD_MAX * COLUMNS);

	while (!res && (res = db_row(db, err, rows)) > 0) {
		res = 0;
		for (size_t i = 0; i < nr; i++)
			added[i] |= seqs[i] == db_number(rows, 0);
	}
	return res;
}

int store_add_postgres(struct db *db, const struct record *const *records, const int64_t *seqs,
		       size_t nr, int64_t received, bool *added, struct err *err)
{
	static const struct record none;
	struct db_value values[STORE_ADD_MAX * COLUMNS];
	struct buf words[STORE_ADD_MAX] = { 0 }, tags[STORE_ADD_MAX] = { 0 };
	bool failed = false;
	int res;

	for (size_t i = 0; i < STORE_ADD_MAX; i++) {
		const struct record *r = i < nr ? records[i] : &none;

		put_words(&words[i], r->search);
		put_tags(&tags[i], r);
		failed |= words[i].failed || tags[i].failed;
		put_values(&values[i * COLUMNS], r, i < nr ? seqs[i] : -1, received,
			   (struct text){ words[i].data ?: "", words[i].len },
			   (struct text){ tags[i].data ?: "", tags[i].len });
		if (i < nr)
			added[i] = false;
	}
	res = failed ? err_set(err, -ENOMEM, "out of memory")
		     : ask(db, values, seqs, nr, added, err);
	for (size_t i = 0; i < STORE_ADD_MAX; i++) {
		buf_fini(&words[i]);
		buf_fini(&tags[i]);
	}
	return res;
}

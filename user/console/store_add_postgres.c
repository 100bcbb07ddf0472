// SPDX-License-Identifier: GPL-2.0-only
/* An alert, its words and its tags in one statement: what takes long with a server is to ask it. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "console/db.h"
#include "console/store_priv.h"

#define COLUMNS 17
_Static_assert(RECORD_TAGS_MAX == 16, "the statement has a place for each tag");

static const char add[] =
	"WITH new AS (INSERT INTO alerts (seq, id, received, app, level, rule, function, what,"
	" host, pod, path, addr, session, agent, action, grp, json)"
	" VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING RETURNING seq),"
	" of_words AS (INSERT INTO words (seq, text)"
	" SELECT seq, to_tsvector('simple', ?) FROM new),"
	" of_tags AS (INSERT INTO tags (tag, seq) SELECT t.tag, new.seq FROM new, (VALUES"
	" (?),(?),(?),(?),(?),(?),(?),(?),(?),(?),(?),(?),(?),(?),(?),(?)) AS t (tag)"
	" WHERE t.tag IS NOT NULL)"
	" SELECT count(*) FROM new";

static struct db_value text_of(struct text t)
{
	return (struct db_value){ .is_text = true, .text = t };
}

static struct db_value number_of(int64_t n)
{
	return (struct db_value){ .number = n };
}

static int ask(struct db *db, const struct record *r, int64_t seq, int64_t received,
	       struct text words, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	struct db_value values[COLUMNS + 1 + RECORD_TAGS_MAX] = {
		number_of(seq),	     text_of(r->id),	number_of(received),  text_of(r->app),
		number_of(r->level), text_of(r->rule),	text_of(r->function), text_of(r->what),
		text_of(r->host),    text_of(r->pod),	text_of(r->path),     text_of(r->addr),
		text_of(r->session), text_of(r->agent), text_of(r->action),   number_of(r->group),
		text_of(r->json),    text_of(words),
	};
	int res;

	for (size_t i = 0; i < RECORD_TAGS_MAX; i++)
		values[COLUMNS + 1 + i] =
			text_of(i < r->nr_tags ? r->tags[i] : (struct text){ NULL, 0 });
	res = db_ask_list(db, err, &row, add, values, COLUMNS + 1 + RECORD_TAGS_MAX);
	if (!res)
		res = db_row(db, err, row);
	return res > 0 ? (int)db_number(row, 0) : res;
}

/* What separates words for SQLite does so here, too: PostgreSQL would take an address or a path to be one word. */
int store_add_postgres(struct db *db, const struct record *r, int64_t seq, int64_t received,
		       struct err *err)
{
	_cleanup_free_ char *apart = malloc(r->search.len + 1);

	if (!apart)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < r->search.len; i++) {
		unsigned char c = r->search.s[i];

		apart[i] = c >= 0x80 || isalnum(c) ? c : ' ';
	}
	return ask(db, r, seq, received, (struct text){ apart, r->search.len }, err);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many alerts in one statement, a column of them each value: what takes long with a server is to
 * ask it.
 */
#include <ctype.h>
#include <errno.h>

#include "base/util.h"
#include "console/db.h"
#include "console/db_array.h"
#include "console/store_priv.h"

/* The columns of an alert, in the order of `add`; of words and of tags. */
#define ALERT_COLUMNS 17
enum { WORDS_SEQ, WORDS_TEXT, TAGS_TAG, TAGS_SEQ, NR_OTHER_COLUMNS };

/* Of what is there already nothing comes back. */
static const char add[] =
	"INSERT INTO alerts (seq, id, received, app, level, rule, function, what, host, pod, path,"
	" addr, session, agent, action, grp, json)"
	" SELECT * FROM unnest(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) AS given"
	" ON CONFLICT DO NOTHING RETURNING seq";
static const char add_words[] =
	"INSERT INTO words (seq, text) SELECT seq, to_tsvector('simple', text)"
	" FROM unnest(?, ?) AS given (seq, text)";
static const char add_tags[] = "INSERT INTO tags (tag, seq) SELECT * FROM unnest(?, ?) AS given";

struct columns {
	struct db_array alerts[ALERT_COLUMNS], others[NR_OTHER_COLUMNS];
	struct buf words;
};

static void put_alert(struct db_array *c, const struct record *r, int64_t seq, int64_t received)
{
	db_array_add_number(&c[0], seq);
	db_array_add_text(&c[1], r->id);
	db_array_add_number(&c[2], received);
	db_array_add_text(&c[3], r->app);
	db_array_add_number(&c[4], r->level);
	db_array_add_text(&c[5], r->rule);
	db_array_add_text(&c[6], r->function);
	db_array_add_text(&c[7], r->what);
	db_array_add_text(&c[8], r->host);
	db_array_add_text(&c[9], r->pod);
	db_array_add_text(&c[10], r->path);
	db_array_add_text(&c[11], r->addr);
	db_array_add_text(&c[12], r->session);
	db_array_add_text(&c[13], r->agent);
	db_array_add_text(&c[14], r->action);
	db_array_add_number(&c[15], (int64_t)r->group);
	db_array_add_text(&c[16], r->json);
}

/*
 * What separates words for SQLite does so here, too: PostgreSQL would take an address or a path to
 * be one word.
 */
static void put_words(struct columns *c, struct text search, int64_t seq)
{
	buf_reset(&c->words);
	for (size_t i = 0; i < search.len; i++) {
		unsigned char ch = search.s[i];

		buf_addc(&c->words, ch >= 0x80 || isalnum(ch) ? ch : ' ');
	}
	c->others[WORDS_TEXT].bytes.failed |= c->words.failed;
	db_array_add_number(&c->others[WORDS_SEQ], seq);
	db_array_add_text(&c->others[WORDS_TEXT],
			  (struct text){ c->words.data ?: "", c->words.len });
}

static int ask(struct db *db, const char *sql, struct db_array *columns, size_t nr,
	       struct db_rows **out, struct err *err)
{
	struct db_value values[ALERT_COLUMNS];

	for (size_t i = 0; i < nr; i++) {
		values[i] = db_array_value(&columns[i]);
		if (columns[i].bytes.failed)
			return err_set(err, -ENOMEM, "out of memory");
	}
	return db_ask_list(db, err, out, sql, values, nr);
}

static int add_all(struct db *db, struct columns *c, const int64_t *seqs, size_t nr, bool *added,
		   struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	int res = ask(db, add, c->alerts, ALERT_COLUMNS, &rows, err);
	size_t at = 0;

	while (!res && (res = db_row(db, err, rows)) > 0) {
		int64_t seq = db_number(rows, 0);

		res = 0;
		/* They come in the order in which they were given, as a rule. */
		for (size_t i = 0; i < nr && seqs[at] != seq; i++)
			at = (at + 1) % nr;
		added[at] |= seqs[at] == seq;
	}
	return res;
}

static int add_others(struct db *db, struct columns *c, const struct record *const *records,
		      const int64_t *seqs, size_t nr, const bool *added, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *words = NULL, *tags = NULL;
	struct db_array *others = c->others;
	int res;

	for (size_t i = 0; i < nr; i++) {
		if (!added[i])
			continue;
		put_words(c, records[i]->search, seqs[i]);
		for (size_t k = 0; k < records[i]->nr_tags; k++) {
			db_array_add_text(&others[TAGS_TAG], records[i]->tags[k]);
			db_array_add_number(&others[TAGS_SEQ], seqs[i]);
		}
	}
	if (!others[WORDS_SEQ].nr)
		return 0;
	res = ask(db, add_words, &others[WORDS_SEQ], 2, &words, err);
	if (!res && others[TAGS_TAG].nr)
		res = ask(db, add_tags, &others[TAGS_TAG], 2, &tags, err);
	return res;
}

int store_add_postgres(struct db *db, const struct record *const *records, const int64_t *seqs,
		       size_t nr, int64_t received, bool *added, struct err *err)
{
	struct columns c = { 0 };
	int res;

	for (size_t i = 0; i < nr; i++) {
		added[i] = false;
		put_alert(c.alerts, records[i], seqs[i], received);
	}
	res = add_all(db, &c, seqs, nr, added, err);
	if (!res)
		res = add_others(db, &c, records, seqs, nr, added, err);
	for (size_t i = 0; i < ALERT_COLUMNS; i++)
		db_array_fini(&c.alerts[i]);
	for (size_t i = 0; i < NR_OTHER_COLUMNS; i++)
		db_array_fini(&c.others[i]);
	buf_fini(&c.words);
	return res;
}

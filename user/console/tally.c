// SPDX-License-Identifier: GPL-2.0-only
#include "console/tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "console/db.h"
#include "console/db_array.h"
#include "console/query.h"
#include "console/when.h"

#define TECHNIQUE "attack.t"

struct tally_entry {
	enum tally_part part;
	int64_t hour, alerts;
	struct text what; /* the arena's */
};

static int make_room(struct tally *t)
{
	size_t cap = MAX(2 * t->cap, (size_t)256);
	struct tally_entry *entries;

	if (t->nr < t->cap)
		return 0;
	entries = reallocarray(t->entries, cap, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	t->entries = entries;
	t->cap = cap;
	return 0;
}

static int add_count(struct tally *t, enum tally_part part, int64_t hour, struct text what, int by)
{
	char *copy;

	if (!what.s)
		return 0;
	copy = arena_alloc(&t->arena, what.len + 1);
	if (!copy || make_room(t))
		return -ENOMEM;
	memcpy(copy, what.s, what.len);
	t->entries[t->nr++] = (struct tally_entry){ part, hour, by, { copy, what.len } };
	return 0;
}

static int add_techniques(struct tally *t, const struct record *r, int64_t hour, int by)
{
	int res = 0;

	for (size_t i = 0; i < r->nr_tags && !res; i++) {
		if (r->tags[i].len > strlen(TECHNIQUE) &&
		    memcmp(r->tags[i].s, TECHNIQUE, strlen(TECHNIQUE)) == 0)
			res = add_count(t, TALLY_TECHNIQUE, hour, r->tags[i], by);
	}
	return res;
}

int tally_add(struct tally *t, const struct record *r, int64_t seq, int by, struct err *err)
{
	const char *level = record_level_name(r->level);
	const struct text whats[] = {
		[TALLY_LEVEL] = { level, strlen(level) },
		[TALLY_RULE] = r->rule,
		[TALLY_PATH] = r->path,
		[TALLY_ADDRESS] = r->addr,
		[TALLY_APPLICATION] = r->app,
	};
	int64_t hour = seq / SEQ_A_MICROSECOND / WHEN_HOUR;
	int res = add_techniques(t, r, hour, by);

	for (size_t i = 0; i < ARRAY_SIZE(whats) && !res; i++)
		res = add_count(t, i, hour, whats[i], by);
	return res ? err_set(err, res, "out of memory") : 0;
}

static int in_order(const void *a, const void *b)
{
	const struct tally_entry *x = a, *y = b;
	int order = (x->part > y->part) - (x->part < y->part);

	order = order ?: (x->hour > y->hour) - (x->hour < y->hour);
	order = order ?: memcmp(x->what.s, y->what.s, MIN(x->what.len, y->what.len));
	return order ?: (x->what.len > y->what.len) - (x->what.len < y->what.len);
}

/* So many at once, as each statement takes a server long to be asked. */
#define ROWS 4000
enum { PART, HOUR, WHAT, ALERTS, NR_COLUMNS };
#define ADD_UP                            \
	" ON CONFLICT (part, hour, what)" \
	" DO UPDATE SET alerts = hours.alerts + excluded.alerts"

/* Rows that wait, where the store is a server. */
struct rows {
	struct db_array columns[NR_COLUMNS];
};

static int write_rows(struct rows *rows, struct db *db, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *none = NULL;
	struct db_value values[NR_COLUMNS];
	int res = 0;

	for (size_t i = 0; i < NR_COLUMNS; i++) {
		values[i] = db_array_value(&rows->columns[i]);
		if (rows->columns[i].bytes.failed)
			res = err_set(err, -ENOMEM, "out of memory");
	}
	if (!res && rows->columns[PART].nr)
		res = db_ask_list(db, err, &none,
				  "INSERT INTO hours (part, hour, what, alerts)"
				  " SELECT * FROM unnest(?, ?, ?, ?) AS given" ADD_UP,
				  values, NR_COLUMNS);
	for (size_t i = 0; i < NR_COLUMNS; i++)
		db_array_reset(&rows->columns[i]);
	return res;
}

static int write_one(struct rows *rows, struct db *db, const struct tally_entry *e, int64_t alerts,
		     struct err *err)
{
	struct db_array *c = rows->columns;
	int64_t res;

	if (db_kind(db) == DB_SQLITE) {
		res = db_do(
			db, err,
			"INSERT INTO hours (part, hour, what, alerts) VALUES (?, ?, ?, ?)" ADD_UP,
			"iiti", (int64_t)e->part, e->hour, e->what, alerts);
		return res < 0 ? res : 0;
	}
	db_array_add_number(&c[PART], e->part);
	db_array_add_number(&c[HOUR], e->hour);
	db_array_add_text(&c[WHAT], e->what);
	db_array_add_number(&c[ALERTS], alerts);
	return c->nr == ROWS ? write_rows(rows, db, err) : 0;
}

/* What has become nothing goes. */
static int drop_empty(struct tally *t, struct db *db, struct err *err)
{
	int64_t res = 0;

	for (size_t i = 0; i < t->nr && res >= 0; i++) {
		const struct tally_entry *e = &t->entries[i];

		if (e->alerts < 0 && (!i || in_order(&t->entries[i - 1], e)))
			res = db_do(db, err,
				    "DELETE FROM hours WHERE part = ? AND hour = ? AND what = ?"
				    " AND alerts <= 0",
				    "iit", (int64_t)e->part, e->hour, e->what);
	}
	return res < 0 ? res : 0;
}

/*
 * In order, as several who write to one store at once are not to wait for each other in a circle.
 */
int tally_write(struct tally *t, struct db *db, struct err *err)
{
	struct rows rows = { 0 };
	int res = 0;

	if (t->nr)
		qsort(t->entries, t->nr, sizeof(*t->entries), in_order);
	for (size_t i = 0, next; i < t->nr && !res; i = next) {
		int64_t alerts = 0;

		for (next = i; next < t->nr && !in_order(&t->entries[i], &t->entries[next]); next++)
			alerts += t->entries[next].alerts;
		res = write_one(&rows, db, &t->entries[i], alerts, err);
	}
	if (!res)
		res = write_rows(&rows, db, err);
	for (size_t i = 0; i < NR_COLUMNS; i++)
		db_array_fini(&rows.columns[i]);
	return res ?: drop_empty(t, db, err);
}

void tally_fini(struct tally *t)
{
	free(t->entries);
	arena_fini(&t->arena);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "console/attackers_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip_network.h"
#include "base/util.h"
#include "console/allowed.h"
#include "console/db.h"
#include "console/when.h"

static struct text copy(struct arena *a, struct text t)
{
	char *s = arena_alloc(a, t.len + 1);

	if (s && t.len)
		memcpy(s, t.s, t.len);
	return (struct text){ s, t.len };
}

/* An address in its one form, empty if it is none. */
static struct text address_of(struct arena *a, struct text addr)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct ip_network net;

	if (!ip_address_parse(addr, &net))
		return copy(a, TEXT(""));
	ip_network_put(&text, &net);
	return text.failed ? (struct text){ NULL, 0 }
			   : copy(a, (struct text){ text.data, text.len });
}

static int make_room(struct attacks *a)
{
	size_t cap = MAX(2 * a->cap, (size_t)64);
	struct attack *entries;

	if (a->nr < a->cap)
		return 0;
	entries = reallocarray(a->entries, cap, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	a->entries = entries;
	a->cap = cap;
	return 0;
}

int attacks_add(struct attacks *a, const struct record *r, struct err *err)
{
	int64_t points = score_of(a->settings, r);
	struct attack e = { .by = a->settings->by,
			    .time = MIN(r->time, a->now),
			    .points = points,
			    .level = r->level };

	/* What was recorded long ago and is told now is not held against anybody. */
	if (!points || e.time <= a->now - a->settings->keep)
		return 0;
	e.addr = address_of(&a->arena, r->addr);
	e.who = e.by == SCORE_BY_SESSION ? copy(&a->arena, r->session) : e.addr;
	e.app = copy(&a->arena, r->app);
	if (!e.addr.s || !e.who.s || !e.app.s || make_room(a))
		return err_set(err, -ENOMEM, "out of memory");
	if (e.who.len)
		a->entries[a->nr++] = e;
	return 0;
}

void attacks_fini(struct attacks *a)
{
	free(a->entries);
	free(a->news);
	arena_fini(&a->arena);
}

static int by_who(const void *a, const void *b)
{
	const struct attack *x = a, *y = b;
	int order = memcmp(x->who.s, y->who.s, MIN(x->who.len, y->who.len));

	order = order ?: (x->who.len > y->who.len) - (x->who.len < y->who.len);
	return order ?: (x->time > y->time) - (x->time < y->time);
}

static void drop_allowed(struct attacks *a, const struct allowed *allowed)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->nr; i++) {
		if (!allowed_holds(allowed, a->entries[i].addr))
			a->entries[kept++] = a->entries[i];
	}
	a->nr = kept;
}

static void add_app(struct buf *apps, struct text app)
{
	const char *at = apps->data, *end = at ? at + apps->len : at, *newline;
	size_t nr = 0;

	newline = memchr(app.s, '\n', app.len);
	if (newline)
		app.len = newline - app.s;
	for (; at < end && (newline = memchr(at, '\n', end - at)); at = newline + 1, nr++) {
		if (text_eq((struct text){ at, newline - at }, app))
			return;
	}
	if (nr == ATTACKERS_APPS_MAX || !app.len)
		return;
	buf_add(apps, app.s, app.len);
	buf_addc(apps, '\n');
}

/* What was is over: the next alert is the first one. */
static void begin_anew(struct attacker *row, int64_t time)
{
	row->first = row->last = time;
	row->listed = row->points = 0;
	memset(row->levels, 0, sizeof(row->levels));
	row->window.nr = 0;
	buf_reset(&row->apps);
}

static void count(struct attacker *row, const struct score_settings *s, const struct attack *e)
{
	if (e->time >= row->expires)
		begin_anew(row, e->time);
	row->score = score_add(&row->window, s, (struct score_hit){ e->time, e->points });
	row->first = MIN(row->first, e->time);
	row->last = MAX(row->last, e->time);
	row->points += e->points;
	row->levels[e->level]++;
	if (!row->listed && row->score >= s->limit)
		row->listed = e->time;
	row->expires = row->last + (row->listed ? s->keep : s->window);
	add_app(&row->apps, e->app);
}

/* The next ones, as many as have room; returns how many. */
static size_t take_groups(const struct attacks *a, size_t *at, struct attacker *rows)
{
	size_t nr = 0;

	for (; nr < ATTACKER_ROWS && *at < a->nr; nr++) {
		const struct attack *first = &a->entries[*at];

		rows[nr].attacks = first;
		rows[nr].nr = 0;
		while (*at < a->nr && text_eq(a->entries[*at].who, first->who)) {
			rows[nr].nr++;
			++*at;
		}
	}
	return nr;
}

static void copy_told(char *out, size_t size, struct text t)
{
	t = record_cut(t, size - 1);
	snprintf(out, size, "%.*s", (int)t.len, t.s ?: "");
}

static int note_news(struct attacks *a, const struct attacker *row, struct err *err)
{
	const struct attack *last = &row->attacks[row->nr - 1];
	struct attacker_news *news = reallocarray(a->news, a->nr_news + 1, sizeof(*news));

	if (!news)
		return err_set(err, -ENOMEM, "out of memory");
	a->news = news;
	news += a->nr_news++;
	*news = (struct attacker_news){ .by = last->by,
					.first = row->first,
					.listed = row->listed,
					.until = row->expires,
					.score = row->score };
	memcpy(news->levels, row->levels, sizeof(news->levels));
	copy_told(news->who, sizeof(news->who), last->who);
	copy_told(news->addr, sizeof(news->addr), last->addr);
	copy_told(news->app, sizeof(news->app), last->app);
	return 0;
}

/* All alerts of one attacker. */
static int count_all(struct attacks *a, struct attacker *row, struct err *err)
{
	/* Whoever was let go, and comes again, is news. */
	int64_t listed = row->attacks->time < row->expires ? row->listed : 0;

	for (size_t n = 0; n < row->nr; n++)
		count(row, a->settings, &row->attacks[n]);
	return row->listed && row->listed != listed ? note_news(a, row, err) : 0;
}

/* In order, as several consoles of one store are not to wait for each other in a circle. */
static int write_all(struct attacks *a, struct db *db, struct attacker *rows, struct err *err)
{
	size_t at = 0, nr;
	int res = 0;

	qsort(a->entries, a->nr, sizeof(*a->entries), by_who);
	while (!res && (nr = take_groups(a, &at, rows))) {
		res = attacker_rows_take(db, rows, nr, err);
		for (size_t i = 0; i < nr && !res; i++)
			res = count_all(a, &rows[i], err);
		if (!res)
			res = attacker_rows_write(db, rows, nr, err);
	}
	return res;
}

int attacks_write(struct attacks *a, struct db *db, struct err *err)
{
	_cleanup_free_ struct allowed *allowed = NULL;
	_cleanup_free_ struct attacker *rows = NULL;
	int res;

	if (!a->nr)
		return 0;
	allowed = malloc(sizeof(*allowed));
	rows = calloc(ATTACKER_ROWS, sizeof(*rows));
	if (!allowed || !rows)
		return err_set(err, -ENOMEM, "out of memory");
	res = allowed_read(db, allowed, err);
	if (res)
		return res;
	drop_allowed(a, allowed);
	res = write_all(a, db, rows, err);
	for (size_t i = 0; i < ATTACKER_ROWS; i++) {
		buf_fini(&rows[i].apps);
		buf_fini(&rows[i].hits);
	}
	return res;
}

int attackers_release(struct db *db, enum score_by by, struct text who, struct err *err)
{
	int64_t res = db_do(db, err, "DELETE FROM attackers WHERE kind = ? AND who = ?", "it",
			    (int64_t)by, who);

	if (!res)
		return err_set(err, -ENOENT, "there is no such attacker, or no longer");
	return res < 0 ? res : 0;
}

int attackers_forget(struct db *db, int64_t now, struct err *err)
{
	/* Of a server others may be writing: what they hold is left for the next time. */
	static const char *const statements[NR_DB_KINDS] = {
		[DB_SQLITE] = "DELETE FROM attackers WHERE expires < ?",
		[DB_POSTGRES] = "DELETE FROM attackers WHERE (kind, who) IN (SELECT kind, who FROM"
				" attackers WHERE expires < ? FOR UPDATE SKIP LOCKED)",
	};
	int64_t res = db_do(db, err, statements[db_kind(db)], "i", now);

	return res < 0 ? res : 0;
}

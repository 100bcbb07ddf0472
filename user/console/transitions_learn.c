// SPDX-License-Identifier: GPL-2.0-only
/* Allowed transitions from what sessions did. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "console/db.h"
#include "console/query.h"
#include "console/store.h"
#include "console/transitions.h"

/* Requests that are looked at: the newest; and different steps that these may have. */
#define LOOKED_AT 200000
#define STEPS_MAX 2000
/* A part of a path with so many hexadecimal digits is an id. */
#define ID_DIGITS 8

struct step {
	struct text app, page, before; /* before: empty for a session's first */
	int64_t count;
};

struct learning {
	struct arena arena;
	struct step *steps;
	size_t nr, left_out;
	struct buf session, before, page;
};

static bool is_id(struct text part)
{
	bool digits = part.len > 0, hex = part.len >= ID_DIGITS;

	for (size_t i = 0; i < part.len; i++) {
		digits &= isdigit((unsigned char)part.s[i]) != 0;
		hex &= isxdigit((unsigned char)part.s[i]) || part.s[i] == '-';
	}
	return digits || hex;
}

void transitions_generalise(struct buf *out, struct text path)
{
	for (const char *at = path.s, *end = at + path.len; at < end;) {
		const char *slash = memchr(at, '/', end - at) ?: end;
		struct text part = { at, slash - at };

		if (is_id(part))
			buf_addc(out, '*');
		else
			buf_add(out, part.s, part.len);
		if (slash < end)
			buf_addc(out, '/');
		at = slash + 1;
	}
}

static struct text copy(struct arena *a, const char *s, size_t len)
{
	char *text = arena_alloc(a, len + 1);

	if (text && len)
		memcpy(text, s, len);
	return (struct text){ text, len };
}

static int compare(struct text a, struct text b)
{
	int order = memcmp(a.s, b.s, MIN(a.len, b.len));

	return order ?: (a.len > b.len) - (a.len < b.len);
}

static int by_step(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	return compare(x->app, y->app) ?: compare(x->page, y->page)
			       ?: compare(x->before, y->before);
}

static int note_step(struct learning *l, struct text app)
{
	struct step step = { .app = app,
			     .page = { l->page.data ?: "", l->page.len },
			     .before = { l->before.data ?: "", l->before.len },
			     .count = 1 };

	for (size_t i = l->nr; i--;) {
		if (!by_step(&l->steps[i], &step)) {
			l->steps[i].count++;
			return 0;
		}
	}
	if (l->nr == STEPS_MAX) {
		l->left_out++;
		return 0;
	}
	step.app = copy(&l->arena, app.s, app.len);
	step.page = copy(&l->arena, step.page.s, step.page.len);
	step.before = copy(&l->arena, step.before.s, step.before.len);
	if (!step.app.s || !step.page.s || !step.before.s)
		return -ENOMEM;
	l->steps[l->nr++] = step;
	return 0;
}

/* Rows come by session, and in order of time. */
static int learn_row(struct learning *l, struct db_rows *row)
{
	struct text session = db_text(row, 0), path = db_text(row, 2);
	struct buf last;
	int res;

	if (!text_eq((struct text){ l->session.data ?: "", l->session.len }, session)) {
		buf_reset(&l->session);
		buf_add(&l->session, session.s, session.len);
		buf_reset(&l->before);
	}
	buf_reset(&l->page);
	transitions_generalise(&l->page, path);
	if (l->page.failed || l->session.failed)
		return -ENOMEM;
	res = note_step(l, db_text(row, 1));
	last = l->before;
	l->before = l->page;
	l->page = last;
	return res;
}

static void put_steps(struct buf *out, const struct learning *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		const struct step *s = &l->steps[i], *last = i ? s - 1 : NULL;

		if (!last || compare(last->app, s->app)) {
			buf_adds(out, "  ");
			text_yaml(out, s->app);
			buf_adds(out, ":\n");
			last = NULL;
		}
		if (!last || compare(last->page, s->page)) {
			buf_adds(out, "    ");
			text_yaml(out, s->page);
			buf_adds(out, ":\n");
		}
		buf_adds(out, "      - ");
		if (s->before.len)
			text_yaml(out, s->before);
		else
			buf_adds(out, "start");
		buf_printf(out, "  # %lld\n", (long long)s->count);
	}
	if (l->left_out)
		buf_printf(out, "# %zu requests are not in it: there are more than %d steps\n",
			   l->left_out, STEPS_MAX);
}

static int learn_rows(struct db *db, struct learning *l, struct text app, int64_t since,
		      struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	int res = db_ask(
		db, err, &rows,
		"SELECT session, app, path FROM (SELECT a.seq AS place, a.session AS session,"
		" a.app AS app, a.path AS path FROM tags AS t JOIN alerts AS a ON a.seq = t.seq"
		" WHERE t.tag = 'request' AND t.seq >= ? AND a.session IS NOT NULL AND a.path IS "
		"NOT"
		" NULL AND (? = '' OR a.app = ?) ORDER BY t.seq DESC LIMIT ?) AS newest"
		" ORDER BY session, place",
		"itti", since * SEQ_A_MICROSECOND, app, app, (int64_t)LOOKED_AT);

	while (!res && (res = db_row(db, err, rows)) > 0) {
		res = learn_row(l, rows);
		if (res)
			err_set(err, res, "out of memory");
	}
	return res;
}

int transitions_learn(struct db *db, struct text app, int64_t since, struct buf *out,
		      struct err *err)
{
	struct learning l = { .steps = calloc(STEPS_MAX, sizeof(struct step)) };
	int res = l.steps ? learn_rows(db, &l, app, since, err)
			  : err_set(err, -ENOMEM, "out of memory");

	if (!res && l.nr)
		qsort(l.steps, l.nr, sizeof(*l.steps), by_step);
	buf_adds(out, "# What sessions did, with how often; to be reviewed.\nwindow: 30m\n");
	buf_adds(out, l.nr ? "apps:\n" : "apps: {}\n");
	put_steps(out, &l);
	free(l.steps);
	arena_fini(&l.arena);
	buf_fini(&l.session);
	buf_fini(&l.before);
	buf_fini(&l.page);
	return res;
}

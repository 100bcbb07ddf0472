/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages may follow which within a session, as a YAML file says.  Pure, but for
 * transitions_load().
 *
 *	window: 30m
 *	apps:
 *	  shop:
 *	    /: [start, any]
 *	    /cart: [/product, /cart]
 *	    /static**: any
 *
 * In patterns * stands for any text without a slash, ** for any text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

#define TRANSITIONS_APPS_MAX 256
#define TRANSITIONS_PATHS_MAX 2000
#define TRANSITIONS_BEFORE_MAX 200

/* A page, and what may have come before. */
struct transition {
	struct text path;
	bool start; /* nothing: it may be a session's first */
	bool any;
	struct text *before;
	size_t nr_before;
};

struct transitions_app {
	struct text name;
	struct transition *pages;
	size_t nr;
};

struct transitions {
	int64_t window; /* so far back is looked for what came before; see when.h */
	struct transitions_app *apps;
	size_t nr_apps;
	struct arena arena;
};

/* Mistakes are printed, each at its place.  -EINVAL, -ENOMEM, or why it cannot be read. */
int transitions_load(const char *path, struct transitions *out, struct err *err);
/* The same of a text, with its mistakes in `messages`. */
int transitions_parse(const char *name, const char *text, size_t len, struct transitions *out,
		      struct buf *messages);
void transitions_fini(struct transitions *t);

/* What is said of that page: of the first pattern that fits; NULL: nothing. */
const struct transition *transitions_find(const struct transitions *t, struct text app,
					  struct text path);
bool transition_follows(const struct transition *page, struct text before);
bool transitions_fits(struct text pattern, struct text path);
/* Appends {"window_s","apps":{"shop":{"/cart":["/product"]}}} */
void transitions_put(struct buf *out, const struct transitions *t);

/* ---- transitions_learn.c */

struct db;

/*
 * Appends the file that would have allowed what sessions did since then, for a person to review;
 * numbers and long ids in paths as *.
 */
int transitions_learn(struct db *db, struct text app, int64_t since, struct buf *out,
		      struct err *err);
/* A path with a pattern's * in place of what differs each time. */
void transitions_generalise(struct buf *out, struct text path);

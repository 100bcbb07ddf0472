/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Points that alerts count against whoever caused them, and how many of them fall into a span of
 * time.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "console/record.h"

/* Of --attacker-score, and what a window holds of hits. */
#define SCORE_LIMIT_MAX 1000
#define SCORE_RULES_MAX 32
#define SCORE_POINTS_DEFAULT "tag:client-error=1,level:alert=all"

/* Whose alerts are counted together; the numbers stand in stores. */
enum score_by { SCORE_BY_ADDRESS, SCORE_BY_SESSION, NR_SCORE_BY };

enum score_kind { SCORE_LEVEL, SCORE_TAG, SCORE_RULE, NR_SCORE_KINDS };

struct score_rule {
	enum score_kind kind;
	struct text name;
	int64_t points; /* -1: as many as are needed */
};

struct score_settings {
	enum score_by by;
	int64_t limit;	      /* points that make an attacker */
	int64_t window, keep; /* spans, see when.h: they fall into it; it is held against one */
	const char *points;   /* as they were given */
	struct score_rule rules[SCORE_RULES_MAX];
	size_t nr_rules;
};

/* 10 points in a minute, for an hour, as SCORE_POINTS_DEFAULT says. */
void score_settings_init(struct score_settings *s);
/*
 * Reads "level:alert=all,tag:NAME=1,rule:NAME=3"; an empty text counts nothing.  `text` has to live
 * as long as the settings.  -EINVAL with what is wrong.
 */
int score_parse(const char *text, struct score_settings *s, struct err *err);
/* "address", "session" */
const char *score_by_name(enum score_by by);
/* -EINVAL: it is none of them. */
int score_by_parse(struct text name, enum score_by *out);

/* What an alert counts, from 0 to the limit: the most that any entry says. */
int64_t score_of(const struct score_settings *s, const struct record *r);

struct score_hit {
	int64_t time, points;
};

/* The newest hits, in order of time: as many as make the limit. */
struct score_window {
	struct score_hit hits[SCORE_LIMIT_MAX + 1];
	size_t nr;
};

/* Adds a hit, drops what is too old, and returns the points that are left, the limit at most. */
int64_t score_add(struct score_window *w, const struct score_settings *s, struct score_hit hit);
/* "TIME POINTS TIME POINTS ...", as it stands in a store. */
void score_put(struct buf *out, const struct score_window *w);
/* The same back; what is none of it ends it. */
void score_read(struct text text, struct score_window *out);

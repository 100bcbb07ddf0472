/* SPDX-License-Identifier: GPL-2.0-only */
/* What there was in a span of time, counted: for those who do not open a page. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

struct db;

enum report_part {
	REPORT_LEVEL,
	REPORT_RULE,
	REPORT_APPLICATION,
	REPORT_TECHNIQUE,
	REPORT_ADDRESS,
	REPORT_SESSION,
	REPORT_SILENCED, /* rules, by what people call false alarms */
	REPORT_GONE,	 /* rules that alerts were of before, and none is now */
	NR_REPORT_PARTS,
};

/* Of each part the most frequent. */
#define REPORT_COUNTS_MAX 1000

struct report_count {
	struct text what;
	int64_t alerts;
	bool is_new; /* it was never there before */
};

struct report_counts {
	struct report_count *counts; /* most first */
	size_t nr;
};

struct report {
	int64_t since, until;  /* see when.h */
	int64_t total, before; /* alerts; those of as long a time before it */
	struct report_counts parts[NR_REPORT_PARTS];
};

/* Counts; what it finds is the arena's. */
int report_read(struct db *db, struct arena *a, int64_t since, int64_t until, struct report *out,
		struct err *err);

/* How a part is called, in JSON and for a person. */
const char *report_part_name(enum report_part part);
const char *report_part_title(enum report_part part);
/* Is of its values told which were never there before? */
bool report_tells_new(enum report_part part);

/* ---- report_forms.c */

struct report_form {
	const char *name;	 /* "text", "html", "json" */
	const char *type, *file; /* of HTTP; what it is called on somebody's disk */
	void (*put)(struct buf *out, const struct report *r);
};

/* NULL: none is called so. */
const struct report_form *report_form_find(struct text name);

/*
 * {"since","until","total","before","level":{"alert":3},"rule":{...},
 *  "application","technique","address","session","silenced","gone",
 *  "new":{"rule":["..."],"application","technique","address"}}
 */
void report_json(struct buf *out, const struct report *r);
/* For a person, the ten most frequent of each part. */
void report_text(struct buf *out, const struct report *r);
/* The same as a page of its own, with nothing loaded from anywhere, as a mail may be. */
void report_html(struct buf *out, const struct report *r);

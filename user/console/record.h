/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the console keeps of an alert beside its line: what lists show and filters ask for.  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

/* Bytes of one alert. */
#define RECORD_LINE_MAX ((size_t)2 * 1024 * 1024)
/* Bytes of what is filtered by; what is longer is cut, and a filter's value with it. */
#define RECORD_TEXT_MAX 512
#define RECORD_WHAT_MAX 240
#define RECORD_SEARCH_MAX ((size_t)8 * 1024)
#define RECORD_TAGS_MAX 16
#define RECORD_TAG_MAX 64
#define RECORD_ID_MAX 128

enum record_level { RECORD_INFO, RECORD_WARN, RECORD_ALERT, NR_RECORD_LEVELS };

/* A text that is { NULL, 0 } is not known. */
struct record {
	int64_t time; /* see when.h */
	enum record_level level;
	uint64_t group; /* equal for alerts of one rule on one call chain of one application */
	struct text id, app, rule, host, pod, path, addr, session, agent, action, function;
	struct text what;		   /* the value that matters, in one line */
	struct text search;		   /* the words that free text finds the alert by */
	struct text tags[RECORD_TAGS_MAX]; /* in lower case; a sub-technique's technique as well */
	size_t nr_tags;
	struct text json; /* the line: one JSON object, valid UTF-8 */
};

/*
 * Reads a line as the tracer writes it; keys that are not known stay in it.  The record is the
 * arena's, or points into the line; `scratch` may be reset afterwards.  An alert without an id gets
 * one from a hash of the line.  `app` NULL: the alert's own target, or "unknown".  -EINVAL with
 * what is wrong, -ENOMEM.
 */
int record_parse(struct arena *a, struct arena *scratch, struct text line, const char *app,
		 struct record *out, struct err *err);

/* "info", "warn", "alert" */
const char *record_level_name(enum record_level level);
/* -EINVAL: no level is called so. */
int record_level_parse(struct text name, enum record_level *out);
/* The first `max` bytes at the most, no character cut in two. */
struct text record_cut(struct text t, size_t max);
/* May an alert have this id: letters, digits and "._:-", RECORD_ID_MAX at the most? */
bool record_id_is_valid(struct text id);

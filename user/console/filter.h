/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a list of alerts is asked for: the query string of /api/v1/alerts, which is that of the
 * page, too.  Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "console/db.h"

#define FILTER_QUERY_MAX 8192
#define FILTER_LIMIT_DEFAULT 50
#define FILTER_LIMIT_MAX 500
/* Words of a search in all text. */
#define FILTER_WORDS_MAX 16

/* Texts that an alert has to have; their parameters have the same names. */
enum filter_text {
	FILTER_SESSION,
	FILTER_ADDR,
	FILTER_PATH,
	FILTER_POD,
	FILTER_AGENT,
	FILTER_HOST,
	FILTER_FUNCTION,
	FILTER_RULE,
	FILTER_APP,
	FILTER_ACTION,
	NR_FILTER_TEXTS,
};

struct filter {
	struct text text[NR_FILTER_TEXTS]; /* { NULL, 0 }: any */
	struct text technique;		   /* a tag, as records have them: "attack.t1059" */
	struct text cwe;		   /* "cwe-78" */
	/* what the index of words is asked for; all of them or none */
	struct text words[NR_DB_KINDS];
	int level;	       /* enum record_level, -1: any */
	int state;	       /* enum state, -1: any */
	uint64_t group;	       /* 0: any */
	int64_t since, until;  /* see when.h; 0: any */
	int64_t before, after; /* positions, see store.h; 0: from the newest on */
	unsigned int limit;
};

/*
 * Reads a query string as it came, percent signs and all; what it holds is the arena's.  Times may
 * be spans ("7d") back from `now`.  A parameter without a value asks for nothing.  -EINVAL with
 * which parameter is wrong and why, -ENOMEM.
 */
int filter_parse(struct arena *a, struct text query, int64_t now, struct filter *out,
		 struct err *err);

/*
 * A parameter's value, decoded; { NULL, 0 } if it is not there or not text.  For what is no filter.
 */
struct text filter_parameter(struct arena *a, struct text query, const char *name);
/* A time, or a span back from now.  -EINVAL. */
int filter_time(struct text value, int64_t now, int64_t *out);
/*
 * Percent signs and plus signs. -EINVAL: what they stand for is no text (NUL, bytes that are no
 * UTF-8); -ENOMEM.
 */
int filter_decode(struct arena *a, struct text in, struct text *out);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many alerts each hour has, by level, rule, path, address, application and technique: kept
 * with the alerts, so that a page about millions of them counts hours instead.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "console/record.h"

struct db;

/* What is counted; the numbers stand in stores. */
enum tally_part {
	TALLY_LEVEL,
	TALLY_RULE,
	TALLY_PATH,
	TALLY_ADDRESS,
	TALLY_APPLICATION,
	TALLY_TECHNIQUE,
	NR_TALLY_PARTS,
};

/* What a transaction adds, or takes away: to be written before its end. */
struct tally {
	struct arena arena;
	struct tally_entry *entries;
	size_t nr, cap;
};

#define _cleanup_tally_ __attribute__((cleanup(tally_fini)))

/* Counts an alert at that place; `by`: 1, or -1 for one that goes.  -ENOMEM. */
int tally_add(struct tally *t, const struct record *r, int64_t seq, int by, struct err *err);
/* Within store_begin() and store_commit(). */
int tally_write(struct tally *t, struct db *db, struct err *err);
void tally_fini(struct tally *t);

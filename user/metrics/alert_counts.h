/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many alerts each rule has raised for each target, by their names: rules that are loaded anew
 * go on counting.  For any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "rule/rule.h"

struct alert_counts;

struct alert_series {
	const char *rule, *level;
	const char *target; /* NULL: none */
	uint64_t alerts;
	/*
	 * Matches that were held back are counted without their level, in the first series of their
	 * rule and target.
	 */
	bool is_first;
	uint64_t suppressed;
};

struct alert_counts *alert_counts_new(void);	/* NULL: no memory */
void alert_counts_free(struct alert_counts *c); /* NULL is allowed */
DEFINE_CLEANUP(alert_counts_freep, struct alert_counts, alert_counts_free);

/*
 * These rules may raise alerts for this target (NULL: for none): they are there before the first
 * alert, so that it can be seen as a change, unless there would be too many series in all.
 * -ENOMEM
 */
int alert_counts_expect(struct alert_counts *c, const struct rule_set *rules, const char *target);
/* target: its name, or NULL. */
void alert_counts_add(struct alert_counts *c, const struct rule *rule, const char *target);
void alert_counts_suppress(struct alert_counts *c, const struct rule *rule, const char *target);
/*
 * The numbers of series are below this, which may grow at any time.  Names are there until the end.
 */
size_t alert_counts_size(struct alert_counts *c);
void alert_counts_get(struct alert_counts *c, size_t number, struct alert_series *out);

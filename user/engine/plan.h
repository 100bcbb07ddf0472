/* SPDX-License-Identifier: GPL-2.0-only */
/* Which probe kind each rule gets on an interpreter. */
#pragma once

#include "attach/attach.h"
#include "py/interp.h"
#include "rule/rule.h"

/*
 * Chooses for each rule the cheapest kind that misses nothing; `forced` other than PROBE_NONE is taken for all.
 * probes has rules->nr_rules elements.  -EOPNOTSUPP with a sentence if a rule can get none.
 */
int plan_make(const struct py_interp *interp, const struct rule_set *rules, enum phrude_probe forced,
	      enum phrude_probe *probes, struct err *err);
/* The kinds that plan_make() may choose from for these rules, as bits. */
uint32_t plan_kinds(const struct rule_set *rules, enum phrude_probe forced);
/* Appends "frame 12" or "call 2, usdt 3". */
void plan_print(struct buf *out, const enum phrude_probe *probes, size_t nr_rules);

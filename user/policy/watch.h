/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells the kernel side what rules watch. */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "kern/kern.h"
#include "rule/rule.h"

/* The prefilter: bits by phrude_prefilter_bit(). */
#define WATCH_NAMES_WORDS 64

/* Passes every key and prefilter bit of the rules, and sets the bits in `names` as well.  -errno with a sentence. */
int watch_rules(struct kern *kern, const struct rule_set *rules, uint64_t names[WATCH_NAMES_WORDS],
		struct err *err);

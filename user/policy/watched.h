/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel side is to send matches of, worked out from rules. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "kern/kern_watched.h"
#include "rule/rule.h"

/* 0 or -ENOMEM. */
int watched_make(const struct rule_set *rules, struct watched *out);
void watched_fini(struct watched *w);
/*
 * May a function of this name be watched?  Most names are told by their length and first bytes to
 * be no rule's, as the kernel side does.
 */
bool watched_may_be(const struct watched *w, struct text name);

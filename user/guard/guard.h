/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sees to it that probes do not cost a process more than it was said they may (`max_cpu_percent`):
 * says so, and spares it the dearest rules of level info if it is told to (`shed`).
 */
#pragma once

#include "guard/cost_book.h"
#include "kern/kern.h"
#include "targets/targets.h"

struct guard;

/*
 * max_cpu: a share of one CPU.  The others are borrowed.  The kernel side counts costs.  NULL: no
 * memory.
 */
struct guard *guard_new(struct kern *kern, struct targets *targets, double max_cpu, bool sheds);
void guard_free(struct guard *g); /* NULL is allowed */
DEFINE_CLEANUP(guard_freep, struct guard, guard_free);
/* Other limits; where nothing is shed any more, what was is watched again. */
void guard_set(struct guard *g, double max_cpu, bool sheds);
/* Once a second. */
void guard_tick(struct guard *g);
/* What is known, until the next tick. */
const struct cost_book *guard_costs(const struct guard *g);

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the probes cost a process, and what of them it is spared; only where the programs were
 * loaded with cfg_costs.
 */
#pragma once

#include "types.h"

/*
 * Part of struct py_proc.  Which hits are timed: one in 16, but in no regular step, so that whoever
 * calls things in turns cannot have the cheap ones timed.
 */
struct py_cost {
	__u64 hits;
	__u64 timed;	/* of them, */
	__u64 timed_ns; /* and how long these took, the trap not included */
};

#define PY_COST_STEP 0x9e3779b97f4a7c15ULL /* 2^64 by the golden ratio */
#define PY_COST_SHIFT 60
/* One that took longer was not running all the time: it has waited, and does not count. */
#define PY_COST_MAX_NS 1000000

/* Key of the maps "costs" and "shed": a process, and a watched function (PHRUDE_WATCH_ID). */
struct phrude_cost_key {
	__u32 pid, watch;
};

/* Value of the map "costs": matches, and how long they took. */
struct phrude_cost {
	__u64 matches, ns;
};

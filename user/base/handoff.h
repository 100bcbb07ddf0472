/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A number that one side counts up and the other waits for, in memory that both see; a side is a
 * thread, of whatever process.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

struct timespec;

struct handoff {
	atomic_uint count;
	atomic_uint sleeps; /* who waits */
	atomic_int cpu;	    /* where who counts was when it last did, plus one; 0: nowhere yet */
};

/* Counts up to `value`, and wakes who waits for it. */
void handoff_pass(struct handoff *h, unsigned int value);
/* Is the number another one than `value` soon? */
bool handoff_comes_soon(struct handoff *h, unsigned int value);
/* Sleeps until it is another one, for this long at the most (NULL: no end), or for no reason. */
void handoff_sleep(struct handoff *h, unsigned int value, const struct timespec *timeout);

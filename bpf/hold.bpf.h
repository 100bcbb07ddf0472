/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Holding a thread of a target in its probe while user space does something for it: see abi/hold.h.
 */
#pragma once

#include "maps.bpf.h"

/* In place of a slot's number. */
#define HOLD_NONE HOLD_SLOTS /* there is none, or the target has enough of them */
#define HOLD_NOT_NOW  \
	(HOLD_SLOTS + \
	 1) /* the thread is on its way to be stopped, for what it was held for before */

static __always_inline struct hold_slot *hold_slot(__u32 index)
{
	return bpf_map_lookup_elem(&holds, &index);
}

/*
 * Claims a slot for the current thread, which fills in what it asks for, and has to ask then.
 * Nothing is waited for.
 */
__u32 hold_claim(__u32 kind);
/*
 * Asks by way of a slot, waits, and gives the slot back.  0: it was not done, else 1 + the answer.
 */
int hold_ask(__u32 index);

/*
 * Has pages brought in (fetch.bpf.c).  A process has one thread at most waiting for that; whose
 * pages did not come may not ask for a while.  All other parts of a program hold nothing that
 * others need while it waits.
 *
 * 1: bytes from `addr` on may be there now.
 */
int fetch(__u64 addr, __u32 size);
/*
 * In two steps, for the pages that are missing in a scratch slot: asks for them afterwards, by
 * s->again.
 */
int fetch_later(__u32 slot);
int fetch_wait(__u32 index);

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Holding a thread of a target in its probe while user space does something for it: see abi/arm.h. */
#pragma once

#include "maps.bpf.h"

static __always_inline struct arm_slot *hold_slot(__u32 index)
{
	return bpf_map_lookup_elem(&arm_slots, &index);
}

/* A slot of the map arm_slots; PHRUDE_ARM_SLOTS if there is none.  Nothing is waited for. */
__u32 hold_claim(void);
/* Asks by way of a slot, waits, and gives the slot back.  1: it is done. */
int hold_ask(__u32 index, __u32 why, __u64 code, __u64 instr, __u32 watched);

/*
 * Has pages brought in.  A process has one thread at most waiting for that; whose pages did not come may not ask for a
 * while.  All other parts of a program hold nothing that others need while it waits.
 *
 * 1: bytes from `addr` on may be there now.
 */
int fetch(__u64 addr, __u32 size);
/* In two steps, for the pages that are missing in a scratch slot: asks for them afterwards, by s->again. */
int fetch_later(__u32 slot);
int fetch_wait(__u32 index);

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The buffers of events are few, and a program that is preempted keeps its own for as long as its
 * task does not run: for ever, if the task's owner wants it so.  So no process and no target can
 * have them all.
 */
#include "scratch.bpf.h"

#define SLOTS_MAX 64

static __always_inline bool take(struct phrude_share *share, __u32 max)
{
	if (__sync_fetch_and_add(&share->slots, 1) < max)
		return true;
	__sync_fetch_and_add(&share->slots, -1);
	return false;
}

static __always_inline void give_back(struct phrude_share *share)
{
	if (share)
		__sync_fetch_and_add(&share->slots, -1);
}

static __always_inline bool take_both(struct phrude_share *share, struct phrude_share *target)
{
	if (!share || !target || !take(share, cfg_slots_process))
		return false;
	if (take(target, cfg_slots_target))
		return true;
	give_back(share);
	return false;
}

__noinline __u32 scratch_claim(__u32 pid)
{
	struct phrude_share *share = share_of(pid), *target = NULL;
	__u32 start = bpf_get_smp_processor_id() * 4, group = 0;

	if (share) {
		group = share->target | PHRUDE_SHARE_TARGET;
		target = share_of(group);
	}
	if (!take_both(share, target)) {
		stat_inc(PHRUDE_STAT_LOST_SLOTS);
		return SCRATCH_NONE;
	}
	for (__u32 i = 0; i < SLOTS_MAX; i++) {
		__u32 slot = (start + i) % cfg_scratch_slots;
		struct scratch *s = scratch_get(slot);

		if (i >= cfg_scratch_slots)
			break;
		if (s && !s->busy && !__sync_val_compare_and_swap(&s->busy, 0, 1)) {
			s->self = slot;
			s->owner = pid;
			s->owner_target = group;
			return slot;
		}
	}
	give_back(share);
	give_back(target);
	stat_inc(PHRUDE_STAT_LOST_SCRATCH);
	return SCRATCH_NONE;
}

__noinline int scratch_release(__u32 slot)
{
	struct scratch *s = scratch_get(slot);

	if (!s)
		return 0;
	give_back(share_of(s->owner));
	give_back(share_of(s->owner_target));
	__sync_lock_test_and_set(&s->busy, 0);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * See hold.bpf.h.  Every bound here is for the one thread of user space that answers: no target may
 * keep it busy.
 */
#include "read.bpf.h"

/*
 * Fetches in a period (ns >> PERIOD_SHIFT, about a second), of one process and of all of a target.
 */
#define PERIOD_SHIFT 30
#define ASKED_MAX 512
#define ASKED_MAX_TARGET 2048

/*
 * After the n-th failure in a row there is no fetch for 2^n of these, at most 2^BACKOFF_MAX: 8 s,
 * 0.5 s and 64 ms.
 */
#define BACKOFF_MAX 7
#define BACKOFF_STUCK_NS (64ULL * 1000 * 1000)
#define BACKOFF_TARGET_NS (4ULL * 1000 * 1000)
#define BACKOFF_NONE_NS (500ULL * 1000)

static __always_inline bool may_ask(struct phrude_share *share, __u64 now, __u32 max)
{
	__u32 period = now >> PERIOD_SHIFT;

	if (now < share->ask_from)
		return false;
	if (share->period != period) {
		share->period = period;
		share->asked = 0;
	}
	return share->asked++ < max;
}

static __always_inline void back_off(struct phrude_share *share, __u64 unit)
{
	__u32 n = share->failures + 1;

	if (n > BACKOFF_MAX)
		n = BACKOFF_MAX;
	share->failures = n;
	share->ask_from = bpf_ktime_get_ns() + (unit << (n & 7));
}

static __always_inline struct phrude_share *current_share(void)
{
	return share_of(bpf_get_current_pid_tgid() >> 32);
}

/*
 * Claims a slot for a fetch, if the process may have one; else HOLD_NONE.  One with addresses near
 * 0 or behind a process's memory is not worth it.
 */
__noinline __u32 fetch_claim(__u64 addr)
{
	struct phrude_share *share, *target;
	__u64 now = bpf_ktime_get_ns();
	__u32 index = HOLD_NONE;

	if (!cfg_sleepable || stopped || addr < 1 << 16 || addr >> 47)
		return index;
	share = current_share();
	target = share ? share_of(share->target | PHRUDE_SHARE_TARGET) : NULL;
	if (!target)
		return index;
	if (!may_ask(share, now, ASKED_MAX) || !may_ask(target, now, ASKED_MAX_TARGET) ||
	    __sync_val_compare_and_swap(&share->asking, 0, 1)) {
		stat_inc(PHRUDE_STAT_FETCH_FAILED);
		return index;
	}
	index = hold_claim(HOLD_FETCH);
	if (index == HOLD_NONE) {
		__sync_lock_test_and_set(&share->asking, 0);
		stat_inc(PHRUDE_STAT_FETCH_FAILED);
	}
	return index;
}

__noinline int fetch_wait(__u32 index)
{
	struct phrude_share *share, *target;
	int outcome = hold_ask(index);

	outcome = outcome ? outcome - 1 : FETCH_STUCK;
	share = current_share();
	if (!share)
		return 0;
	if (outcome == FETCH_SOME) {
		share->failures = 0;
	} else {
		stat_inc(PHRUDE_STAT_FETCH_FAILED);
		back_off(share, outcome == FETCH_NONE ? BACKOFF_NONE_NS : BACKOFF_STUCK_NS);
	}
	target = share_of(share->target | PHRUDE_SHARE_TARGET);
	if (target && outcome == FETCH_SOME)
		target->failures = 0;
	else if (target && outcome != FETCH_NONE)
		back_off(target, BACKOFF_TARGET_NS);
	__sync_lock_test_and_set(&share->asking, 0);
	return outcome == FETCH_SOME;
}

__noinline int fetch(__u64 addr, __u32 size)
{
	__u32 index = fetch_claim(addr);
	struct hold_slot *slot = hold_slot(index);

	if (!slot)
		return 0;
	slot->asked.fetch.pages[0] =
		(addr & ~(PAGE_SZ - 1)) |
		(((addr & (PAGE_SZ - 1)) + size - 1) / PAGE_SZ & (PAGE_SZ - 1));
	slot->asked.fetch.pages[1] = 0;
	return fetch_wait(index);
}

__noinline int note_missing(__u32 slot, __u64 addr, __u32 size)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);

	if (s)
		note_inline(s, addr, size);
	return 0;
}

__noinline int fetch_later(__u32 slot)
{
	struct scratch *s = bpf_map_lookup_elem(&scratch, &slot);
	struct hold_slot *hold;
	__u32 index;

	if (!s || !s->nr_missing)
		return 0;
	index = fetch_claim(s->missing[0]);
	hold = hold_slot(index);
	if (!hold)
		return 0;
	for (__u32 i = 0; i < MISSING_MAX; i++)
		hold->asked.fetch.pages[i] = i < s->nr_missing ? s->missing[i] : 0;
	s->again = index + 1;
	return 1;
}

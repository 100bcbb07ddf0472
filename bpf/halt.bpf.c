// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "halt.bpf.h"
#include "proc.bpf.h"
#include "yield.bpf.h"

/* The longest that a thread is halted. */
#define HALT_NS 100000000ULL
#define ROUNDS 4096
#define LOOKS 2048

#define HALT_OVER 0
#define HALT_ON 1
#define HALT_TOO_LONG 2

/* A function of its own, so that the verifier counts its loop once. */
__noinline int halt_round(__u32 tid, __u64 since)
{
	give_way(tid);
	for (int i = 0; i < LOOKS; i++) {
		__u32 *state = bpf_map_lookup_elem(&holds, &tid);

		if (!state || *state == HOLD_STOPPING)
			return HALT_OVER;
	}
	return bpf_ktime_get_ns() - since > HALT_NS ? HALT_TOO_LONG : HALT_ON;
}

__noinline int halt_begin(__u32 tid)
{
	__u32 held = HOLD_HELD, *state = bpf_map_lookup_elem(&holds, &tid);

	/* It is on its way to be stopped, and comes by another probe. */
	if (state && *state == HOLD_STOPPING)
		return HALT_NOT;
	return bpf_map_update_elem(&holds, &tid, &held, BPF_ANY) ? HALT_FAILED : HALT_BEGUN;
}

__noinline int halt_wait(__u32 tid)
{
	__u64 since = bpf_ktime_get_ns();
	__u32 on = HALT_ON;

	for (int i = 0; i < ROUNDS && on == HALT_ON; i++)
		on = halt_round(tid, since);
	if (on == HALT_OVER)
		return 0;
	bpf_map_delete_elem(&holds, &tid);
	return 1;
}

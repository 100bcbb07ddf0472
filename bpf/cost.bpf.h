/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process pays for being traced (abi/cost.h).  Each hit is counted where its process is
 * looked up, in memory that is at hand; one in 16 is timed from there to its end.  By function it
 * is told only while user space asks for it: `guarding`.
 */
#pragma once

#include "maps.bpf.h"

/* A hit begins.  When, if it is one to be timed; else 0. */
static __always_inline __u64 cost_begin(struct py_proc *p)
{
	if (!cfg_costs || !p)
		return 0;
	return ++p->cost.hits * PY_COST_STEP >> PY_COST_SHIFT ? 0 : bpf_ktime_get_ns();
}

/*
 * And ends.  The process is looked up once more, rather than kept on a stack of which little is
 * left.
 */
static __always_inline void cost_end(__u64 began)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct py_proc *p;
	__u64 took;

	if (!cfg_costs || !began)
		return;
	took = bpf_ktime_get_ns() - began;
	p = bpf_map_lookup_elem(&procs, &pid);
	if (!p || took > PY_COST_MAX_NS)
		return;
	p->cost.timed++;
	p->cost.timed_ns += took;
}

/* cost.bpf.c: the match in a slot has been put together. */
int cost_match(__u32 slot);
/* Is the current process spared matches of this?  Then it is counted. */
int cost_is_shed(__u32 pid, __u32 watch);

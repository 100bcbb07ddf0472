/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Telling user space of what happens to traced processes. */
#pragma once

#include "maps.bpf.h"

/*
 * To be called where an interpreter comes by while it starts, before any code of the program, and
 * has a thread state by then (PyEval_EvalCode).  In a process that has exec'ed it tells that this
 * is the interpreter of `group`, and where it is loaded; if no process has been seen yet that runs
 * it, the thread waits until user space has looked at this one.
 */
int python_recognise(__u32 group, __u64 ip);

/* start: of the process, 0 where it does not matter. */
static __always_inline void proc_event(struct ev_proc *ev, __u32 what, __u32 pid, __u32 other,
				       __u64 start)
{
	*ev = (struct ev_proc){
		.hdr = { .size = sizeof(*ev),
			 .kind = EV_PROC,
			 .abi = PHRUDE_ABI_VERSION,
			 .pid = pid,
			 .tid = pid,
			 .time_ns = bpf_ktime_get_ns() },
		.what = what,
		.other = other,
		.start = start,
		.cgroup = start ? bpf_get_current_cgroup_id() : 0,
	};
}

static __always_inline void send_proc_of(__u32 what, __u32 pid, __u32 other, __u64 start)
{
	struct ev_proc ev;

	proc_event(&ev, what, pid, other, start);
	if (bpf_ringbuf_output(&events, &ev, sizeof(ev), wakeup_flags(ev.hdr.time_ns)))
		stat_inc(PHRUDE_STAT_LOST_PROC);
}

static __always_inline void send_proc(__u32 what, __u32 pid, __u32 other)
{
	send_proc_of(what, pid, other, 0);
}

/*
 * program.bpf.c: tells user space that the current process, which began at `start`, has exec'ed,
 * and what.
 */
int send_exec(__u32 pid, __u64 start);

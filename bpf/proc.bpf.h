/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Telling user space of what happens to traced processes. */
#pragma once

#include "maps.bpf.h"

/*
 * To be called where an interpreter comes by while it starts, before any code of the program, and has a thread state by then
 * (PyEval_EvalCode).  In a process that has exec'ed it tells that this is the interpreter of `group`, and where it is loaded; if no
 * process has been seen yet that runs it, the thread waits until user space has looked at this one.
 */
int python_recognise(__u32 group, __u64 ip);

static __always_inline void send_proc(__u32 what, __u32 pid, __u32 other)
{
	struct ev_proc ev = {
		.hdr = { .size = sizeof(ev),
			 .kind = EV_PROC,
			 .abi = PHRUDE_ABI_VERSION,
			 .pid = pid,
			 .tid = pid },
		.what = what,
		.other = other,
	};
	__u64 flags;

	ev.hdr.time_ns = bpf_ktime_get_ns();
	/* A thread waits for the answer. */
	flags = what == PROC_IMPORT || what == PROC_NEW ? BPF_RB_FORCE_WAKEUP
							: wakeup_flags(ev.hdr.time_ns);
	if (bpf_ringbuf_output(&events, &ev, sizeof(ev), flags))
		stat_inc(PHRUDE_STAT_LOST_PROC);
}

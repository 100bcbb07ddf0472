/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Telling user space of what happens to traced processes. */
#pragma once

#include "maps.bpf.h"

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

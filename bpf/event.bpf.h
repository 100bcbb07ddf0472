/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one pipeline behind every probe kind: is the process traced, is the function watched, then
 * capture and send.  An entry program finds out what is called and passes it here.
 */
#pragma once

#include "frame.bpf.h"
#include "match.bpf.h"

/* The traced process that the current task belongs to, or NULL.  Counts the hit. */
static __always_inline struct py_proc *event_target(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);

	if (!p)
		return NULL;
	if (p->state != PY_PROC_TRACED) {
		stat_inc(PHRUDE_STAT_LOST_EXEC);
		return NULL;
	}
	stat_inc(PHRUDE_STAT_HITS);
	return p;
}

/* A frame has been entered: probe is enum phrude_probe, `instr` as COOKIE_F_RESUME has it (0: in the frame). */
int event_frame(__u32 probe_flags, __u64 frame, __u64 code, __u64 instr);
/* Something is about to be called with a tuple of arguments and a dict of keywords (or 0). */
int event_call(__u32 probe_flags, __u64 callable, __u64 args, __u64 kwargs);

/* The lower bits of probe_flags are enum phrude_probe, the upper ones COOKIE_F_*. */
#define PROBE_MASK 0xff

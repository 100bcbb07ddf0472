/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one pipeline behind every probe kind: is the process traced, is the function watched, then
 * capture and send.  An entry program finds out what is called and passes it here.
 */
#pragma once

#include "frame.bpf.h"
#include "match.bpf.h"
#include "stack.bpf.h"

#define GROUP_ANY 0 /* the probe is on certain processes only */

/* The traced process that the current task belongs to, or NULL if it is none, or not of the probe's group. */
static __always_inline struct py_proc *event_process(__u32 group)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);

	if (!p || stopped || (group != GROUP_ANY && p->group != group))
		return NULL;
	if (p->state != PY_PROC_TRACED) {
		stat_inc(PHRUDE_STAT_LOST_EXEC);
		return NULL;
	}
	return p;
}

/* The same, where each firing of the probe is a hit: counts it. */
static __always_inline struct py_proc *event_target(__u32 group)
{
	struct py_proc *p = event_process(group);

	if (p)
		stat_inc(PHRUDE_STAT_HITS);
	return p;
}

/* Bytes of an event that arguments may use; what is left is for the call stack. */
#define ARGS_SPACE (40 * 1024)

/* Claims scratch for the current task's event, with a copy of its process's layout. */
static __always_inline __u32 event_open(void)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);
	struct scratch *s;
	__u32 slot;

	if (!p)
		return SCRATCH_NONE;
	slot = scratch_claim();
	s = scratch_get(slot);
	if (!s) {
		stat_inc(PHRUDE_STAT_LOST_SCRATCH);
		return SCRATCH_NONE;
	}
	__builtin_memcpy(&s->proc, p, sizeof(s->proc));
	s->len = sizeof(struct ev_match);
	s->limit = ARGS_SPACE;
	s->nodes = PHRUDE_NODES_MAX;
	s->cut = 0;
	s->depth = 0;
	s->pending = 0;
	s->frame = 0;
	s->request = 0;
	s->nr_roots = 0;
	s->flags_type = 0;
	return slot;
}

/* Parts of an event, in this order: the head, what describes the function, its arguments, then the call stack from
 * s->frame outwards, the request found in it, and off it goes. */
int event_head(__u32 slot, __u32 probe_callee, __u64 code, __u64 self);
int event_send(__u32 slot);
/* Positional arguments from a tuple, as SEC_POSARG items: all but its first `skip` items, at positions from `first` on. */
int capture_posargs(__u32 slot, __u64 tuple, __u32 skip, __u32 first);
/* Keyword arguments from a dict, as SEC_KWARG items. */
int capture_kwargs(__u32 slot, __u64 dict);

/* An array of objects: the positional ones, then those whose names are in the tuple kwnames (0: none). */
int capture_vector(__u32 slot, __u64 vector, __u64 nargs, __u64 kwnames);

/*
 * These put together all of an event but its call stack and request, and return its slot for event_finish(), or
 * SCRATCH_NONE.  The entry program calls that, as from in here it would need more than the 512 bytes of stack that
 * all functions have together.
 */

/* Is the function of this code object watched?  Leaves its hash in scratch. */
int match_code(__u32 slot, __u64 code);

/* A function has started to run in `frame`. */
__u32 event_frame(__u32 probe_flags, __u64 frame, __u64 code);
/* Something is about to be called with a tuple of arguments and a dict of keywords (or 0). */
__u32 event_call(__u32 probe_flags, __u64 callable, __u64 args, __u64 kwargs);

/* Sends the event in a slot, and gives the slot back. */
static __always_inline int event_finish(__u32 slot)
{
	if (slot != SCRATCH_NONE) {
		event_send(slot);
		scratch_release(slot);
	}
	return 0;
}

/* The lower bits of probe_flags are enum phrude_probe, the upper ones COOKIE_F_*. */
#define PROBE_MASK 0xff

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one pipeline behind every probe kind: is the process traced, is the function watched, then
 * capture and send.  An entry program finds out what is called and passes it here.
 */
#pragma once

#include "cost.bpf.h"
#include "frame.bpf.h"
#include "match.bpf.h"
#include "stack.bpf.h"

#define GROUP_ANY 0 /* the probe is on certain processes only */

/*
 * The traced process that the current task belongs to, or NULL if it is none, or not of the probe's
 * group.
 */
static __always_inline struct py_proc *event_process(__u32 group)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);

	if (!p || stopped || (group != GROUP_ANY && p->group != group))
		return NULL;
	if (p->state != PY_PROC_TRACED) {
		/* What a process calls before it is traced is not lost. */
		if (p->state != PY_PROC_ATTACHING)
			stat_inc(PHRUDE_STAT_LOST_EXEC);
		return NULL;
	}
	return p;
}

/* The same, where each firing of the probe is a hit: counts it. */
static __always_inline struct py_proc *event_target(__u32 group, enum phrude_probe probe)
{
	struct py_proc *p = event_process(group);

	if (p)
		hit_inc(probe);
	return p;
}

/* Bytes of an event that arguments may use; what is left is for the call stack. */
#define ARGS_SPACE (40 * 1024)

/*
 * Where a page is missing, an event is put together again from its beginning, once it has been
 * asked for: the thread stands in its probe, so that nothing of it changes meanwhile.  In the last
 * pass it goes off as it is.
 */
#define PASSES 5
#define LAST_PASS (PASSES - 1)

/* Where the number of the pass is in the probe_flags of event_frame() and event_call(). */
#define PASS_SHIFT 8
#define PASS_OF(probe_flags) ((probe_flags) >> PASS_SHIFT & 7)

enum verdict {
	VERDICT_NO,
	VERDICT_MATCH,
	VERDICT_UNREADABLE, /* it cannot be told */
};

/* Claims scratch for the current task's event, with a copy of its process's layout. */
static __always_inline __u32 event_open(__u32 pass)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);
	struct scratch *s;
	__u32 slot;

	if (!p)
		return SCRATCH_NONE;
	slot = scratch_claim(pid);
	s = scratch_get(slot);
	if (!s)
		return SCRATCH_NONE;
	__builtin_memcpy(&s->proc, p, sizeof(s->proc));
	s->len = sizeof(struct ev_match);
	s->limit = ARGS_SPACE;
	s->nodes = PHRUDE_NODES_MAX;
	s->cut = 0;
	s->depth = 0;
	s->pending = 0;
	s->object = 0;
	s->class_entries = 0;
	s->frame = 0;
	s->request = 0;
	s->holder = 0;
	s->holder_around = 0;
	s->into_held = 0;
	s->nr_roots = 0;
	s->nr_deep = 0;
	s->nr_between = 0;
	s->events++;
	s->flags_type = 0;
	s->no_request = 0;
	s->nr_items = 0;
	s->window_at = 0;
	s->window_len = 0;
	s->callee.state = CALLEE_OTHER;
	s->nr_missing = 0;
	s->tables_lost = 0;
	s->table_bytes = 0;
	s->watch = 0;
	s->began = cfg_costs && guarding ? bpf_ktime_get_ns() : 0;
	s->pass = pass;
	s->verdict = VERDICT_NO;
	s->again = 0;
	return slot;
}

/*
 * Parts of an event, in this order: the head, what describes the function, its arguments, then the
 * call stack from s->frame outwards, the request found in it, and off it goes.
 */
int event_head(__u32 slot, __u32 probe_callee, __u64 code, __u64 self);
int event_send(__u32 slot);
/*
 * In place of event_send() for what is not to be sent: asks for what is missing, or counts what
 * could not be told.
 */
int event_check(__u32 slot);
/* SEC_NAME, SEC_QUALNAME, SEC_FILE, SEC_FUNC of a code object; func: its PyFunctionObject, or 0. */
int describe_python(__u32 slot, __u64 code, __u64 func);
/*
 * Positional arguments from a tuple, as SEC_POSARG items: all but its first `skip` items, at
 * positions from `first` on.
 */
int capture_posargs(__u32 slot, __u64 tuple, __u32 skip, __u32 first);
/* Keyword arguments from a dict, as SEC_KWARG items. */
int capture_kwargs(__u32 slot, __u64 dict);

/* A section with the text of a str, if there is one. */
static __always_inline void section_str(struct scratch *s, __u32 slot, __u8 section, __u64 str,
					__u32 max)
{
	if (str && node_mark(s, section, 0))
		capture_str(slot, str, max);
}

/*
 * An array of objects: the positional ones, then those whose names are in the tuple kwnames (0:
 * none).
 */
int capture_vector(__u32 slot, __u64 vector, __u64 nargs, __u64 kwnames);

/*
 * These put together all of an event but its call stack and request, and return its slot for
 * event_finish(), or SCRATCH_NONE.  The entry program calls that, as from in here it would need
 * more than the 512 bytes of stack that all functions have together.
 */

/*
 * admit.bpf.c: may the current process send a match of that (PHRUDE_TARGET_WATCH)?  If not it is
 * counted.
 */
int admit(__u32 watch);
/* What it has sent from this slot is to its account. */
int charge(__u32 slot);
/* May it send so many bytes that are no match?  They are to its account then. */
int admit_bytes(__u32 bytes);

/* A match has been found: may it be put together?  It was asked before, in a later pass. */
static __always_inline bool event_admit(struct scratch *s)
{
	if (s->pass || admit(s->watch))
		return true;
	s->verdict = VERDICT_NO;
	s->nr_missing = 0;
	return false;
}

/* Is the function of this code object watched?  Leaves its hash and the verdict in scratch. */
int match_code(__u32 slot, __u64 code);

/* A function has started to run in `frame`. */
__u32 event_frame(__u32 probe_flags, __u64 frame, __u64 code);
/* Something is about to be called with a tuple of arguments and a dict of keywords (or 0). */
__u32 event_call(__u32 probe_flags, __u64 callable, __u64 args, __u64 kwargs);

/* Gives the slot back, and waits for what is missing.  0: it is over, else the next pass. */
static __always_inline __u32 event_close(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	__u32 again, pass;

	if (!s)
		return 0;
	again = s->again;
	pass = s->pass;
	if (cfg_costs && s->verdict == VERDICT_MATCH && !again)
		cost_match(slot);
	scratch_release(slot);
	if (!again)
		return 0;
	return fetch_wait(again - 1) && pass < LAST_PASS ? pass + 1 : LAST_PASS;
}

/* Sends the event in a slot, and gives the slot back. 0: it is over, else the next pass. */
static __always_inline __u32 event_finish(__u32 slot)
{
	if (slot == SCRATCH_NONE)
		return 0;
	event_send(slot);
	return event_close(slot);
}

/*
 * `put_together` is a call that returns the event's slot; `pass` in it is the number of the pass.
 * 64 bits: see digest_words().
 */
#define EVENT(put_together)                                    \
	do {                                                   \
		__u64 pass = 0;                                \
                                                               \
		for (__u64 i = 0; i < PASSES; i++) {           \
			pass = event_finish(put_together) & 7; \
			if (!pass)                             \
				break;                         \
		}                                              \
	} while (0)

/* The lower bits of probe_flags are enum phrude_probe, the upper ones COOKIE_F_*. */
#define PROBE_MASK 0xff

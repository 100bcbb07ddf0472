// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Stacks with more callers than are sent.
 *
 * Behind the innermost callers each frame is looked at, but none is sent: the last
 * PHRUDE_FRAMES_OUTER of them are kept in a ring, and sent as the outermost callers at the end.  Of
 * those that fall out of the ring their functions are sent, each once (SEC_BETWEEN), as conditions
 * are about all callers; recursion, which makes stacks deep, has few of them.
 */
#include "frame.bpf.h"
#include "request.bpf.h"

/* Frames in a chunk.  All chunks together are the deepest stack that is seen to its end. */
#define DEEP_AT_ONCE 128
/* Places in which a code object may stand. */
#define DEEP_PLACES 8

/* Where a code object stands in s->codes; -1 if it is none. */
__noinline int deep_code(__u32 slot, __u64 code)
{
	struct scratch *s = scratch_get(slot);
	__u32 first = (__u32)(code >> 4) * 0x9e3779b1U >> 24, at = first;
	const struct py_layout *l;
	struct deep_code *c;

	if (!s)
		return -1;
	for (__u32 i = 0; i < DEEP_PLACES; i++) {
		at = (first + i) & (DEEP_CODES - 1);
		c = &s->codes[at];
		if (c->event != s->events)
			goto met_first;
		if (c->code == code)
			return at;
	}
	/* Too many in one place: one that comes again is sent again. */
	at = first;
met_first:
	if (!read_code(s, code))
		return -1;
	l = &s->proc.layout;
	at &= DEEP_CODES - 1;
	c = &s->codes[at];
	c->code = code;
	c->names = HEAD64(s, l->code_varnames);
	c->firsttraceable = HEAD32(s, l->code_firsttraceable);
	c->sent = 0;
	c->event = s->events;
	return at;
}

/* The function of a frame that is not sent. */
__noinline int deep_send(__u32 slot, __u64 code)
{
	struct scratch *s = scratch_get(slot);
	int at = deep_code(slot, code);
	struct deep_code *c;

	if (!s || at < 0)
		return 0;
	c = &s->codes[at & (DEEP_CODES - 1)];
	if (c->sent)
		return 0;
	c->sent = 1;
	if (s->nr_between >= PHRUDE_BETWEEN_MAX ||
	    !node_fits(s, 2 * PHRUDE_NAME_MAX + PHRUDE_PATH_MAX)) {
		s->cut |= EV_CUT_STACK | EV_CUT_SPACE;
		return 0;
	}
	s->nr_between++;
	node_put(s, SEC_BETWEEN, 0, 0, 0);
	capture_str(slot, read_u64(s, code + s->proc.layout.code_name), PHRUDE_NAME_MAX);
	capture_str(slot, read_u64(s, code + s->proc.layout.code_filename), PHRUDE_PATH_MAX);
	return 1;
}

/* One frame into the ring; advances s->frame.  0 at the end of the stack. */
__noinline int deep_frame(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct frame_fields f;
	__u64 frame, left_out;
	__u32 n;
	int at;

	if (!s || !s->frame)
		return 0;
	frame = s->frame;
	if (read_frame(s, frame, &f)) {
		s->frame = 0;
		return 0;
	}
	s->frame = f.previous;
	if (f.owner >= s->proc.layout.owner_skip)
		return 1;
	at = deep_code(slot, f.code);
	if (at < 0 ||
	    is_unbegun(&s->proc.layout, &f, s->codes[at & (DEEP_CODES - 1)].firsttraceable))
		return 1;
	n = s->nr_deep++;
	left_out = s->last[n % PHRUDE_FRAMES_OUTER].code;
	s->last[n % PHRUDE_FRAMES_OUTER].frame = frame;
	s->last[n % PHRUDE_FRAMES_OUTER].code = f.code;
	if (n >= PHRUDE_FRAMES_OUTER)
		deep_send(slot, left_out);
	return 1;
}

__noinline int deep_walk(__u32 slot)
{
	for (__u32 i = 0; i < DEEP_AT_ONCE; i++) {
		if (!deep_frame(slot))
			return 0;
	}
	return 1;
}

__noinline int deep_outer(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct ev_match *m;
	__u32 n;

	if (!s)
		return 0;
	/* The walk has not come to an end. */
	if (s->frame)
		s->cut |= EV_CUT_STACK;
	s->outer = s->middle;
	n = s->nr_deep;
	if (n > PHRUDE_FRAMES_OUTER) {
		s->outer = s->last[s->nr_deep % PHRUDE_FRAMES_OUTER].frame;
		s->cut |= EV_CUT_MIDDLE;
		m = (void *)s->data;
		m->skipped = s->nr_deep - PHRUDE_FRAMES_OUTER;
		node_mark(s, SEC_GAP, 0);
		n = PHRUDE_FRAMES_OUTER;
	}
	s->frame = s->outer;
	return n;
}

/*
 * The next frame that is not sent as what request_frame() is to look at.  0: there is none, or no
 * need.
 */
__noinline int deep_look(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct frame_fields f;
	int at;

	if (!s || !request_wanted(s) || !s->frame || s->frame == s->outer)
		return 0;
	s->at_frame = s->frame;
	s->at_code = 0;
	if (read_frame(s, s->frame, &f))
		return 0;
	s->frame = f.previous;
	if (f.owner >= s->proc.layout.owner_skip)
		return 1;
	at = deep_code(slot, f.code);
	if (at < 0 ||
	    is_unbegun(&s->proc.layout, &f, s->codes[at & (DEEP_CODES - 1)].firsttraceable))
		return 1;
	s->at_code = f.code;
	s->at_names = s->codes[at & (DEEP_CODES - 1)].names;
	return 1;
}

__noinline int deep_requests(__u32 slot)
{
	for (__u32 i = 0; i < DEEP_AT_ONCE; i++) {
		if (!deep_look(slot))
			return 0;
		request_frame(slot);
	}
	return 1;
}

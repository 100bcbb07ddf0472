/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The call stack, read a page at a time: since 3.11 the frames of a thread stand in one piece, the
 * locals of each behind it.  A page costs little more than a word, and most of a stack lies in one
 * or two.
 */
#pragma once

#include "scratch.bpf.h"

#define FRAME_SZ 80 /* _PyInterpreterFrame up to owner */

/* The pages that a frame lies in into s->window; false if they cannot be read. */
int window_load(__u32 slot, __u64 frame);
/* Frames further apart than this are not of one piece: those of generators lie by themselves. */
#define WINDOW_NEAR (4 * PAGE_SZ)

/* A word of the call stack: a local. */
static __always_inline __u64 stack_u64(struct scratch *s, __u64 addr)
{
	__u64 at = addr - s->window_at;

	if (at < s->window_len && !(at & 7))
		return *(__u64 *)&s->window[at & (2 * PAGE_SZ - 8)];
	return read_u64(s, addr);
}

/*
 * The head of a _PyInterpreterFrame into s->head, from the window where it lies in it.  -1: it
 * cannot be read.
 */
static __always_inline int read_head(struct scratch *s, __u64 frame)
{
	__u64 at = frame - s->window_at;

	if (at + FRAME_SZ > s->window_len || at >= s->window_len || at & 7) {
		if ((s->window_at && at + WINDOW_NEAR >= 2 * WINDOW_NEAR) ||
		    !window_load(s->self, frame))
			return read_user(s, s->head, FRAME_SZ, frame);
		at = frame - s->window_at;
	}
	__builtin_memcpy(s->head, &s->window[at & (2 * PAGE_SZ - 8)], FRAME_SZ);
	return 0;
}

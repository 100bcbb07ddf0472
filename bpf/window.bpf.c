// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See window.bpf.h. */
#include "window.bpf.h"

__noinline int window_load(__u32 slot, __u64 frame)
{
	struct scratch *s = scratch_get(slot);
	__u64 first = frame & ~(PAGE_SZ - 1);
	bool both = (frame & (PAGE_SZ - 1)) > PAGE_SZ - FRAME_SZ;

	if (!s || frame & 7)
		return 0;
	/* What is not there is asked for by the read of the frame itself, in place of this one. */
	s->window_at = first;
	s->window_len = 0;
	if (both ? peek(s->window, 2 * PAGE_SZ, first) : peek(s->window, PAGE_SZ, first))
		return 0;
	s->window_len = both ? 2 * PAGE_SZ : PAGE_SZ;
	return 1;
}

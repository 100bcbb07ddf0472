/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Matches that user space need not judge again.
 *
 * What a rule's conditions say of a match follows from the function, its arguments, the callers'
 * names and files, and the request.  Where they keep a match from being reported and the request
 * was not asked for, user space puts the digest of what they went by into the map "dismissed", and
 * matches that have the same are not sent.
 *
 * Where it was only asked whether something of the request is in the arguments, and nothing was,
 * the same is done for the one program that was seen doing so: another one could teach what is
 * silent there.
 *
 * The digest is SipHash-1-3 with a key that is made anew at each start: nobody can choose arguments
 * so that one match passes for another.
 */
#pragma once

#include "scratch.bpf.h"

/* Begins with what tells one function from another besides the event's nodes. */
int digest_begin(__u32 slot);
/* Digests the nodes that have been added since: what is there so far. */
__u64 digest_event(__u32 slot);
/*
 * Of the nodes from `from` on by themselves: those of a caller's name and file, which are the same
 * in many stacks.
 */
__u64 digest_part(__u32 slot, __u32 from);
/* Digests what has been added up to `texts`, and for all that follows its digest_part(). */
int digest_frame(__u32 slot, __u32 texts, __u64 part);

static __always_inline bool is_dismissed(const struct scratch *s, __u64 digest)
{
	__u64 own = phrude_own_digest(digest, s->proc.program);

	return bpf_map_lookup_elem(&dismissed, &digest) || bpf_map_lookup_elem(&dismissed, &own);
}

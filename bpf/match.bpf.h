/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is a function watched?  First the prefilter, which costs one read, then the hashes of its name
 * and place.
 */
#pragma once

#include "scratch.bpf.h"

#define MATCH_NO 0
#define MATCH_YES 1
#define MATCH_CLASS 2 /* if its qualified name is */

static __always_inline bool prefilter_has(__u64 len, __u64 first8)
{
	__u32 bit;

	if (len < 8)
		first8 &= (1ULL << (8 * len)) - 1;
	bit = phrude_prefilter_bit(len, first8);
	return prefilter[bit / 64 & (PHRUDE_PREFILTER_BITS / 64 - 1)] >> (bit & 63) & 1;
}

/* May the str be a watched name?  Yes if it cannot be told: what follows looks again. */
static __always_inline bool prefilter_str(const struct py_layout *l, __u64 str)
{
	struct {
		struct str_head head;
		__u64 first8[2];
	} v;
	__u32 kind;

	/*
	 * An ASCII str's characters follow its head: one read, but for an object at the very end of
	 * its page.
	 */
	if (peek(&v, sizeof(v), str + STR_LENGTH))
		return true;
	kind = v.head.state >> 2 & 7;
	if (kind != 1 || (v.head.state >> 5 & 3) != 3) /* compact and ascii */
		return kind > 1 ? prefilter_non_ascii : true;
	return prefilter_has(v.head.length,
			     l->features & PY_F_STR_WSTR ? v.first8[1] : v.first8[0]);
}

/*
 * Hash of a str's characters from the first on, into s->name_hash; MATCH_NO if it cannot be a
 * watched name.
 */
int match_name_str(__u32 slot, __u64 str);
/* The same for a C string. */
int match_name_cstr(__u32 slot, __u64 addr);
/* Where a type's own name starts in its tp_name: behind the last dot. */
int type_name_start(__u32 slot, __u64 tp_name);
/* Is the audit event, a C string or a str, watched by its name or by what it begins with? */
int match_event_cstr(__u32 slot, __u64 addr);
int match_event_str(__u32 slot, __u64 str);
/*
 * Is (s->name_hash, a trailing path of the str `file`) watched?  MATCH_CLASS: ask match_qualname(),
 * if it can be asked.
 */
int match_file(__u32 slot, __u64 file);
int match_qualname(__u32 slot, __u64 qualname);
/*
 * Is (s->name_hash, module) watched?  The module is a str, or the part of a type's name before the
 * last dot.
 */
int match_module_str(__u32 slot, __u64 module);
int match_module_tpname(__u32 slot, __u64 tp_name);

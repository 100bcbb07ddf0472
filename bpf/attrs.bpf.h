/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where an instance keeps its attributes, in a dict or without one beside itself, and going through
 * them.
 */
#pragma once

#include "capture.bpf.h"

/* tp_flags: Py_TPFLAGS_INLINE_VALUES (3.13+), Py_TPFLAGS_MANAGED_DICT (Include/object.h) */
#define TPFLAGS_INLINE_VALUES (1ULL << 2)
#define TPFLAGS_MANAGED_DICT (1ULL << 4)

/* Entries of a table that are read at once; they fit into scratch.head. */
#define ENTRIES_AT_ONCE 8

/* Reads for a function that may call no other. */
static __always_inline int leaf_read(struct scratch *s, void *dst, __u32 size, __u64 addr)
{
	if (!peek(dst, size, addr))
		return 0;
	note_inline(s, addr, size);
	return -1;
}

/*
 * Key and value of entry `idx` of a table that is gone through from its first one on.  -1: there is
 * none.
 */
static __always_inline int walk_pair(struct scratch *s, const struct walk *w, __u32 idx,
				     __u64 pair[2])
{
	/* A hash stands before the key, if not all keys are str. */
	__u32 key = w->entry_sz == 24 ? 8 : 0;
	__u64 at = w->items + (__u64)idx * w->entry_sz;

	if (!(idx % ENTRIES_AT_ONCE))
		s->bulk = !peek(s->head, ENTRIES_AT_ONCE * 24, at);
	if (s->bulk) {
		at = (idx % ENTRIES_AT_ONCE) * w->entry_sz + key;
		pair[0] = *(__u64 *)&s->head[at & 0xf8];
		pair[1] = *(__u64 *)&s->head[(at + 8) & 0xf8];
	} else if (leaf_read(s, pair, 2 * sizeof(*pair), at + key)) {
		return -1;
	}
	return pair[0] ? 0 : -1;
}

/*
 * Where a managed dict or its values are (_PyObject_ManagedDictPointer() and its kin,
 * pycore_object.h).
 */
static __always_inline __u64 managed_dict(struct scratch *s, __u64 obj, __u64 type, __u64 flags,
					  __u64 *values)
{
	const struct py_layout *l = &s->proc.layout;
	__u64 dict = read_u64(s, obj - 24);

	*values = 0;
	if (l->features & PY_F_DICT_VALUES_HDR) {
		if (!dict && flags & TPFLAGS_INLINE_VALUES)
			*values = obj + read_u64(s, type + l->type_basicsize) + 8;
	} else if (l->features & PY_F_MANAGED_TAGGED) {
		if (dict & 1) {
			*values = dict + 1;
			dict = 0;
		}
	} else if (!dict) {
		*values = read_u64(s, obj - 32);
	}
	return dict;
}

/* Prepares `w` for the attributes of an instance; false if it has none that can be seen. */
static __always_inline bool walk_attrs(struct scratch *s, struct walk *w, __u64 obj)
{
	const struct py_layout *l = &s->proc.layout;
	__u64 type = read_u64(s, obj + OB_TYPE), flags = read_u64(s, type + l->type_flags);
	__u64 offset, dict = 0, values = 0;

	if (l->features & PY_F_MANAGED_DICT && flags & TPFLAGS_MANAGED_DICT) {
		dict = managed_dict(s, obj, type, flags, &values);
	} else {
		/*
		 * negative: counted from the end of an object of variable size, which none of those
		 * wanted is
		 */
		offset = read_u64(s, type + l->type_dictoffset);
		if (offset && offset < 0x10000)
			dict = read_u64(s, obj + offset);
	}
	if (!dict && !values)
		return false;
	if (dict)
		walk_dict(s, w, dict);
	else
		walk_keys(s, w, read_u64(s, type + l->type_cached_keys), values);
	return true;
}

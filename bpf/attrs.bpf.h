/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where an instance keeps its attributes: in a dict, or without one beside itself. */
#pragma once

#include "capture.bpf.h"

/* tp_flags: Py_TPFLAGS_INLINE_VALUES (3.13+), Py_TPFLAGS_MANAGED_DICT (Include/object.h) */
#define TPFLAGS_INLINE_VALUES (1ULL << 2)
#define TPFLAGS_MANAGED_DICT (1ULL << 4)

/* Where a managed dict or its values are (_PyObject_ManagedDictPointer() and its kin, pycore_object.h). */
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
		/* negative: counted from the end of an object of variable size, which none of those wanted is */
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

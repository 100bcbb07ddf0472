/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Capturing objects of the target into the event of a scratch slot.
 *
 * These are global functions with scalar arguments: the verifier checks each once, whoever calls
 * it, which keeps the whole within the limits of the oldest kernel supported.  They are not nested
 * deeper than they are because the verifier allows eight levels.
 */
#pragma once

#include "scratch.bpf.h"

/* tp_flags bits (Include/object.h): subclasses of the builtin types. */
#define TPFLAGS_LONG (1ULL << 24)
#define TPFLAGS_LIST (1ULL << 25)
#define TPFLAGS_TUPLE (1ULL << 26)
#define TPFLAGS_BYTES (1ULL << 27)
#define TPFLAGS_STR (1ULL << 28)
#define TPFLAGS_DICT (1ULL << 29)

/* Slots of a container's table looked at, empty ones included. */
#define STEPS_MAX 4096

/*
 * Prepares `w` for a table of keys and, if it is split, its values: PyDictKeysObject,
 * Objects/dictobject.c.
 */
static __always_inline void walk_keys(struct scratch *s, struct walk *w, __u64 keys, __u64 values)
{
	const struct py_layout *l = &s->proc.layout;
	__u64 n = read_u64(s, keys + l->keys_nentries);

	if (l->features & PY_F_DICT_LOG2) {
		__u8 log2_bytes = 0, kind = 0;

		read_user(s, &log2_bytes, 1, keys + l->keys_size);
		read_user(s, &kind, 1, keys + l->keys_kind);
		w->items = keys + l->keys_indices + (1ULL << (log2_bytes & 63));
		w->entry_sz = kind ? 16 : 24;
	} else {
		__u64 size = read_u64(s, keys + l->keys_size);
		__u32 width = size <= 0xff ? 1 : size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8;

		w->items = keys + l->keys_indices + size * width;
		w->entry_sz = 24;
	}
	w->values = values;
	w->idx = 0;
	w->count = n > STEPS_MAX ? STEPS_MAX + 1 : n;
	w->type = VAL_DICT;
	w->on_value = 0;
}

static __always_inline void walk_dict(struct scratch *s, struct walk *w, __u64 dict)
{
	const struct py_layout *l = &s->proc.layout;
	__u64 values = read_u64(s, dict + l->dict_values);

	if (values && l->features & PY_F_DICT_VALUES_HDR)
		values += 8;
	w->object = dict;
	walk_keys(s, w, read_u64(s, dict + l->dict_keys), values);
}

/*
 * A node (see NODE()) with `len` bytes at `addr` of the target's memory; VAL_UNREADABLE if they
 * cannot be read.
 */
int capture_bytes(__u32 slot, __u32 node, __u64 addr, __u32 len);
/* A str object as a VAL_STR node of at most `max` bytes. */
int capture_str(__u32 slot, __u64 str, __u32 max);
/* A C string as a VAL_UTF8 node of less than `max` bytes, at most PHRUDE_DOC_MAX. */
int capture_cstr(__u32 slot, __u64 addr, __u32 max);
/* Any object, with all that it contains. */
int capture_value(__u32 slot, __u64 obj);
/* The object in s->object, of a class that tp_flags say nothing of; class.bpf.c. */
int capture_other(__u32 slot);
/* Opens a container of that type (VAL_*): its node, and an entry on the stack. */
int container_open(__u32 slot, __u64 obj, __u32 type);
/*
 * One entry of a dict or set: 0 if there is none at `idx`, else 1, with key and value in
 * head[0..15].
 */
int dict_entry(__u32 slot, __u32 level, __u32 idx);
/* Prepares stack[level] for going through the dict `dict`. */
int dict_open(__u32 slot, __u32 level, __u64 dict);

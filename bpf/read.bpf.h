/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reading the target's memory.  Any address may be nonsense: a failed read is an ordinary outcome. */
#pragma once

#include "maps.bpf.h"

/*
 * Copies `size` bytes.  Where programs may sleep, a page that is not there yet is faulted in: after a fork, the
 * child has none of the interpreter's file-backed pages until it touches them.
 */
static __always_inline int read_user(void *dst, __u32 size, __u64 addr)
{
	if (!bpf_probe_read_user(dst, size, (const void *)addr))
		return 0;
	if (cfg_sleepable)
		return bpf_copy_from_user(dst, size, (const void *)addr);
	return -1;
}

static __always_inline __u64 read_u64(__u64 addr)
{
	__u64 v = 0;

	read_user(&v, sizeof(v), addr);
	return v;
}

static __always_inline __u32 read_u32(__u64 addr)
{
	__u32 v = 0;

	read_user(&v, sizeof(v), addr);
	return v;
}

/* Copies a C string; returns its length with the NUL, or negative. */
static __always_inline long read_user_str(void *dst, __u32 size, __u64 addr)
{
	long n = bpf_probe_read_user_str(dst, size, (const void *)addr);
	__u8 byte;

	if (n < 0 && cfg_sleepable && !bpf_copy_from_user(&byte, 1, (const void *)addr))
		n = bpf_probe_read_user_str(dst, size, (const void *)addr);
	return n;
}

/*
 * One condition on a value of which the verifier knows nothing: by comparing the words themselves it would learn them,
 * and follow the rest of a table once for each that it has passed.
 */
static __always_inline bool words_eq(const __u64 *a, const __u64 *b, __u32 n)
{
	__u64 diff = 0;

	for (__u32 i = 0; i < n; i++)
		diff |= a[i] ^ b[i];
	barrier_var(diff);
	return !diff;
}

/* A frame slot to an object: _PyStackRef (Include/internal/pycore_stackref.h) keeps a tag in bit 0, and NULL is 1. */
static __always_inline __u64 untag(const struct py_layout *l, __u64 ref)
{
	return l->features & PY_F_TAGGED_REFS ? ref & ~1ULL : ref;
}

#define OB_TYPE 8
#define OB_SIZE 16

/* The head of a str (PyASCIIObject, Include/cpython/unicodeobject.h). */
#define STR_LENGTH 16
#define STR_STATE 32

struct str_head {
	__u64 length; /* in characters */
	__u64 hash;
	__u32 state;
	__u32 pad;
};

struct str_info {
	__u64 length;
	__u64 data;
	__u32 kind; /* bytes a character: 1, 2, 4; 0: cannot be read (legacy, not ready) */
	bool ascii;
};

static __always_inline int read_str(const struct py_layout *l, __u64 str, struct str_info *out)
{
	struct str_head h;
	bool ascii;

	out->kind = 0;
	if (read_user(&h, sizeof(h), str + STR_LENGTH))
		return -1;
	out->kind = h.state >> 2 & 7;
	if (out->kind != 1 && out->kind != 2 && out->kind != 4) {
		out->kind = 0;
		return -1;
	}
	out->length = h.length;
	ascii = h.state >> 6 & 1;
	out->ascii = ascii;
	if (h.state >> 5 & 1)
		out->data = str + (ascii ? l->str_ascii_data : l->str_compact_data);
	else
		out->data = read_u64(str + l->str_compact_data);
	return 0;
}

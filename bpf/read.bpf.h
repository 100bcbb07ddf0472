/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading the target's memory.  Any address may be nonsense: a failed read is an ordinary outcome.
 *
 * No program ever faults a page in: one of a userfaultfd, or of a FUSE file system, may never come,
 * and whoever waits for it keeps every probe of the machine from being taken away.  A page that is
 * not there is asked of user space instead (hold.bpf.h).  Where nothing is held yet, at once; while
 * an event is put together, the address is noted, and once the event's buffer has been given back
 * the pages are asked for and the event is put together again.
 */
#pragma once

#include "hold.bpf.h"

/* Reads ahead, or what need not be there: nobody is asked for it. */
static __always_inline int peek(void *dst, __u32 size, __u64 addr)
{
	return bpf_probe_read_user(dst, size, (const void *)addr);
}

/*
 * Notes that `size` bytes at `addr` could not be read.  Addresses near 0 come of pointers that
 * could not be read either.
 */
static __always_inline void note_inline(struct scratch *s, __u64 addr, __u32 size)
{
	__u64 page = addr & ~(PAGE_SZ - 1);
	__u32 n = s->nr_missing;

	if (addr < 1 << 16 || n >= MISSING_MAX ||
	    (n && (s->missing[(n - 1) & (MISSING_MAX - 1)] ^ page) < PAGE_SZ))
		return;
	s->missing[n & (MISSING_MAX - 1)] =
		page | (((addr & (PAGE_SZ - 1)) + size - 1) / PAGE_SZ & (PAGE_SZ - 1));
	s->nr_missing = n + 1;
}

/* The same as a function of its own: there are many reads. */
int note_missing(__u32 slot, __u64 addr, __u32 size);

/*
 * Copies `size` bytes.  s: the event that they are for; NULL, as a constant: nothing is held yet.
 */
static __always_inline int read_user(struct scratch *s, void *dst, __u32 size, __u64 addr)
{
	if (!peek(dst, size, addr))
		return 0;
	if (s)
		note_missing(s->self, addr, size);
	else if (fetch(addr, size))
		return peek(dst, size, addr);
	return -1;
}

static __always_inline __u64 read_u64(struct scratch *s, __u64 addr)
{
	__u64 v = 0;

	read_user(s, &v, sizeof(v), addr);
	return v;
}

static __always_inline __u32 read_u32(struct scratch *s, __u64 addr)
{
	__u32 v = 0;

	read_user(s, &v, sizeof(v), addr);
	return v;
}

/* Copies a C string; returns its length with the NUL, or negative. */
static __always_inline long read_user_str(struct scratch *s, void *dst, __u32 size, __u64 addr)
{
	long n = bpf_probe_read_user_str(dst, size, (const void *)addr);

	if (n >= 0)
		return n;
	if (s)
		note_missing(s->self, addr, size);
	else if (fetch(addr, size))
		n = bpf_probe_read_user_str(dst, size, (const void *)addr);
	return n;
}

/*
 * One condition on a value of which the verifier knows nothing: by comparing the words themselves
 * it would learn them, and follow the rest of a table once for each that it has passed.
 */
static __always_inline bool words_eq(const volatile __u64 *a, const __u64 *b, __u32 n)
{
	__u64 diff = 0;

	for (__u32 i = 0; i < n; i++)
		diff |= a[i] ^ b[i];
	barrier_var(diff);
	return !diff;
}

/*
 * A frame slot to an object: _PyStackRef (Include/internal/pycore_stackref.h) keeps a tag in bit 0,
 * and NULL is 1.
 */
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

/* s: as for read_user() */
static __always_inline int read_str_of(struct scratch *s, const struct py_layout *l, __u64 str,
				       struct str_info *out)
{
	struct str_head h;
	bool ascii;

	out->kind = 0;
	if (read_user(s, &h, sizeof(h), str + STR_LENGTH))
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
		out->data = read_u64(s, str + l->str_compact_data);
	return 0;
}

static __always_inline int read_str(struct scratch *s, __u64 str, struct str_info *out)
{
	return read_str_of(s, &s->proc.layout, str, out);
}

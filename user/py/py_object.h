/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading Python objects of another process, a few at a time, while that process runs: everything
 * may be inconsistent or freed.  All functions return -EPROTO for what makes no sense, or what
 * remote_read() does.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "bpf/abi/pylayout.h"

struct py_reader {
	pid_t pid;
	const struct py_layout *layout;
};

/* Address of an object's type. */
int py_object_type(const struct py_reader *rd, uint64_t obj, uint64_t *type);
/*
 * Copies an ASCII str of less than `size` characters, NUL-terminated. -ENOENT: longer, or not
 * ASCII.
 */
int py_str_read(const struct py_reader *rd, uint64_t obj, char *buf, size_t size);
/*
 * Appends a str of any kind as UTF-8 (lone surrogates as three bytes); -ENOENT: longer than `max`
 * characters.
 */
int py_str_decode(const struct py_reader *rd, uint64_t obj, size_t max, struct buf *out);
/* Value of an int of up to 60 bits. -ERANGE if it is longer. */
int py_int_read(const struct py_reader *rd, uint64_t obj, int64_t *out);
/*
 * The value of a short ASCII str key in a dict of up to a few thousand entries. -ENOENT if it is
 * not there.
 */
int py_dict_get(const struct py_reader *rd, uint64_t dict, const char *key, uint64_t *value);
/*
 * Calls fn(ctx, key, value) for each entry of a dict (up to 65536), in no certain order, until it
 * returns other than 0. Returns what fn returned, 0 at the end, or -errno.
 */
typedef int (*py_entry_fn)(void *ctx, uint64_t key, uint64_t value);
int py_dict_each(const struct py_reader *rd, uint64_t dict, py_entry_fn fn, void *ctx);
/* The same, for one that reads each key, whatever it is: they are brought here many at a time. */
int py_dict_keys_each(const struct py_reader *rd, uint64_t dict, py_entry_fn fn, void *ctx);
/* The value of a key where keys and values stand apart: a PyDictKeysObject and an array. */
int py_split_get(const struct py_reader *rd, uint64_t keys, uint64_t values, const char *key,
		 uint64_t *value);
/* Copies up to `max` items of a tuple; *count is how many it has copied. */
int py_tuple_read(const struct py_reader *rd, uint64_t tuple, uint64_t *items, size_t max,
		  size_t *count);

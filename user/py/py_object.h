/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading Python objects of another process, a few at a time, while that process runs: everything may be
 * inconsistent or freed.  All functions return -EPROTO for what makes no sense, or what remote_read() does.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/abi/pylayout.h"

struct py_reader {
	pid_t pid;
	const struct py_layout *layout;
};

/* Address of an object's type. */
int py_object_type(const struct py_reader *rd, uint64_t obj, uint64_t *type);
/* Copies an ASCII str of less than `size` characters, NUL-terminated. -ENOENT: longer, or not ASCII. */
int py_str_read(const struct py_reader *rd, uint64_t obj, char *buf, size_t size);
/* Value of an int of up to 60 bits. -ERANGE if it is longer. */
int py_int_read(const struct py_reader *rd, uint64_t obj, int64_t *out);
/* The value of a short ASCII str key in a dict of up to a few thousand entries. -ENOENT if it is not there. */
int py_dict_get(const struct py_reader *rd, uint64_t dict, const char *key, uint64_t *value);

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Capturing objects of the target into the event of a scratch slot.
 *
 * These are global functions with scalar arguments: the verifier checks each once, whoever calls it, which keeps
 * the whole within the limits of the oldest kernel supported.
 */
#pragma once

#include "scratch.bpf.h"

/* A node (see NODE()) with `len` bytes at `addr` of the target's memory; VAL_UNREADABLE if they cannot be read. */
int capture_bytes(__u32 slot, __u32 node, __u64 addr, __u32 len);
/* A str object as a VAL_STR node of at most `max` bytes. */
int capture_str(__u32 slot, __u64 str, __u32 max);
/* A C string as a VAL_UTF8 node of less than `max` bytes, at most PHRUDE_DOC_MAX. */
int capture_cstr(__u32 slot, __u64 addr, __u32 max);
/* Any object, with all that it contains. */
int capture_value(__u32 slot, __u64 obj);
/* One entry of a dict or set: 0 if there is none at `idx`, else 1, with key and value in head[0..15]. */
int dict_entry(__u32 slot, __u32 level, __u32 idx);
/* Prepares stack[level] for going through the dict `dict`. */
int dict_open(__u32 slot, __u32 level, __u64 dict);

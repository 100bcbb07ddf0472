/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hash by which the kernel side preselects calls.  It runs over Unicode code points, so
 * that one name has one hash whichever storage form CPython chose for it.  A collision is harmless:
 * user space compares the full names of every match again.
 */
#pragma once

#include "types.h"

#define PHRUDE_HASH_SEED 0xcbf29ce484222325ULL
#define PHRUDE_HASH_PRIME 0x100000001b3ULL

/* FNV-1a, one code point at a time. */
static inline __attribute__((always_inline)) __u64 phrude_hash_step(__u64 h, __u32 ch)
{
	return (h ^ ch) * PHRUDE_HASH_PRIME;
}

/*
 * Function names are hashed from the first to the last character.  File and module names are hashed
 * from the last character to the first, so that all trailing path components of a file are hashed
 * in one pass: the value at each '/' (and at the start) is the hash of what follows it.
 * Qualified names are, too, with '.' in place of '/'.
 * A frozen module's name counts as its path: "<frozen a.b>" is hashed as "a/b.py".
 */

/* Bit of the 4096-bit prefilter for a function name: its length in characters and its first 8 bytes
 * (zero-padded, little endian).  Only for names in ASCII; others are always looked up. */
static inline __attribute__((always_inline)) __u32 phrude_prefilter_bit(__u64 len, __u64 first8)
{
	return (__u32)(((first8 ^ (len << 56) ^ len) * 0x9e3779b97f4a7c15ULL) >> 52);
}

#define PHRUDE_PREFILTER_BITS 4096

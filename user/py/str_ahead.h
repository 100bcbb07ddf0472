/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The beginnings of strings of a process, read many at a time: one by one, each would be a round
 * trip to a worker.  What is asked for may be no string at all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "py/remote.h"

/* Bytes of each: the head of an object, and as much of its text as most names have. */
#define STR_AHEAD_BYTES 128
#define STR_AHEAD_MAX REMOTE_MANY_MAX
/* A power of two, and more than twice as many. */
#define STR_AHEAD_SLOTS 1024

struct str_ahead {
	size_t count, nr_read;
	uint64_t addrs[STR_AHEAD_MAX];
	bool got[STR_AHEAD_MAX];
	uint16_t slots[STR_AHEAD_SLOTS]; /* a hash table of numbers from 1 on; 0: free */
	uint8_t bytes[STR_AHEAD_MAX][STR_AHEAD_BYTES];
};

void str_ahead_reset(struct str_ahead *a);
/* To be read; false: there is no more room. */
bool str_ahead_want(struct str_ahead *a, uint64_t str);
/*
 * Reads all that is wanted since the last time.  -ETIMEDOUT or -EAGAIN; what cannot be read
 * otherwise is not found.
 */
int str_ahead_read(struct str_ahead *a, pid_t pid);
/* The beginning of a string that was read, or NULL. */
const uint8_t *str_ahead_find(const struct str_ahead *a, uint64_t str);

/* SPDX-License-Identifier: GPL-2.0-only */
/* For remote.c: what a look has read already of a process's memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads as long as this one or longer are not worth keeping. */
#define REMOTE_CACHED_MAX 8192

/* As remote_read(), during a look. */
int remote_cache_read(pid_t pid, uint64_t addr, void *buf, size_t len);
/*
 * Has the pages of these addresses, as many as there is room for, unless they are not mapped, or
 * nothing answers.
 */
void remote_cache_ahead(pid_t pid, const uint64_t *addrs, size_t count);
/* Reads what is there now. */
int remote_read_uncached(pid_t pid, uint64_t addr, void *buf, size_t len);

struct remote_many {
	/* of one address after the other, in the worker's area: until its next call */
	const uint8_t *data;
	const bool *got;
};

/*
 * Reads `len` bytes from each of these addresses, from one at least.  0, or as remote_read() where
 * nothing was read.
 */
int remote_many_uncached(pid_t pid, const uint64_t *addrs, size_t count, size_t len,
			 struct remote_many *out);

/* SPDX-License-Identifier: GPL-2.0-only */
/* For remote.c: what a look has read already of a process's memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads as long as this one or longer are not worth keeping. */
#define REMOTE_CACHED_MAX 8192

/* As remote_read(), during a look. */
int remote_cache_read(pid_t pid, uint64_t addr, void *buf, size_t len);
/* Reads what is there now. */
int remote_read_uncached(pid_t pid, uint64_t addr, void *buf, size_t len);

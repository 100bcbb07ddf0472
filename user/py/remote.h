/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of another process.  A worker reads it (base/worker.h), as a page of it may never
 * arrive: -ETIMEDOUT.  During a look (base/look.h) what was read is kept, and not read again until
 * its end or look_afresh().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Copies exactly `len` bytes. -ESRCH: the process is gone; -EFAULT: not all of it is mapped;
 * -EPERM; -ETIMEDOUT.
 */
int remote_read(pid_t pid, uint64_t addr, void *buf, size_t len);
int remote_read_u64(pid_t pid, uint64_t addr, uint64_t *out);
int remote_read_u32(pid_t pid, uint64_t addr, uint32_t *out);

/* So many places at once, if they are no more than WORKER_DATA bytes (base/worker.h). */
#define REMOTE_MANY_MAX 500
/*
 * Copies `len` bytes from each of `count` addresses to `out`, one after the other; got[i]: they
 * could be read.  Nothing of it is kept for the look.  0, or as remote_read() where nothing was
 * read.
 */
int remote_read_many(pid_t pid, const uint64_t *addrs, size_t count, size_t len, uint8_t *out,
		     bool *got);
/*
 * All of this is about to be read, a little at each address: during a look the pages are brought
 * here many at a time.  Where that fails, the reads will say so.
 */
void remote_ahead(pid_t pid, const uint64_t *addrs, size_t count);

/*
 * Has the page of `addr` brought into the process's own page table; by a worker, or by itself if it
 * is called in one.
 */
int remote_fetch(pid_t pid, uint64_t addr);

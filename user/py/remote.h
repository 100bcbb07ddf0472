/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of another process.  A worker reads it (base/worker.h), as a page of it may never arrive: -ETIMEDOUT.  During a
 * look (base/look.h) what was read is kept, and not read again until its end or look_afresh().
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Copies exactly `len` bytes. -ESRCH: the process is gone; -EFAULT: not all of it is mapped; -EPERM; -ETIMEDOUT. */
int remote_read(pid_t pid, uint64_t addr, void *buf, size_t len);
int remote_read_u64(pid_t pid, uint64_t addr, uint64_t *out);
int remote_read_u32(pid_t pid, uint64_t addr, uint32_t *out);

/* Has the page of `addr` brought into the process's own page table; by a worker, or by itself if it is called in one. */
int remote_fetch(pid_t pid, uint64_t addr);

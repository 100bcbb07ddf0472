/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of another process. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Copies exactly `len` bytes. -ESRCH: the process is gone; -EFAULT: not all of it is mapped; -EPERM. */
int remote_read(pid_t pid, uint64_t addr, void *buf, size_t len);
int remote_read_u64(pid_t pid, uint64_t addr, uint64_t *out);
int remote_read_u32(pid_t pid, uint64_t addr, uint32_t *out);

/* Writes exactly `len` bytes.  Arming is the only caller (py_arm.c), and nothing else may be. */
int remote_write(pid_t pid, uint64_t addr, const void *buf, size_t len);

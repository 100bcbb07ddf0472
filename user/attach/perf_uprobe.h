/* SPDX-License-Identifier: GPL-2.0-only */
/* One uprobe of one process, through perf_event_open(2). */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Opens a uprobe on `offset` of the file that `file_fd` is open on (O_PATH will do), hit by all threads of process `pid`, but not by what it forks;
 * pid -1: by all processes.
 * at_return: when the function that begins there returns.  semaphore: file offset of a USDT semaphore to raise meanwhile, or 0.  Returns a file descriptor or -errno.
 */
int perf_uprobe_open(int file_fd, uint64_t offset, uint64_t semaphore, bool at_return, pid_t pid,
		     struct err *err);

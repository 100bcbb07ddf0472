/* SPDX-License-Identifier: GPL-2.0-only */
/* One uprobe, through perf_event_open(2): what there is before Linux 6.6. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Opens a uprobe on `offset` of a file, hit by all threads of process `pid`, but not by what it
 * forks; pid -1: by all processes.  at_return: when the function that begins there returns.
 * semaphore: file offset of a USDT semaphore to raise meanwhile, or 0.  Returns a file descriptor
 * or -errno.
 */
int uprobe_perf_open(const char *path, uint64_t offset, uint64_t semaphore, bool at_return,
		     pid_t pid);

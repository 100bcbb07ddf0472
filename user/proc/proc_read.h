/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of user/proc/ and by those that read another file of /proc/PID. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/reader.h"

/*
 * Reads /proc/PID/NAME whole into a malloc'ed, NUL-terminated string.  A file longer than `max`
 * bytes is -EFBIG, a process that is gone -ESRCH.
 */
int proc_read_file(pid_t pid, const char *name, size_t max, char **out, size_t *len);
/*
 * The same for a file that the kernel makes from the process's memory (cmdline, environ): a worker
 * reads it. -ETIMEDOUT.
 */
int proc_read_memory(pid_t pid, const char *name, size_t max, char **out, size_t *len);
/* The same, but a longer file is cut there, and *cut says so. */
int proc_read_head(pid_t pid, const char *name, size_t max, char **out, size_t *len, bool *cut);
/*
 * Such a file, or one that waits for the lock of the process's mappings (maps), piece by piece: see
 * reader_each().
 */
int proc_read_each(pid_t pid, const char *name, reader_fn fn, void *ctx);
/* Reads the link /proc/PID/NAME, malloc'ed. -ENOENT: the process exists and has no such link. */
int proc_read_link(pid_t pid, const char *name, char **out);

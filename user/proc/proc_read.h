/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of user/proc/ and by those that read another file of /proc/PID. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/reader.h"

/*
 * Reads /proc/PID/NAME whole into a malloc'ed, NUL-terminated string.  A file longer than `max` is cut.
 * A process that is gone is -ESRCH.
 */
int proc_read_file(pid_t pid, const char *name, size_t max, char **out, size_t *len);
/*
 * The same for a file that the kernel makes from the process's memory (cmdline, environ), or that waits for the lock of its
 * mappings (maps): a worker reads it. -ETIMEDOUT.
 */
int proc_read_memory(pid_t pid, const char *name, size_t max, char **out, size_t *len);
/* Such a file piece by piece, see reader_each(). */
int proc_read_each(pid_t pid, const char *name, reader_fn fn, void *ctx);
/* Reads the link /proc/PID/NAME, malloc'ed. -ENOENT: the process exists and has no such link. */
int proc_read_link(pid_t pid, const char *name, char **out);

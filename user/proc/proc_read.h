/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of user/proc/ and by those that read another file of /proc/PID. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/*
 * Reads /proc/PID/NAME whole into a malloc'ed, NUL-terminated string.  A file longer than `max` is cut.
 * A process that is gone is -ESRCH.
 */
int proc_read_file(pid_t pid, const char *name, size_t max, char **out, size_t *len);
/* Reads the link /proc/PID/NAME, malloc'ed. -ENOENT: the process exists and has no such link. */
int proc_read_link(pid_t pid, const char *name, char **out);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening, as root, a file to append to whose path others may have a hand in. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

/*
 * Opens `path` for appending; a file that is not there is made, mode 0600.  Returns a descriptor,
 * or -errno with a sentence without the path.  Never truncated and never followed into somebody
 * else's hands:
 *   - every directory on the way, and every link among them, is root's or one's own, and others
 *     cannot write it (unless it is sticky, as /tmp is);
 *   - the file is a regular one of root's or one's own with one name, which nobody else can write;
 *     or such a FIFO, whose descriptor is non-blocking then; or a device.
 * /dev/stdout, /dev/stderr, /dev/fd/N and /proc/self/fd/N are a copy of that descriptor, which is a
 * matter of the caller's.
 */
int out_file_open(const char *path, struct err *err);
/*
 * Walks to the folder of `path`, with the same checks on the way: its O_PATH descriptor, and the
 * name within it in `name`, which need not be there.  Or -errno with a sentence.
 */
int out_file_folder(const char *path, char name[NAME_MAX + 1], struct err *err);
/* Would it be opened, going by what it is?  0, or -errno with a sentence without its name. */
int out_file_check(const struct stat *st, struct err *err);
/* Is it anything but such a copy? */
bool out_file_has_name(const char *path);
/* Has the last line of the file no end? */
bool out_file_ends_within_a_line(int fd);

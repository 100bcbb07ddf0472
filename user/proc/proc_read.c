// SPDX-License-Identifier: GPL-2.0-only
#include "proc/proc_read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/util.h"

static int open_proc(pid_t pid, const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOENT ? -ESRCH : -errno;
}

int proc_read_file(pid_t pid, const char *name, size_t max, char **out, size_t *len)
{
	_cleanup_close_ int fd = open_proc(pid, name);
	_cleanup_free_ char *text = NULL;
	size_t used = 0, cap = 0;

	if (fd < 0)
		return fd;
	for (;;) {
		ssize_t n;

		if (cap - used < 2) {
			char *more;

			cap = cap ? cap * 2 : 4096;
			more = realloc(text, cap);
			if (!more)
				return -ENOMEM;
			text = more;
		}
		n = read(fd, text + used, MIN(cap - used - 1, max - used));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	text[used] = '\0';
	*out = TAKE_PTR(text);
	*len = used;
	return 0;
}

int proc_read_link(pid_t pid, const char *name, char **out)
{
	char path[64 + NAME_MAX], target[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0) {
		int code = -errno;

		snprintf(path, sizeof(path), "/proc/%d", pid);
		return code == -ENOENT && access(path, F_OK) ? -ESRCH : code;
	}
	target[n] = '\0';
	*out = strdup(target);
	return *out ? 0 : -ENOMEM;
}

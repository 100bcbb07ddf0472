// SPDX-License-Identifier: GPL-2.0-only
#include "proc/proc_read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
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
		n = read(fd, text + used, cap - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > max)
			return -EFBIG;
	}
	text[used] = '\0';
	*out = TAKE_PTR(text);
	*len = used;
	return 0;
}

struct whole {
	struct buf text;
	size_t max;
};

/* reader_fn */
static int add_piece(void *ctx, const char *piece, size_t len)
{
	struct whole *w = ctx;
	size_t n = MIN(len, w->max - w->text.len);

	buf_add(&w->text, piece, n);
	return w->text.failed ? -ENOMEM : n < len;
}

int proc_read_each(pid_t pid, const char *name, reader_fn fn, void *ctx)
{
	char path[PATH_MAX];
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	ret = reader_each(path, fn, ctx);
	return ret == -ENOENT ? -ESRCH : ret;
}

int proc_read_head(pid_t pid, const char *name, size_t max, char **out, size_t *len, bool *cut)
{
	struct whole w = { .max = max };
	int ret = proc_read_each(pid, name, add_piece, &w);

	if (ret >= 0 && !w.text.data)
		buf_adds(&w.text, "");
	if (ret >= 0 && w.text.failed)
		ret = -ENOMEM;
	if (ret < 0) {
		buf_fini(&w.text);
		return ret;
	}
	*cut = ret > 0;
	*out = w.text.data;
	*len = w.text.len;
	return 0;
}

int proc_read_memory(pid_t pid, const char *name, size_t max, char **out, size_t *len)
{
	bool cut;
	int ret = proc_read_head(pid, name, max, out, len, &cut);

	if (ret || !cut)
		return ret;
	free(*out);
	*out = NULL;
	return -EFBIG;
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

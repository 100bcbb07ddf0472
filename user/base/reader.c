// SPDX-License-Identifier: GPL-2.0-only
#include "base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "base/worker.h"

/* What stands in the area, before and after a call. */
struct path_call {
	char path[PATH_MAX + 64];
	bool open;
	struct stat st;
};

struct pread_call {
	uint64_t offset;
	uint64_t len;
	int64_t got;
	uint8_t data[WORKER_DATA];
};

struct next_call {
	bool first, last; /* to open it; to close it */
	char path[PATH_MAX + 64];
	int64_t got;
	char data[WORKER_DATA / 2];
};

static int do_path(struct worker_call *call)
{
	struct path_call *c = call->area;

	if (!c->open)
		return stat(c->path, &c->st) ? -errno : 0;
	call->fd_out = open(c->path, O_PATH | O_CLOEXEC);
	if (call->fd_out < 0)
		return -errno;
	return fstat(call->fd_out, &c->st) ? -errno : 0;
}

static int run_path(const char *path, struct stat *out, int *fd)
{
	struct path_call *c;
	int ret;

	if (strlen(path) >= sizeof(c->path))
		return -ENAMETOOLONG;
	c = worker_area();
	if (!c)
		return -EAGAIN;
	strcpy(c->path, path);
	c->open = fd != NULL;
	ret = worker_run(do_path, worker_patience(), -1, fd);
	if (!ret && out)
		*out = c->st;
	return ret;
}

int reader_stat(const char *path, struct stat *out)
{
	return run_path(path, out, NULL);
}

int reader_open(const char *path, struct stat *out)
{
	int fd, ret = run_path(path, out, &fd);

	if (!ret)
		return fd;
	if (fd >= 0)
		close(fd);
	return ret;
}

static int do_pread(struct worker_call *call)
{
	struct pread_call *c = call->area;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", call->fd_in);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	do {
		c->got = pread(fd, c->data, c->len, (off_t)c->offset);
	} while (c->got < 0 && errno == EINTR);
	if (c->got < 0)
		c->got = -errno;
	close(fd);
	return 0;
}

static bool is_zero(const uint8_t *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

int64_t reader_pread_sparse(int fd, uint64_t offset, void *buf, size_t len, bool *zeros)
{
	struct pread_call *c = worker_area();
	int ret;

	*zeros = false;
	if (!c)
		return -EAGAIN;
	c->offset = offset;
	c->len = MIN(len, sizeof(c->data));
	ret = worker_run(do_pread, worker_patience(), fd, NULL);
	if (ret)
		return ret;
	if (c->got <= 0)
		return c->got;
	*zeros = is_zero(c->data, MIN((size_t)c->got, len));
	if (!*zeros)
		memcpy(buf, c->data, MIN((size_t)c->got, len));
	return c->got;
}

/*
 * The worker keeps the file open from one piece to the next: what /proc says changes when it is
 * asked anew.
 */
static int do_next(struct worker_call *call)
{
	static int fd = -1;
	struct next_call *c = call->area;

	if (c->first || c->last) {
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	if (c->last)
		return 0;
	if (c->first)
		fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return c->first ? -errno : -EIO;
	do {
		c->got = read(fd, c->data, sizeof(c->data));
	} while (c->got < 0 && errno == EINTR);
	return c->got < 0 ? -errno : 0;
}

static int next_piece(struct next_call **c)
{
	*c = worker_area();
	if (!*c)
		return -EAGAIN;
	(*c)->first = (*c)->last = false;
	return worker_run(do_next, worker_patience(), -1, NULL);
}

int reader_each(const char *path, reader_fn fn, void *ctx)
{
	struct next_call *c = worker_area();
	int ret;

	if (!c)
		return -EAGAIN;
	if (strlen(path) >= sizeof(c->path))
		return -ENAMETOOLONG;
	strcpy(c->path, path);
	c->first = true;
	c->last = false;
	ret = worker_run(do_next, worker_patience(), -1, NULL);
	while (!ret && c->got > 0) {
		ret = fn(ctx, c->data, (size_t)c->got);
		if (!ret)
			ret = next_piece(&c);
	}
	if (ret != -ETIMEDOUT && ret != -EAGAIN && (c = worker_area())) {
		c->last = true;
		worker_run(do_next, worker_patience(), -1, NULL);
	}
	return ret;
}

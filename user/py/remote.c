// SPDX-License-Identifier: GPL-2.0-only
#include "py/remote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/look.h"
#include "base/util.h"
#include "base/worker.h"
#include "py/remote_cache.h"

#define PAGE 4096u

struct read_call {
	pid_t pid;
	uint64_t addr, len;
	uint8_t data[WORKER_DATA];
};

static int read_now(pid_t pid, uint64_t addr, void *buf, size_t len)
{
	struct iovec local = { .iov_base = buf, .iov_len = len };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)addr, .iov_len = len };
	ssize_t n;

	do {
		n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EINVAL ? -EFAULT
				       : -errno; /* EINVAL: an address beyond all memory */
	return (size_t)n == len ? 0 : -EFAULT;
}

static int do_read(struct worker_call *call)
{
	struct read_call *c = call->area;

	return read_now(c->pid, c->addr, c->data, c->len);
}

int remote_read_uncached(pid_t pid, uint64_t addr, void *buf, size_t len)
{
	if (worker_is_one())
		return read_now(pid, addr, buf, len);
	while (len) {
		struct read_call *c = worker_area();
		size_t n = MIN(len, sizeof(c->data));
		int ret;

		if (!c)
			return -EAGAIN;
		c->pid = pid;
		c->addr = addr;
		c->len = n;
		ret = worker_run(do_read, worker_patience(), -1, NULL);
		if (ret)
			return ret;
		memcpy(buf, c->data, n);
		buf = (uint8_t *)buf + n;
		addr += n;
		len -= n;
	}
	return 0;
}

struct many_call {
	pid_t pid;
	size_t count, len;
	uint64_t addrs[REMOTE_MANY_MAX];
	bool got[REMOTE_MANY_MAX];
	uint8_t data[WORKER_DATA];
};

_Static_assert(sizeof(struct read_call) <= WORKER_AREA, "a worker has room for it");
_Static_assert(sizeof(struct many_call) <= WORKER_AREA, "a worker has room for them");

/* Of so many, as many as can be read up to the first that cannot; -errno: none. */
static ssize_t read_some(struct many_call *c, size_t first, size_t count)
{
	struct iovec remote[REMOTE_MANY_MAX];
	struct iovec local = { .iov_base = c->data + first * c->len, .iov_len = count * c->len };
	ssize_t n;

	for (size_t i = 0; i < count; i++)
		remote[i] = (struct iovec){ (void *)(uintptr_t)c->addrs[first + i], c->len };
	do {
		n = process_vm_readv(c->pid, &local, 1, remote, count, 0);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n / (ssize_t)c->len;
}

/*
 * Where one could not be read, so many are tried next: all the others would be handed to the kernel
 * again each time.
 */
#define TRY_AFTER_FAULT 8

static int do_read_many(struct worker_call *call)
{
	struct many_call *c = call->area;
	uint64_t absent = UINT64_MAX; /* a page */
	size_t tried = c->count;

	memset(c->got, 0, sizeof(c->got));
	for (size_t i = 0; i < c->count;) {
		size_t count = MIN(tried, c->count - i);
		ssize_t n = c->addrs[i] / PAGE == absent ? 0 : read_some(c, i, count);

		if (n < 0 && n != -EFAULT && n != -EINVAL)
			return (int)n;
		n = MAX(n, 0);
		memset(c->got + i, true, (size_t)n);
		i += (size_t)n;
		tried = (size_t)n == count ? 2 * tried : TRY_AFTER_FAULT;
		if ((size_t)n < count)
			absent = c->addrs[i++] / PAGE;
	}
	return 0;
}

int remote_many_uncached(pid_t pid, const uint64_t *addrs, size_t count, size_t len,
			 struct remote_many *out)
{
	struct many_call *c;
	int ret;

	if (!count || count > REMOTE_MANY_MAX || !len || len > WORKER_DATA / count ||
	    worker_is_one())
		return -EINVAL;
	c = worker_area();
	if (!c)
		return -EAGAIN;
	c->pid = pid;
	c->count = count;
	c->len = len;
	memcpy(c->addrs, addrs, count * sizeof(*addrs));
	ret = worker_run(do_read_many, worker_patience(), -1, NULL);
	if (!ret)
		*out = (struct remote_many){ c->data, c->got };
	return ret;
}

int remote_read_many(pid_t pid, const uint64_t *addrs, size_t count, size_t len, uint8_t *out,
		     bool *got)
{
	struct remote_many many;
	int ret = 0;

	if (!count)
		return 0;
	if (count > REMOTE_MANY_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count && !ret; i++)
		ret = look_read(addrs[i]);
	if (!ret)
		ret = remote_many_uncached(pid, addrs, count, len, &many);
	if (ret)
		return ret;
	memcpy(out, many.data, count * len);
	memcpy(got, many.got, count * sizeof(*got));
	return 0;
}

void remote_ahead(pid_t pid, const uint64_t *addrs, size_t count)
{
	if (look_current() && count && !look_read(addrs[0]))
		remote_cache_ahead(pid, addrs, count);
}

int remote_read(pid_t pid, uint64_t addr, void *buf, size_t len)
{
	int ret;

	if (len == 0)
		return 0;
	ret = look_read(addr);
	if (ret)
		return ret;
	if (look_current() && len < REMOTE_CACHED_MAX && addr + len > addr)
		return remote_cache_read(pid, addr, buf, len);
	return remote_read_uncached(pid, addr, buf, len);
}

int remote_read_u64(pid_t pid, uint64_t addr, uint64_t *out)
{
	return remote_read(pid, addr, out, sizeof(*out));
}

int remote_read_u32(pid_t pid, uint64_t addr, uint32_t *out)
{
	return remote_read(pid, addr, out, sizeof(*out));
}

int remote_fetch(pid_t pid, uint64_t addr)
{
	uint8_t byte;

	return remote_read_uncached(pid, addr, &byte, 1);
}

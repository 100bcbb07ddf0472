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

struct read_call {
	pid_t pid;
	uint64_t addr, len;
	uint8_t data[WORKER_AREA - 3 * sizeof(uint64_t)];
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

#define EACH_MAX 1024 /* IOV_MAX, the most that the kernel takes */

struct each_call {
	pid_t pid;
	size_t count, size;
	uint64_t addrs[EACH_MAX];
	bool whole[EACH_MAX];
	uint8_t data[WORKER_AREA - EACH_MAX * (sizeof(uint64_t) + sizeof(bool)) -
		     3 * sizeof(uint64_t)];
};
_Static_assert(sizeof(struct each_call) <= WORKER_AREA, "a call fits into a worker's area");

/* The kernel ends at the first of them that is not there: the rest is asked for anew. */
static int do_read_each(struct worker_call *call)
{
	struct each_call *c = call->area;
	size_t done = 0;

	while (done < c->count) {
		struct iovec local = { c->data + done * c->size, (c->count - done) * c->size };
		struct iovec remote[EACH_MAX];
		ssize_t n;

		for (size_t i = done; i < c->count; i++)
			remote[i - done] =
				(struct iovec){ (void *)(uintptr_t)c->addrs[i], c->size };
		do {
			n = process_vm_readv(c->pid, &local, 1, remote, c->count - done, 0);
		} while (n < 0 && errno == EINTR);
		for (size_t left = n < 0 ? 0 : (size_t)n; left >= c->size; left -= c->size)
			c->whole[done++] = true;
		if (done < c->count)
			c->whole[done++] = false;
	}
	return 0;
}

int remote_read_each(pid_t pid, const uint64_t *addrs, size_t count, size_t size, void *out,
		     bool *whole)
{
	for (size_t done = 0; done < count;) {
		struct each_call *c = worker_area();
		int ret = c ? look_read(addrs[done]) : -EAGAIN;

		if (ret)
			return ret;
		c->pid = pid;
		c->size = size;
		c->count = MIN(MIN(count - done, EACH_MAX), sizeof(c->data) / size);
		memcpy(c->addrs, addrs + done, c->count * sizeof(*addrs));
		ret = worker_run(do_read_each, worker_patience(), -1, NULL);
		if (ret)
			return ret;
		memcpy((uint8_t *)out + done * size, c->data, c->count * size);
		memcpy(whole + done, c->whole, c->count * sizeof(*whole));
		done += c->count;
	}
	return 0;
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

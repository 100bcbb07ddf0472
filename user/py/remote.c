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

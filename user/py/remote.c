// SPDX-License-Identifier: GPL-2.0-only
#include "py/remote.h"

#include <errno.h>
#include <sys/uio.h>

int remote_read(pid_t pid, uint64_t addr, void *buf, size_t len)
{
	struct iovec local = { .iov_base = buf, .iov_len = len };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)addr, .iov_len = len };
	ssize_t n;

	if (len == 0)
		return 0;
	do {
		n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EINVAL ? -EFAULT
				       : -errno; /* EINVAL: an address beyond all memory */
	return (size_t)n == len ? 0 : -EFAULT;
}

int remote_read_u64(pid_t pid, uint64_t addr, uint64_t *out)
{
	return remote_read(pid, addr, out, sizeof(*out));
}

int remote_read_u32(pid_t pid, uint64_t addr, uint32_t *out)
{
	return remote_read(pid, addr, out, sizeof(*out));
}

int remote_write(pid_t pid, uint64_t addr, const void *buf, size_t len)
{
	struct iovec local = { .iov_base = (void *)(uintptr_t)buf, .iov_len = len };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)addr, .iov_len = len };
	ssize_t n;

	do {
		n = process_vm_writev(pid, &local, 1, &remote, 1, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EINVAL ? -EFAULT : -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}

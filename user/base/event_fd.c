// SPDX-License-Identifier: GPL-2.0-only
#include "base/event_fd.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int event_fd_open(struct err *err)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? err_set(err, -errno, "cannot make an eventfd: %s", strerror(errno)) : fd;
}

void event_fd_tell(int fd)
{
	static const uint64_t one = 1;

	/* It fails only where it is readable already. */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}

void event_fd_take(int fd)
{
	uint64_t times;

	/* It fails only where it is not readable. */
	if (read(fd, &times, sizeof(times)) < 0)
		return;
}

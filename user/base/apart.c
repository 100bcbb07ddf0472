// SPDX-License-Identifier: GPL-2.0-only
#include "base/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>

int file_apart(int fd)
{
	int apart = open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (apart < 0)
		apart = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return apart < 0 ? -errno : apart;
}

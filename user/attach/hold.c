// SPDX-License-Identifier: GPL-2.0-only
#include "attach/hold.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "attach/perf_uprobe.h"
#include "base/cleanup.h"

int hold_set(struct kern *kern, pid_t pid, int exe_fd, uint64_t offset, struct hold **out,
	     struct err *err)
{
	_cleanup_close_ int fd = -1;
	struct bpf_link *link;

	fd = perf_uprobe_open(exe_fd, offset, 0, false, pid, err);
	if (fd < 0)
		return fd;
	link = bpf_program__attach_perf_event(kern_launch_program(kern), fd);
	if (!link)
		return err_set(err, -errno, "cannot attach to the entry point of pid %d: %s", pid,
			       strerror(errno));
	TAKE_FD(fd); /* now the link's */
	*out = (struct hold *)link;
	return 0;
}

void hold_free(struct kern *kern, struct hold *hold)
{
	kern_release(kern, (struct bpf_link *)hold);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "attach/uprobe_perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * Bits of attr.config, see kernel/events/core.c (perf_uprobe): the semaphore's offset is the upper
 * half.
 */
#define UPROBE_REF_CTR_SHIFT 32
#define UPROBE_AT_RETURN 1

static int perf_uprobe_type(void)
{
	_cleanup_fclose_ FILE *f = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int type;

	if (!f)
		return -errno;
	return fscanf(f, "%d", &type) == 1 ? type : -EINVAL;
}

/* One that is online: the first that this process may run on. */
static int first_cpu(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &set))
			return cpu;
	}
	return 0;
}

int uprobe_perf_open(const char *path, uint64_t offset, uint64_t semaphore, bool at_return,
		     pid_t pid)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.uprobe_path = (uint64_t)(uintptr_t)path,
		.probe_offset = offset,
		.config = semaphore << UPROBE_REF_CTR_SHIFT | (at_return ? UPROBE_AT_RETURN : 0),
		/*
		 * Never .inherit: at a fork the kernel would open the child's event anew, read
		 * uprobe_path in the target's memory, and fail the target's fork with EFAULT
		 * (perf_uprobe_init()).
		 */
	};
	int fd, type = perf_uprobe_type();

	if (type < 0)
		return type;
	if (semaphore >> 32) /* the field ends there */
		return -EOVERFLOW;
	attr.type = type;
	/*
	 * Without a process it must have a processor; the BPF program runs whichever a hit is on
	 * (uprobe_perf_func()).
	 */
	fd = syscall(SYS_perf_event_open, &attr, pid, pid < 0 ? first_cpu() : -1, -1,
		     PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "attach/perf_uprobe.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

/* Bits of attr.config, see kernel/events/core.c (perf_uprobe): the semaphore's offset is the upper half. */
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

/* What the file is called, for messages. */
static const char *file_name(int fd, char *buf, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, size - 1);
	if (n < 0)
		snprintf(buf, size, "a file");
	else
		buf[n] = '\0';
	return buf;
}

int perf_uprobe_open(int file_fd, uint64_t offset, uint64_t semaphore, bool at_return, pid_t pid,
		     struct err *err)
{
	char path[64];
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.uprobe_path = (uint64_t)(uintptr_t)path,
		.probe_offset = offset,
		.config = semaphore << UPROBE_REF_CTR_SHIFT | (at_return ? UPROBE_AT_RETURN : 0),
		/* Never .inherit: at a fork the kernel would open the child's event anew, read uprobe_path in the
		 * target's memory, and fail the target's fork with EFAULT (perf_uprobe_init()). */
	};
	int fd, ret, type = perf_uprobe_type();
	char name[256];

	/* The kernel takes a path only; this one is the file itself, whatever happens to its name. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file_fd);
	if (type < 0)
		return err_set(err, -EOPNOTSUPP, "this kernel has no perf uprobes: %s",
			       strerror(-type));
	if (semaphore >> 32)
		return err_set(err, -EPROTO, "%s: the USDT semaphore lies beyond 4 GiB",
			       file_name(file_fd, name, sizeof(name)));
	attr.type = type;
	/* Without a process it must have a processor; the BPF program runs whichever a hit is on (uprobe_perf_func()). */
	fd = syscall(SYS_perf_event_open, &attr, pid, pid < 0 ? first_cpu() : -1, -1,
		     PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		return fd;
	ret = -errno;
	if (ret == -ESRCH)
		return err_set(err, -ESRCH, "pid %d: the process is gone", pid);
	file_name(file_fd, name, sizeof(name));
	if (ret == -EACCES || ret == -EPERM)
		return err_set(err, -EPERM,
			       "not allowed to put a probe on %s: %s; CAP_PERFMON is needed, or "
			       "CAP_SYS_ADMIN where "
			       "/proc/sys/kernel/perf_event_paranoid is above 2",
			       name, strerror(-ret));
	return err_set(err, ret, "cannot put a probe on %s at offset 0x%llx: %s", name,
		       (unsigned long long)offset, strerror(-ret));
}

// SPDX-License-Identifier: GPL-2.0-only
#include "bugreport/machine.h"

#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/util.h"

/* Of the kernel's own files a page is enough. */
#define FILE_MAX 4096

/* Of a file all lines, or those that begin so. */
struct row {
	const char *path, *begin;
};

static const struct row rows[] = {
	{ "/etc/os-release", "PRETTY_NAME=" },
	{ "/proc/sys/kernel/unprivileged_bpf_disabled", "" },
	{ "/proc/sys/kernel/perf_event_paranoid", "" },
	{ "/proc/sys/kernel/yama/ptrace_scope", "" },
	{ "/proc/sys/net/core/bpf_jit_enable", "" },
	{ "/sys/kernel/security/lockdown", "" },
	{ "/sys/kernel/security/lsm", "" },
	{ "/proc/self/status", "CapEff:" },
	{ "/proc/self/status", "Seccomp:" },
	{ "/proc/self/status", "NSpid:" },
	{ "/proc/meminfo", "MemTotal:" },
	{ "/proc/meminfo", "MemAvailable:" },
	{ "/proc/self/mounts", "cgroup" },
};

static void describe(struct buf *out, const struct row *row)
{
	_cleanup_close_ int fd = open(row->path, O_RDONLY | O_CLOEXEC);
	char text[FILE_MAX];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n < 0) {
		text_line(out, "%s: cannot be read", row->path);
		return;
	}
	text[n] = '\0';
	for (char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		bool more = line[len];

		line[len] = '\0';
		if (str_starts(line, row->begin))
			text_line(out, "%s: %s", row->path, line);
		line += len + more;
	}
}

void machine_describe(struct buf *out)
{
	struct utsname u;

	/* Not the machine's name. */
	if (!uname(&u))
		text_line(out, "kernel: %s %s %s %s", u.sysname, u.release, u.version, u.machine);
	text_line(out, "processors: %ld", sysconf(_SC_NPROCESSORS_ONLN));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		describe(out, &rows[i]);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "attach/uprobe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "attach/uprobe_perf.h"
#include "base/log.h"
#include "base/util.h"
#include "kern/kern_uprobe_multi.h"

/* What the kernel takes away in one go. */
struct link {
	int fd;
	int perf_fd; /* -1: none */
};

struct uprobes {
	struct kern *kern;
	struct link **links;
	size_t nr_links;
};

/* The kernel waits for a grace period in here. */
static void link_destroy(void *object)
{
	struct link *l = object;

	if (l->fd >= 0)
		close(l->fd);
	if (l->perf_fd >= 0)
		close(l->perf_fd);
	free(l);
}

void uprobes_free(struct uprobes *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->nr_links; i++)
		kern_release(u->kern, u->links[i], link_destroy);
	free(u->links);
	free(u);
}

/* What the file is called, for messages. */
static const char *file_name(struct probed_file file, char *buf, size_t size)
{
	char link[64];
	ssize_t n;

	if (file.path)
		return file.path;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file.fd);
	n = readlink(link, buf, size - 1);
	if (n < 0)
		snprintf(buf, size, "a file");
	else
		buf[n] = '\0';
	return buf;
}

/* The kernel has ENOTSUPP (524) for an instruction on which no probe can be. */
static const char *reason(int code)
{
	return code == 524 ? "no probe can be on the instruction there" : strerror(code);
}

static int explain_refusal(int ret, bool multi, struct probed_file file, const struct py_site *site,
			   pid_t pid, struct err *err)
{
	const char *name;
	char buf[256];

	if (ret == -ESRCH)
		return err_set(err, -ESRCH, "pid %d: the process is gone", pid);
	name = file_name(file, buf, sizeof(buf));
	if (ret == -EACCES || ret == -EPERM)
		return err_set(err, -EPERM,
			       "not allowed to put a probe on %s: %s; root is needed, or %s", name,
			       strerror(-ret),
			       multi ? "CAP_BPF and CAP_PERFMON"
				     : "on this kernel, which has no uprobe_multi, CAP_SYS_ADMIN");
	return err_set(err, ret, "cannot put a probe on %s, offset 0x%llx of %s: %s", site->what,
		       (unsigned long long)site->offset, name, reason(-ret));
}

static int add_link(struct uprobes *u, int fd, int perf_fd)
{
	struct link *l = malloc(sizeof(*l));

	if (!l) {
		close(fd);
		if (perf_fd >= 0)
			close(perf_fd);
		return -ENOMEM;
	}
	*l = (struct link){ .fd = fd, .perf_fd = perf_fd };
	u->links[u->nr_links++] = l;
	return 0;
}

/* The file itself, whatever happens to its name: the kernel takes a path only. */
static void descriptor_path(int fd, char *buf, size_t size)
{
	snprintf(buf, size, "/proc/self/fd/%d", fd);
}

static int open_multi(struct uprobes *u, int prog_fd, pid_t pid, struct probed_file file,
		      const struct py_site *sites, size_t count)
{
	_cleanup_free_ uint64_t *words = calloc(3 * count, sizeof(*words));
	uint64_t *offsets = words, *semaphores = words + count, *cookies = words + 2 * count;
	bool any = false;
	char path[64];
	int fd;

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		offsets[i] = sites[i].offset;
		semaphores[i] = sites[i].semaphore;
		cookies[i] = sites[i].cookie;
		any |= sites[i].semaphore != 0;
	}
	descriptor_path(file.fd, path, sizeof(path));
	fd = kern_uprobe_multi_link(prog_fd, path, offsets, any ? semaphores : NULL, cookies, count,
				    sites[0].at_return, pid);
	return fd < 0 ? fd : add_link(u, fd, -1);
}

static int open_perf(struct uprobes *u, int prog_fd, pid_t pid, struct probed_file file,
		     const struct py_site *site)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = site->cookie);
	char path[64];
	int fd, perf_fd;

	descriptor_path(file.fd, path, sizeof(path));
	perf_fd = uprobe_perf_open(path, site->offset, site->semaphore, site->at_return, pid);
	if (perf_fd < 0)
		return perf_fd;
	fd = bpf_link_create(prog_fd, perf_fd, BPF_PERF_EVENT, &opts);
	if (fd < 0) {
		close(perf_fd);
		return fd;
	}
	return add_link(u, fd, perf_fd);
}

/* One by one: without uprobe_multi, or because all at once failed: then what fails has a name. */
static int open_each(struct uprobes *u, int prog_fd, pid_t pid, struct probed_file file,
		     const struct py_site *sites, size_t count, struct err *err)
{
	bool multi = kern_has_uprobe_multi(u->kern);

	for (size_t i = 0; i < count; i++) {
		int ret = multi ? open_multi(u, prog_fd, pid, file, &sites[i], 1)
				: open_perf(u, prog_fd, pid, file, &sites[i]);

		if (ret)
			return explain_refusal(ret, multi, file, &sites[i], pid, err);
	}
	return 0;
}

/*
 * While the kernel puts a probe on a file, it reads the page with a lock held that all forks of the
 * machine wait for. A page that a process provides may never come.
 */
static int refuse_fuse(const struct kern *kern, struct probed_file file, struct err *err)
{
	int ret = kern_file_is_on_fuse(kern, file.fd);
	const char *name;
	char buf[256];

	if (!ret)
		return 0;
	name = file_name(file, buf, sizeof(buf));
	if (ret < 0)
		return err_set(err, ret, "cannot tell which file system %s is on: %s", name,
			       strerror(-ret));
	return err_set(err, -EOPNOTSUPP,
		       "%s is on a FUSE file system: no probe is put there, as its owner could "
		       "stop the whole machine by not answering",
		       name);
}

int uprobes_open(struct kern *kern, const struct bpf_program *prog, pid_t pid,
		 struct probed_file file, const struct py_site *sites, size_t count,
		 struct uprobes **out, struct err *err)
{
	_cleanup_(uprobes_freep) struct uprobes *u = calloc(1, sizeof(*u));
	int ret;

	ret = refuse_fuse(kern, file, err);
	if (ret)
		return ret;
	if (u) {
		u->kern = kern;
		u->links = calloc(count, sizeof(*u->links));
	}
	if (!u || !u->links)
		return err_set(err, -ENOMEM, "out of memory");
	ret = -EAGAIN;
	if (kern_has_uprobe_multi(kern) && count > 1)
		ret = open_multi(u, bpf_program__fd(prog), pid, file, sites, count);
	if (ret)
		ret = open_each(u, bpf_program__fd(prog), pid, file, sites, count, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < count; i++)
		log_debug("probe on %s at 0x%llx%s", sites[i].what,
			  (unsigned long long)sites[i].addr,
			  sites[i].emulated ? ""
					    : " (single-stepped: no instruction that the kernel "
					      "emulates stands there)");
	*out = TAKE_PTR(u);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "attach/attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "attach/perf_uprobe.h"
#include "base/log.h"
#include "base/util.h"
#include "bpf/abi/cookie.h"

static const struct attach_kind kinds[NR_PROBES] = {
	[PROBE_USDT] = { "usdt", py_sites_usdt, .python = true, .cost = "one trap a Python call" },
	[PROBE_FRAME] = { "frame", py_sites_frame, .python = true,
			  .cost = "one trap a Python call" },
	[PROBE_DIRECT] = { "direct", .c = true, .wide = true,
			   .cost = "nothing but at calls of the function" },
	[PROBE_AUDIT] = { "audit", py_sites_audit, .audit = true, .wide = true,
			  .cost = "nothing but at audited operations" },
	[PROBE_ARM] = { "arm", py_sites_arm, .python = true, .wide = true,
			.cost = "nothing but at calls of the function" },
	[PROBE_CALL] = { "call", py_sites_call, .python = true, .c = true, .partial = true,
			 .cost = "one trap a PyObject_Call" },
};

const struct attach_kind *attach_kind(enum phrude_probe probe)
{
	return probe < NR_PROBES && kinds[probe].name ? &kinds[probe] : NULL;
}

enum phrude_probe attach_kind_by_name(const char *name)
{
	for (int i = 0; i < NR_PROBES; i++) {
		if (kinds[i].name && str_eq(kinds[i].name, name))
			return i;
	}
	return PROBE_NONE;
}

struct attachment {
	struct kern *kern;
	struct bpf_link *links[2 * PY_SITES_MAX];
	size_t nr_links;
};

void attachment_free(struct attachment *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->nr_links; i++)
		kern_release(a->kern, a->links[i]);
	free(a);
}

int attach_site(struct bpf_program *prog, pid_t pid, int file_fd, const struct py_site *site,
		struct bpf_link **out, struct err *err)
{
	LIBBPF_OPTS(bpf_perf_event_opts, opts, .bpf_cookie = site->cookie);
	_cleanup_close_ int fd = -1;
	struct bpf_link *link;

	fd = perf_uprobe_open(file_fd, site->offset, site->semaphore, site->at_return, pid, err);
	if (fd < 0)
		return fd;
	link = bpf_program__attach_perf_event_opts(prog, fd, &opts);
	if (!link)
		return err_set(err, -errno, "cannot attach to %s: %s", site->what, strerror(errno));
	TAKE_FD(fd); /* now the link's */
	*out = link;
	log_debug("probe on %s at 0x%llx%s", site->what, (unsigned long long)site->addr,
		  site->emulated ? ""
				 : " (single-stepped: no instruction that the kernel emulates "
				   "stands there)");
	return 0;
}

/* The programs that a site needs: one that notices calls, and one that asks to have them armed. */
static size_t programs(const struct kern *kern, enum phrude_probe probe, const struct py_site *site,
		       struct bpf_program *out[2])
{
	out[0] = kern_program(kern, probe, site->entry);
	out[1] = kern_arm_hot(kern);
	return probe == PROBE_ARM && site->role == PY_SITE_HOT ? 2 : 1;
}

int attach_process(struct kern *kern, pid_t pid, uint32_t group, int file_fd,
		   enum phrude_probe probe, const struct py_site *sites, size_t nr_sites,
		   uint32_t roles, struct attachment **out, struct err *err)
{
	_cleanup_(attachment_freep) struct attachment *a = calloc(1, sizeof(*a));
	int ret;

	if (!a)
		return err_set(err, -ENOMEM, "out of memory");
	if (nr_sites > PY_SITES_MAX)
		return err_set(err, -EOPNOTSUPP, "more places than can be probed");
	a->kern = kern;
	for (size_t i = 0; i < nr_sites; i++) {
		struct bpf_program *progs[2];
		size_t nr_progs = programs(kern, probe, &sites[i], progs);
		struct py_site site = sites[i];

		if (!(roles & 1u << site.role))
			continue;
		if (!progs[0])
			return err_set(err, -EOPNOTSUPP, "this probe kind is not supported yet");
		if (attach_kind(probe)->wide)
			site.cookie = phrude_cookie_group(site.cookie, group);
		else
			site.cookie |= (uint64_t)probe << COOKIE_PROBE_SHIFT;
		for (size_t j = 0; j < nr_progs; j++) {
			ret = attach_site(progs[j], pid, file_fd, &site, &a->links[a->nr_links],
					  err);
			if (ret)
				return ret;
			a->nr_links++;
		}
	}
	*out = TAKE_PTR(a);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "attach/attach.h"

#include <errno.h>
#include <pthread.h>
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
	[PROBE_DIRECT] = { "direct", .c = true, .cost = "nothing but at calls of the function" },
	[PROBE_AUDIT] = { "audit", py_sites_audit, .audit = true, .wide = true,
			  .cost = "nothing but at audited operations" },
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

static void *destroy_link(void *link)
{
	bpf_link__destroy(link);
	return NULL;
}

/* The kernel waits for a grace period of RCU for each, some 0.1 s: side by side they wait for the same ones. */
void attach_links_destroy(struct bpf_link **links, size_t count)
{
	pthread_t threads[32];

	for (size_t done = 0; done < count;) {
		size_t n = MIN(count - done, ARRAY_SIZE(threads)), started = 0;

		while (started < n && n > 1 &&
		       !pthread_create(&threads[started], NULL, destroy_link,
				       links[done + started]))
			started++;
		for (size_t i = started; i < n; i++)
			bpf_link__destroy(links[done + i]);
		for (size_t i = 0; i < started; i++)
			pthread_join(threads[i], NULL);
		done += n;
	}
}

struct attachment {
	struct bpf_link *links[PY_SITES_MAX];
	size_t nr_links;
};

void attachment_free(struct attachment *a)
{
	if (!a)
		return;
	attach_links_destroy(a->links, a->nr_links);
	free(a);
}

int attach_site(struct bpf_program *prog, const char *path, const struct py_site *site, pid_t pid,
		struct bpf_link **out, struct err *err)
{
	LIBBPF_OPTS(bpf_perf_event_opts, opts, .bpf_cookie = site->cookie);
	_cleanup_close_ int fd = -1;
	struct bpf_link *link;

	fd = perf_uprobe_open(path, site->offset, site->semaphore, pid, err);
	if (fd < 0)
		return fd;
	link = bpf_program__attach_perf_event_opts(prog, fd, &opts);
	if (!link)
		return err_set(err, -errno, "cannot attach to %s in %s: %s", site->what, path,
			       strerror(errno));
	TAKE_FD(fd); /* now the link's */
	*out = link;
	log_debug("probe on %s in %s at 0x%llx%s", site->what, path, (unsigned long long)site->addr,
		  site->emulated ? ""
				 : " (single-stepped: no instruction that the kernel emulates "
				   "stands there)");
	return 0;
}

int attach_process(struct kern *kern, const struct py_interp *interp, enum phrude_probe probe,
		   struct attachment **out, struct err *err)
{
	_cleanup_(attachment_freep) struct attachment *a = NULL;
	const struct attach_kind *kind = attach_kind(probe);
	struct py_site sites[PY_SITES_MAX];
	size_t nr_sites = 0;
	int ret;

	if (!kind || !kind->sites || !kern_program(kern, probe, PY_ENTRY_MAIN))
		return err_set(err, -EOPNOTSUPP, "this probe kind is not supported yet");
	ret = kind->sites(interp, sites, &nr_sites, err);
	if (ret)
		return ret;
	a = calloc(1, sizeof(*a));
	if (!a)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < nr_sites; i++) {
		if (kind->wide)
			sites[i].cookie = phrude_cookie_group(sites[i].cookie, interp->proc.group);
		ret = attach_site(kern_program(kern, probe, sites[i].entry), interp->open_path,
				  &sites[i], kind->wide ? ATTACH_ALL : interp->pid, &a->links[i],
				  err);
		if (ret)
			return ret;
		a->nr_links++;
	}
	*out = TAKE_PTR(a);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* What Kubernetes calls the processes of a service. */
#include "base/clock.h"
#include "proc/proc_read.h"
#include "targets/targets_priv.h"

#define CGROUP_MAX 65536

struct kube *targets_kube_find(struct targets *t, pid_t pid)
{
	_cleanup_free_ char *cgroup = NULL;
	size_t len;

	if (!t->kube_known || proc_read_file(pid, "cgroup", CGROUP_MAX, &cgroup, &len))
		return NULL;
	return kube_known_get(t->kube_known, pid, cgroup, (int64_t)clock_now_ns());
}

void targets_kube_tick(struct targets *t)
{
	processes_for_each(p, &t->processes) {
		struct kube *kube = kube_is_part(p->kube) ? targets_kube_find(t, p->pid) : NULL;

		if (kube == p->kube || !targets_is_same(p)) {
			kube_unref(kube);
			continue;
		}
		if (!kube)
			continue;
		kube_unref(p->kube);
		p->kube = kube;
		identities_publish(&t->identities, p);
	}
}

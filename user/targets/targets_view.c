// SPDX-License-Identifier: GPL-2.0-only
/* What the pipeline sees of a process. */
#include "targets/targets_priv.h"

bool targets_view(struct targets *t, pid_t pid, struct target_view *view)
{
	const struct process *p = processes_add(&t->processes, pid);

	if (!p)
		return false;
	if (p->interp)
		*view = (struct target_view){ p->interp->version, p->interp->probe_of_rule };
	return true;
}

void targets_find_qualname(struct targets *t, struct event *ev)
{
	struct process *p = processes_find(&t->processes, ev->head.hdr.pid);
	struct qualnames *q = p && p->interp ? p->interp->qualnames : NULL;
	struct look look;

	if (!q)
		return;
	if (qualnames_unknown(q, ev) && targets_look_begin(t, p, &look)) {
		qualnames_find(q, &p->view, ev);
		targets_look_end(t, p, &look);
	}
	qualnames_fill(q, ev);
}

void targets_describe(struct targets *t, const struct event *ev, struct alert_process *out)
{
	struct process *p = processes_find(&t->processes, ev->head.hdr.pid);
	const struct proc_facts *facts = targets_facts(t, p, ev->head.cgroup);

	out->exe = facts->exe;
	out->cmdline = (const char *const *)facts->cmdline;
	out->nr_cmdline = facts->nr_cmdline;
	out->cut = facts->exe_cut || facts->cmdline_cut;
	out->container = p->container;
}

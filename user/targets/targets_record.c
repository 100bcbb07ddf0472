// SPDX-License-Identifier: GPL-2.0-only
/* Records of the ring buffer that tell what became of processes. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "targets/targets_priv.h"

static void on_fork(struct targets *t, const struct ev_proc *ev)
{
	struct process *parent = processes_find(&t->processes, (pid_t)ev->other), *p;
	bool vfork = ev->what == PROC_VFORK;
	pid_t pid = (pid_t)ev->hdr.pid;

	if (!parent)
		return;
	/* The end of another one that had its pid may not have been told. */
	p = processes_find(&t->processes, pid);
	if (p && targets_is_stale(p, ev))
		processes_remove(&t->processes, pid);
	p = processes_add(&t->processes, pid);
	if (!p)
		return;
	targets_facts_fork(p, parent, ev);
	p->family = parent->family;
	p->parent = (pid_t)ev->other;
	/* Looked at when it execs; so is what a program forks that is no interpreter. */
	if (vfork)
		p->undecided = 1;
	if (vfork || !parent->interp)
		return;
	process_set_interp(p, parent->interp);
	p->view = parent->view;
	p->view.pid = pid;
	if (ev->hdr.time_ns < parent->attached)
		targets_fork_late(t, p, parent);
	else
		targets_fork(t, p);
}

int targets_record(struct targets *t, const void *record, size_t size)
{
	struct process *p;
	struct ev_proc ev;

	if (size < sizeof(ev))
		return -EPROTO;
	memcpy(&ev, record, sizeof(ev));
	switch (ev.what) {
	case PROC_FORK:
	case PROC_VFORK:
		on_fork(t, &ev);
		break;
	case PROC_EXEC:
		p = processes_find(&t->processes, ev.hdr.pid);
		if (p) {
			targets_facts_exec(t, p, record, size);
			targets_exec(t, p);
		}
		break;
	case PROC_START:
		p = processes_find(&t->processes, ev.hdr.pid);
		if (p)
			targets_started(t, p, ev.other);
		break;
	case PROC_EXIT:
		p = processes_find(&t->processes, ev.hdr.pid);
		if (p)
			targets_ended(t, p);
		break;
	case PROC_ARMED:
		p = processes_find(&t->processes, ev.hdr.pid);
		if (p)
			targets_armed(p);
		break;
	case PROC_UNARMED:
		p = processes_find(&t->processes, ev.hdr.pid);
		if (p)
			targets_unarmed(t, p);
		break;
	default:
		return -EPROTO;
	}
	return 0;
}

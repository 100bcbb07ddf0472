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
		targets_forget(t, pid);
	p = processes_add(&t->processes, pid);
	if (!p)
		return;
	targets_facts_fork(p, parent, ev);
	p->family = parent->family;
	p->share = parent->share;
	process_select(p, parent->selected, parent->selected_by);
	p->parent = (pid_t)ev->other;
	/* Looked at when it execs; so is what a program forks that is no interpreter. */
	if (vfork)
		p->undecided = 1;
	if (vfork || !parent->interp)
		return;
	process_share_interp(p, parent);
	if (ev->hdr.time_ns < parent->attached)
		targets_fork_late(t, p, parent);
	else
		targets_fork(t, p);
}

/* The record has the size of its head at least. */
static int order_held(const void *record, size_t size, struct targets_order *order)
{
	struct ev_hold asked;

	if (size < sizeof(asked))
		return -EPROTO;
	memcpy(&asked, record, sizeof(asked));
	/* A new interpreter is another program. */
	*order = (struct targets_order){
		.of = asked.kind == HOLD_LAUNCH ? (pid_t)asked.hdr.pid : 0,
		.after = (pid_t)asked.hdr.pid,
	};
	return 0;
}

int targets_order(const void *record, size_t size, struct targets_order *order)
{
	struct ev_proc ev;

	memcpy(&ev.hdr, record, sizeof(ev.hdr));
	if (ev.hdr.kind == EV_HOLD)
		return order_held(record, size, order);

	if (size < sizeof(ev))
		return -EPROTO;
	memcpy(&ev, record, sizeof(ev));
	*order = (struct targets_order){ .after = (pid_t)ev.hdr.pid };
	switch (ev.what) {
	case PROC_FORK:
	case PROC_VFORK:
		*order = (struct targets_order){ (pid_t)ev.hdr.pid, (pid_t)ev.other };
		break;
	/* After these it is another program, or may be another target's. */
	case PROC_EXEC:
	case PROC_START:
	case PROC_CHANGED:
		order->of = (pid_t)ev.hdr.pid;
		break;
	}
	return 0;
}

static int on_record(struct targets *t, const void *record, size_t size)
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
		p = processes_find(&t->processes, ev.hdr.pid) ?: targets_found(t, &ev);
		if (p) {
			targets_facts_exec(t, p, record, size);
			if (targets_choose(t, p))
				targets_exec(t, p);
		}
		break;
	case PROC_START:
		p = processes_find(&t->processes, ev.hdr.pid);
		if (p && p->unchosen)
			targets_unchosen(t, p);
		else if (p)
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
	case PROC_CHANGED:
		targets_changed(t, &ev);
		break;
	default:
		return -EPROTO;
	}
	return 0;
}

int targets_record(struct targets *t, const void *record, size_t size)
{
	struct process *p;
	struct ev_hdr hdr;
	int ret;

	memcpy(&hdr, record, sizeof(hdr));
	ret = hdr.kind == EV_HOLD ? targets_held(t, record, size) : on_record(t, record, size);
	if (ret)
		return ret;
	p = processes_find(&t->processes, (pid_t)hdr.pid);
	if (p)
		identities_publish(&t->identities, p);
	return 0;
}

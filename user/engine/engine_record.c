// SPDX-License-Identifier: GPL-2.0-only
/* Records of the ring buffer: matches and line tables are the pipeline's, what becomes of processes is handled here. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "engine/engine_priv.h"

static void on_fork(struct engine *e, const struct ev_proc *ev)
{
	struct process *parent = processes_find(&e->processes, (pid_t)ev->other), *p;
	bool vfork = ev->what == PROC_VFORK;
	pid_t pid = (pid_t)ev->hdr.pid;

	if (!parent)
		return;
	/* The end of another one that had its pid may not have been told. */
	p = processes_find(&e->processes, pid);
	if (p && engine_is_stale(p, ev))
		processes_remove(&e->processes, pid);
	p = processes_add(&e->processes, pid);
	if (!p)
		return;
	engine_facts_fork(p, parent, ev);
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
		engine_fork_late(e, p, parent);
	else
		engine_fork(e, p);
}

static int on_proc(struct engine *e, const void *record, size_t size)
{
	struct process *p;
	struct ev_proc ev;

	if (size < sizeof(ev))
		return -EPROTO;
	memcpy(&ev, record, sizeof(ev));
	switch (ev.what) {
	case PROC_FORK:
	case PROC_VFORK:
		on_fork(e, &ev);
		break;
	case PROC_EXEC:
		p = processes_find(&e->processes, ev.hdr.pid);
		if (p) {
			engine_facts_exec(e, p, record, size);
			engine_exec(e, p);
		}
		break;
	case PROC_IMPORT:
		if (size < sizeof(struct ev_import))
			return -EPROTO;
		/* fall through */
	case PROC_NEW:
		p = processes_find(&e->processes, ev.hdr.pid);
		if (!p)
			kern_release_thread(e->kern, ev.other);
		else if (ev.what == PROC_IMPORT)
			engine_imported(e, p, record);
		else
			engine_started_new(e, p, ev.other);
		break;
	case PROC_START:
		p = processes_find(&e->processes, ev.hdr.pid);
		if (p)
			engine_started(e, p, ev.other);
		break;
	case PROC_EXIT:
		p = processes_find(&e->processes, ev.hdr.pid);
		if (p)
			engine_ended(e, p);
		break;
	case PROC_ARMED:
		p = processes_find(&e->processes, ev.hdr.pid);
		if (p)
			engine_armed(p);
		break;
	case PROC_UNARMED:
		p = processes_find(&e->processes, ev.hdr.pid);
		if (p)
			engine_unarmed(e, p);
		break;
	default:
		return -EPROTO;
	}
	return 0;
}

int engine_record(void *ctx, const void *record, size_t size)
{
	struct engine *e = ctx;
	struct ev_hdr hdr;
	int ret = -EPROTO;

	if (size >= sizeof(hdr)) {
		memcpy(&hdr, record, sizeof(hdr));
		if (hdr.abi == PHRUDE_ABI_VERSION && hdr.size <= size) {
			switch (hdr.kind) {
			case EV_MATCH:
				ret = pipeline_match(&e->pipeline, record, hdr.size);
				break;
			case EV_LINETABLE:
				ret = pipeline_linetable(&e->pipeline, record, hdr.size);
				break;
			case EV_PROC:
				ret = on_proc(e, record, hdr.size);
				break;
			}
		}
	}
	if (ret)
		e->malformed++;
	if (pipeline_has_enough(&e->pipeline))
		e->stop = true;
	/* After the last alert wanted, nothing more is looked at; nor while nobody takes alerts. */
	return e->stop || sinks_are_full(e->sinks) ? -ECANCELED : 0;
}

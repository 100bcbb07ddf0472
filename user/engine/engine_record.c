// SPDX-License-Identifier: GPL-2.0-only
/* From a record of the ring buffer to alerts. */
#include <errno.h>
#include <string.h>

#include "alert/alert_id.h"
#include "base/log.h"
#include "base/util.h"
#include "engine/engine_priv.h"

static void find_lines(struct engine *e, struct event *ev)
{
	for (size_t i = 0; i < ev->nr_frames; i++) {
		struct event_frame *f = &ev->frames[i];
		int line = lines_lookup(e->lines, ev->head.hdr.pid, f->linetable, f->signature,
					ev->head.layout, (int)f->firstlineno, f->lasti);

		if (line == -ENOENT) {
			e->lines_unknown++;
			kern_forget_table(e->kern, ev->head.hdr.pid, f->linetable);
		}
		f->line = line > 0 ? line : 0;
	}
}

static void look_for_qualname(struct engine *e, struct process *p, struct event *ev)
{
	struct qualnames *q = p->interp->qualnames;
	struct look look;

	if (qualnames_unknown(q, ev) && engine_look_begin(e, p, &look)) {
		qualnames_find(q, &p->view, ev);
		engine_look_end(e, p, &look);
	}
	qualnames_fill(q, ev);
}

/* request: NULL if there is none */
static void raise_alert(struct engine *e, const struct rule *rule, const struct event *ev,
			const struct alert_request *request, struct process *p)
{
	const struct proc_facts *facts = engine_facts(e, p, ev->head.cgroup);
	uint64_t time_ns = ev->head.hdr.time_ns + e->clock_offset;
	char id[ALERT_ID_MAX];
	struct alert alert = {
		.id = alert_id_make(id, time_ns) ? NULL : id,
		.time_ns = time_ns,
		.host = e->host,
		.rule = rule,
		.event = ev,
		.process = {
			.pid = ev->head.hdr.pid,
			.tid = ev->head.hdr.tid,
			.ppid = ev->head.ppid,
			.uid = ev->head.uid,
			.exe = facts->exe,
			.cmdline = (const char *const *)facts->cmdline,
			.nr_cmdline = facts->nr_cmdline,
			.cut = facts->exe_cut || facts->cmdline_cut,
			.python = p->interp ? p->interp->version : NULL,
			.container = p->container,
		},
		.request = request,
		.probe = probe_kind(ev->head.probe)->name,
		.action = "detect",
	};

	sinks_alert(e->sinks, &alert);
	e->alerts++;
	if (engine_has_enough(e))
		e->stop = true;
}

static void dismiss(struct engine *e, uint64_t digest)
{
	if (digest)
		kern_dismiss(e->kern, digest);
}

static int on_match(struct engine *e, const void *record, size_t size)
{
	const struct rule_set *rules = e->opts->rules;
	const struct alert_request *request;
	struct alert_request filled;
	bool lines = false;
	unsigned int basis = 0;
	struct process *p;
	struct event ev;
	struct err err;

	arena_reset(&e->arena);
	if (event_decode(&e->arena, record, size, &ev, &err) || !probe_kind(ev.head.probe)) {
		e->malformed++;
		log_debug("a record could not be decoded: %s", err.msg);
		return 0;
	}
	p = processes_add(&e->processes, ev.head.hdr.pid);
	if (!p) {
		e->malformed++;
		return 0;
	}
	if (p->interp)
		look_for_qualname(e, p, &ev);
	request = request_make(&e->arena, &e->opts->request, &ev.request, &filled) ? &filled : NULL;
	for (size_t i = 0; i < rules->nr_rules && !e->stop; i++) {
		if (p->interp && p->interp->probe_of_rule[i] != ev.head.probe)
			continue;
		if (!rule_matches(&rules->rules[i], &ev) ||
		    !rule_condition_allows(&rules->rules[i], &ev, request, &basis))
			continue;
		if (!lines)
			find_lines(e, &ev);
		lines = true;
		raise_alert(e, &rules->rules[i], &ev, request, p);
	}
	/* No rule reports it, and none will another that is like it in what was asked. */
	if (!lines && !e->stop && !(basis & RULE_BASIS_REQUEST))
		dismiss(e, basis & RULE_BASIS_CALLERS ? ev.head.digest_stack : ev.head.digest_args);
	return 0;
}

static int on_linetable(struct engine *e, const void *record, size_t size)
{
	int ret = lines_add(e->lines, record, size);

	if (ret == -ENOSPC) {
		/* Start afresh, on both sides. */
		lines_clear(e->lines);
		kern_forget_tables(e->kern);
		ret = lines_add(e->lines, record, size);
	}
	return ret;
}

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
	case PROC_NEW:
		p = processes_find(&e->processes, ev.hdr.pid);
		if (!p)
			kern_release_thread(e->kern, ev.other);
		else if (ev.what == PROC_IMPORT)
			engine_imported(e, p, ev.other);
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
				ret = on_match(e, record, hdr.size);
				break;
			case EV_LINETABLE:
				ret = on_linetable(e, record, hdr.size);
				break;
			case EV_PROC:
				ret = on_proc(e, record, hdr.size);
				break;
			}
		}
	}
	if (ret)
		e->malformed++;
	/* After the last alert wanted, nothing more is looked at; nor while nobody takes alerts. */
	return e->stop || sinks_are_full(e->sinks) ? -ECANCELED : 0;
}

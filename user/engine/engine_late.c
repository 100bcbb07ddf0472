// SPDX-License-Identifier: GPL-2.0-only
/* C functions of modules that are imported later: looked for again, and probed as soon as they are there. */
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "base/log.h"
#include "engine/engine_priv.h"

bool engine_has_pending(const struct interp_facts *f)
{
	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		if (f->plan.rules[i].pending)
			return true;
	}
	return false;
}

/* What the rules that wait for it find in the process now; how many. */
static size_t find_pending(struct engine *e, const struct py_view *view, struct interp_facts *f)
{
	size_t found = 0;

	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		const struct rule *rule = &e->opts->rules->rules[i];
		struct plan_rule *r = &f->plan.rules[i];
		struct err err;
		int ret;

		if (!r->pending)
			continue;
		ret = py_cfuncs_find(view, rule->place, rule->func, &r->cfuncs, &err);
		if (ret == -EOPNOTSUPP) {
			log_warn("rule \"%s\" cannot be watched in pid %d: %s", rule->name, view->pid, err.msg);
			r->pending = false;
		}
		found += !ret;
	}
	return found;
}

static int probe_rule(struct engine *e, const struct py_view *view, struct interp_facts *f, size_t i, struct err *err)
{
	const struct rule *rule = &e->opts->rules->rules[i];
	const struct py_cfuncs *c = &f->plan.rules[i].cfuncs;
	int ret = 0;

	for (size_t k = 0; k < c->count && !ret; k++) {
		struct py_cfunc *one = &c->list[k];

		ret = py_cfuncs_locate(view->pid, &one, 1, err);
		if (!ret)
			ret = direct_probe_add(e->direct, f->group, rule_func_name(rule), rule->place, one, err);
	}
	return ret;
}

static void probe_found(struct engine *e, const struct py_view *view, struct interp_facts *f)
{
	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		struct plan_rule *r = &f->plan.rules[i];
		struct err err;

		if (!r->pending || !r->cfuncs.count)
			continue;
		r->pending = false;
		if (probe_rule(e, view, f, i, &err))
			log_warn("rule \"%s\" cannot be watched in pid %d: %s", e->opts->rules->rules[i].name,
				 view->pid, err.msg);
	}
	if (!engine_has_pending(f))
		kern_template_late(e->kern, f->group, false);
}

static bool can_look(const struct engine *e, const struct process *p, struct py_view *view)
{
	if (e->ending || !p->interp || !engine_has_pending(p->interp))
		return false;
	*view = p->interp->view;
	view->pid = p->pid;
	return true;
}

void engine_look_for_late(struct engine *e, struct process *p)
{
	struct py_view view;

	if (can_look(e, p, &view) && find_pending(e, &view, p->interp))
		probe_found(e, &view, p->interp);
}

/* Stops a thread as a debugger does, which neither the process nor its parent notices; it goes on by itself if we die. */
static bool stop_thread(pid_t tid)
{
	return !ptrace(PTRACE_SEIZE, tid, 0, 0) && !ptrace(PTRACE_INTERRUPT, tid, 0, 0);
}

static void wait_stopped(pid_t tid)
{
	int status;

	while (waitpid(tid, &status, __WALL) < 0 && errno == EINTR)
		;
}

/*
 * The thread is held by the kernel side, spinning.  Putting probes on has to wait for all processors to pass through the
 * scheduler, so for that long it is stopped instead; it owns the GIL, so that no other thread runs Python either.
 */
void engine_imported(struct engine *e, struct process *p, pid_t tid)
{
	struct py_view view;
	bool stopped;

	if (!can_look(e, p, &view) || !find_pending(e, &view, p->interp)) {
		kern_release_thread(e->kern, tid);
		return;
	}
	stopped = stop_thread(tid);
	kern_release_thread(e->kern, tid);
	if (stopped)
		wait_stopped(tid);
	else
		e->imports_late++;
	probe_found(e, &view, p->interp);
	if (stopped)
		ptrace(PTRACE_DETACH, tid, 0, 0);
}

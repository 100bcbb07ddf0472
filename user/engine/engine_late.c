// SPDX-License-Identifier: GPL-2.0-only
/* C functions of modules that are imported later: looked for again, and probed as soon as they are there. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "engine/engine_priv.h"
#include "proc/procfs.h"
#include "py/interp.h"

/* Does a rule name a C function that is not there yet? */
static bool has_pending(const struct interp_facts *f)
{
	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		if (f->plan.rules[i].pending)
			return true;
	}
	return false;
}

int engine_watch_imports(struct engine *e, const struct py_interp *interp,
			 const struct interp_facts *f, struct err *err)
{
	struct group *g = groups_find(&e->groups, f->group);
	struct py_site sites[PY_SITES_MAX];
	size_t nr_sites;
	int ret;

	if (!has_pending(f))
		return 0;
	if (!g->nr_imports || (g->imports_early && interp->initialised)) {
		ret = py_sites_import(interp, sites, &nr_sites, err);
		for (size_t i = 0; i < nr_sites && !ret; i++)
			sites[i].cookie = phrude_cookie_group(0, f->group);
		if (!ret)
			ret = uprobes_open(e->kern, kern_import_program(e->kern), ATTACH_ALL,
					   g->file, sites, nr_sites, &g->imports[g->nr_imports],
					   err);
		if (ret)
			return ret;
		g->nr_imports++;
		g->imports_early = !interp->initialised;
	}
	ret = kern_template_late(e->kern, f->group, true);
	return ret ? err_set(err, ret, "cannot describe an interpreter to the kernel: %s",
			     strerror(-ret))
		   : 0;
}

/* Once there is an interpreter to look into, imports are seen as they should be. */
static void watch_better(struct engine *e, struct process *p)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	struct look look;
	struct err err;

	if (!groups_find(&e->groups, p->interp->group)->imports_early ||
	    !engine_look_begin(e, p, &look))
		return;
	if (!py_interp_open(p->pid, &interp, &err) && interp->initialised &&
	    engine_watch_imports(e, interp, p->interp, &err))
		log_debug("pid %d: %s", p->pid, err.msg);
	engine_look_end(e, p, &look);
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
			log_warn("rule \"%s\" cannot be watched in pid %d: %s", rule->name,
				 view->pid, err.msg);
			r->pending = false;
		}
		found += !ret;
	}
	return found;
}

static int probe_rule(struct engine *e, const struct py_view *view, struct interp_facts *f,
		      size_t i, struct err *err)
{
	const struct rule *rule = &e->opts->rules->rules[i];
	const struct py_cfuncs *c = &f->plan.rules[i].cfuncs;
	int ret = 0;

	for (size_t k = 0; k < c->count && !ret; k++) {
		struct py_cfunc *one = &c->list[k];

		ret = py_cfuncs_locate(view, &one, 1, err);
		if (!ret && one->refused) {
			e->places_refused++;
			ret = err_set(err, -EOPNOTSUPP, "%s", one->refused);
		}
		if (!ret)
			ret = direct_probe_add(e->direct, f->group, rule_func_name(rule),
					       rule->place, one, err);
		/* The probe holds the file; there may be a hundred of these. */
		py_code_file_unref(TAKE_PTR(one->file));
	}
	return ret ? ret : direct_probes_attach(e->direct, err);
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
			log_warn("rule \"%s\" cannot be watched in pid %d: %s",
				 e->opts->rules->rules[i].name, view->pid, err.msg);
	}
	if (!has_pending(f))
		kern_template_late(e->kern, f->group, false);
}

static bool can_look(const struct engine *e, const struct process *p, struct py_view *view)
{
	if (e->ending || !p->interp || !has_pending(p->interp))
		return false;
	*view = p->view;
	return true;
}

/* Looks for them: are there some? */
static bool look_for_pending(struct engine *e, struct process *p, const struct py_view *view)
{
	struct look look;
	size_t found;

	if (!engine_look_begin(e, p, &look))
		return false;
	found = find_pending(e, view, p->interp);
	engine_look_end(e, p, &look);
	return found;
}

/* Finding a place is another look, at files for the most part. */
static void look_and_probe(struct engine *e, struct process *p, const struct py_view *view)
{
	struct look look;

	if (!engine_look_begin(e, p, &look))
		return;
	probe_found(e, view, p->interp);
	engine_look_end(e, p, &look);
}

void engine_look_for_late(struct engine *e, struct process *p)
{
	struct py_view view;

	if (can_look(e, p, &view) && look_for_pending(e, p, &view))
		look_and_probe(e, p, &view);
}

/* So long a thread that is held has to stop: it takes some microseconds, unless it does not want to. */
#define STOP_MS 100

/* Has a thread that the kernel side holds stopped instead. */
static bool stop_held(struct engine *e, pid_t tid)
{
	bool stopping = stops_begin(&e->stops, tid);

	kern_stop_thread(e->kern, tid);
	return stopping && stops_wait(&e->stops, tid, STOP_MS);
}

static void let_go(struct engine *e, pid_t tid)
{
	kern_release_thread(e->kern, tid); /* it may be held again */
	stops_end(&e->stops, tid);
}

/* Was the thread served with another one?  Each time that one is held it reports once. */
static bool take_served(struct engine *e, pid_t tid)
{
	for (size_t i = 0; i < e->nr_served; i++) {
		if (e->served[i] == tid) {
			e->served[i] = e->served[--e->nr_served];
			return true;
		}
	}
	return false;
}

/*
 * Stops those that are held beside `tid` in the process: they would spin meanwhile, and not for longer than they may.  They are
 * at the end of e->served; how many.
 */
static size_t stop_others(struct engine *e, const struct process *p, pid_t tid)
{
	pid_t held[SERVED_MAX];
	size_t count = kern_held_threads(e->kern, held, SERVED_MAX), n = 0;

	for (size_t i = 0; i < count && e->nr_served < SERVED_MAX; i++) {
		pid_t tgid;

		if (held[i] == tid || proc_tgid(held[i], &tgid) || tgid != p->pid)
			continue;
		e->imports_late += !stop_held(e, held[i]);
		e->served[e->nr_served++] = held[i];
		n++;
	}
	return n;
}

/*
 * The thread is held by the kernel side, spinning.  Putting probes on has to wait for all processors to pass through the
 * scheduler, so for that long it is stopped instead; it owns the GIL, so that no other thread of its interpreter runs Python either.
 * Sub-interpreters may import at the same time.
 */
void engine_imported(struct engine *e, struct process *p, pid_t tid)
{
	struct py_view view;
	size_t nr_others;
	bool stopped;

	if (take_served(e, tid))
		return;
	if (!can_look(e, p, &view)) {
		kern_release_thread(e->kern, tid);
		return;
	}
	nr_others = stop_others(e, p, tid);
	if (!look_for_pending(e, p, &view)) {
		kern_release_thread(e->kern, tid);
	} else {
		stopped = stop_held(e, tid);
		if (!stopped)
			e->imports_late++;
		look_and_probe(e, p, &view);
		if (stopped)
			watch_better(e, p);
		let_go(e, tid);
	}
	for (size_t i = 0; i < nr_others; i++)
		let_go(e, e->served[e->nr_served - 1 - i]);
}

void engine_started_new(struct engine *e, struct process *p, pid_t tid)
{
	/* It has been looked at meanwhile. */
	if (e->ending || (p->interp && !p->undecided)) {
		kern_release_thread(e->kern, tid);
		return;
	}
	e->imports_late += !stop_held(e, tid);
	engine_look_at_new(e, p);
	let_go(e, tid);
}

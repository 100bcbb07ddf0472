// SPDX-License-Identifier: GPL-2.0-only
/*
 * C functions of modules that are imported later: looked for when one is that may have them, and
 * probed as soon as they are there.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "kern/holds.h"
#include "targets/targets_priv.h"
#include "proc/procfs.h"
#include "py/interp.h"

static bool has_pending(const struct interp_facts *f)
{
	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		if (f->plan.rules[i].pending)
			return true;
	}
	return false;
}

static bool has_loaded(const struct interp_facts *f)
{
	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		if (f->plan.rules[i].loaded)
			return true;
	}
	return false;
}

/* Puts probes on the beginning and on the return of what begins at the sites. */
static int watch_calls(struct targets *t, const struct group *g, uint32_t number,
		       struct py_site *sites, size_t count, enum kern_import begin,
		       struct uprobes *probes[2], struct err *err)
{
	const struct bpf_program *programs[2] = { kern_import_program(t->kern, begin),
						  kern_import_program(t->kern, KERN_IMPORT_DONE) };
	int ret = 0;

	for (size_t k = 0; k < ARRAY_SIZE(programs) && !ret; k++) {
		for (size_t i = 0; i < count; i++) {
			sites[i].cookie = phrude_cookie_group(0, number);
			sites[i].at_return = k;
		}
		ret = uprobes_open(t->kern, programs[k], ATTACH_ALL, g->file, sites, count,
				   &probes[k], err);
	}
	return ret;
}

int targets_watch_imports(struct targets *t, const struct py_interp *interp,
			  const struct interp_facts *f, struct err *err)
{
	struct group *g = groups_find(&t->groups, f->group);
	struct py_site sites[PY_SITES_MAX];
	bool pending = has_pending(f);
	size_t nr_sites;
	int ret = 0;

	if (!g->imports[0] && (pending || has_loaded(f))) {
		ret = py_sites_import(interp, sites, &nr_sites, err);
		/* What is waited for has been found out to be seen. */
		if (ret == -EOPNOTSUPP && !pending)
			return 0;
		if (!ret)
			ret = watch_calls(t, g, f->group, sites, nr_sites, KERN_IMPORT_MODULE,
					  g->imports, err);
	}
	/*
	 * What a starting interpreter imports takes functions from modules written in C: os.open()
	 * is that of posix.
	 */
	if (!ret && pending && !interp->initialised && !g->codes[0]) {
		ret = py_sites_code(interp, sites, &nr_sites, err);
		if (!ret)
			ret = watch_calls(t, g, f->group, sites, nr_sites, KERN_IMPORT_CODE,
					  g->codes, err);
	}
	return ret;
}

/* Several modules at once: each that a rule names. */
static const struct import any_import = { .name = IMPORT_ANY, .what = IMPORT_UNKNOWN };

/*
 * Is the rule one of those that wait; and if it is about an import, may that bring the function, be
 * it another copy of it?
 */
static bool is_concerned(const struct interp_facts *f, size_t i, const struct import *import)
{
	const struct plan_rule *r = &f->plan.rules[i];
	const struct import_numbers *n = &f->policy->imports[i];

	if (!import)
		return r->pending;
	/* What waits has that kind, too. */
	return r->probe == PROBE_DIRECT &&
	       (import->name == IMPORT_ANY || n->full == import->name || n->last == import->name);
}

void targets_pass_ahead(struct targets *t, const struct interp_facts *f)
{
	if (f->policy != t->policy)
		return;
	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		const struct plan_rule *r = &f->plan.rules[i];
		struct import import = { .group = f->group,
					 .name = f->policy->imports[i].full,
					 .what = IMPORT_C };
		bool all = r->ahead && r->cfuncs.list->file &&
			   !kern_import_identify(t->kern, r->cfuncs.list->file->fd, &import);

		for (size_t k = 0; k < f->plan.nr_rules && all; k++) {
			const struct plan_rule *other = &f->plan.rules[k];

			if (is_concerned(f, k, &import))
				all = other->ahead && other->cfuncs.list->file &&
				      kern_import_is_from(t->kern, &import,
							  other->cfuncs.list->file->fd);
		}
		if (all)
			kern_import_looked(t->kern, &import);
	}
}

/*
 * What the rules that an import concerns, or NULL: those that wait, find in the process now; how
 * many.  *all: each of them.
 */
static size_t find_functions(const struct py_view *view, struct interp_facts *f,
			     const struct import *import, bool *all)
{
	size_t found = 0;

	*all = true;
	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		const struct rule *rule = &f->policy->rules.rules[i];
		struct plan_rule *r = &f->plan.rules[i];
		struct py_cfuncs cfuncs;
		struct err err;
		int ret;

		if (!is_concerned(f, i, import))
			continue;
		ret = py_cfuncs_find(view, rule->place, rule->func, &cfuncs, &err);
		if (ret == -EOPNOTSUPP && r->pending) {
			log_warn("rule \"%s\" cannot be watched in pid %d: %s", rule->name,
				 view->pid, err.msg);
			r->pending = false;
		}
		if (ret) {
			*all = false;
			continue;
		}
		py_cfuncs_fini(&r->cfuncs);
		r->cfuncs = cfuncs;
		r->found = true;
		found++;
	}
	return found;
}

/* *home: is some of it in the file that the import is of? */
static int probe_rule(struct targets *t, const struct py_view *view, struct interp_facts *f,
		      size_t i, const struct import *import, bool *home, struct err *err)
{
	const struct rule *rule = &f->policy->rules.rules[i];
	const struct py_cfuncs *c = &f->plan.rules[i].cfuncs;
	int ret = 0;

	*home = false;
	for (size_t k = 0; k < c->count && !ret; k++) {
		struct py_cfunc *one = &c->list[k];

		ret = py_cfuncs_locate(view, &one, 1, err);
		if (!ret && one->refused) {
			t->places_refused++;
			ret = err_set(err, -EOPNOTSUPP, "%s", one->refused);
		}
		if (!ret)
			ret = direct_probe_add(t->direct, f->group, rule_func_name(rule),
					       rule->place, one, err);
		if (!ret && import)
			*home |= kern_import_is_from(t->kern, import, one->file->fd);
		/* The probe holds the file; there may be a hundred of these. */
		py_code_file_unref(TAKE_PTR(one->file));
	}
	return ret ? ret : direct_probes_attach(t->direct, err);
}

/*
 * Puts probes on what was found; are all of them there, and each in the file that the import is of?
 */
static bool probe_found(struct targets *t, const struct py_view *view, struct interp_facts *f,
			const struct import *import)
{
	struct group *g = groups_find(&t->groups, f->group);
	bool done = true;

	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		struct plan_rule *r = &f->plan.rules[i];
		struct err err;
		bool home;

		if (!r->found)
			continue;
		r->pending = r->found = false;
		if (probe_rule(t, view, f, i, import, &home, &err)) {
			log_warn("rule \"%s\" cannot be watched in pid %d: %s",
				 f->policy->rules.rules[i].name, view->pid, err.msg);
			home = false;
		}
		done &= home;
	}
	if (!has_pending(f)) {
		for (size_t i = 0; i < ARRAY_SIZE(g->codes); i++)
			uprobes_free(TAKE_PTR(g->codes[i]));
	}
	return done;
}

static bool can_look(const struct targets *t, const struct process *p, struct py_view *view)
{
	if (t->ending || !p->interp || p->leaving)
		return false;
	*view = p->view;
	return true;
}

/* Looks for functions: are there some? */
static bool look_for(struct targets *t, struct process *p, const struct py_view *view,
		     const struct import *import, bool *all)
{
	struct look look;
	size_t found;

	if (!targets_look_begin(t, p, &look))
		return false;
	found = find_functions(view, p->interp, import, all);
	targets_look_end(t, p, &look);
	return found;
}

/* Finding a place is another look, at files for the most part. */
static bool look_and_probe(struct targets *t, struct process *p, const struct py_view *view,
			   const struct import *import)
{
	struct look look;
	bool done;

	if (!targets_look_begin(t, p, &look))
		return false;
	done = probe_found(t, view, p->interp, import);
	return !targets_look_end(t, p, &look) && done;
}

void targets_look_for_late(struct targets *t, struct process *p)
{
	struct py_view view;
	bool all;

	if (can_look(t, p, &view) && has_pending(p->interp) && look_for(t, p, &view, NULL, &all))
		look_and_probe(t, p, &view, NULL);
}

/*
 * So long a thread that is held has to stop: it takes some microseconds, unless it does not want
 * to.
 */
#define STOP_MS 100

/* Has a thread that the kernel side holds stopped instead. */
static bool stop_held(struct targets *t, const struct ev_hold *asked)
{
	pid_t tid = (pid_t)asked->hdr.tid;
	bool stopping = stops_begin(&t->stops, tid);

	holds_stop(kern_holds(t->kern), asked);
	return stopping && stops_wait(&t->stops, tid, STOP_MS);
}

static void let_go(struct targets *t, const struct ev_hold *asked)
{
	holds_end(kern_holds(t->kern), asked); /* it may be held again */
	stops_end(&t->stops, (pid_t)asked->hdr.tid);
}

/* Was the thread served with another one?  Each time that one is held it reports once. */
static bool take_served(struct targets *t, const struct ev_hold *asked)
{
	for (size_t i = 0; i < t->nr_served; i++) {
		if (t->served[i].hdr.tid == asked->hdr.tid &&
		    t->served[i].hdr.time_ns == asked->hdr.time_ns) {
			t->served[i] = t->served[--t->nr_served];
			return true;
		}
	}
	return false;
}

/*
 * Stops those that are held beside this one in the process: they would spin meanwhile, and not for
 * longer than they may.  They are at the end of t->served; how many.
 */
static size_t stop_others(struct targets *t, const struct ev_hold *asked)
{
	struct ev_hold *others = &t->served[t->nr_served];
	size_t n = holds_take_others(kern_holds(t->kern), asked, others, SERVED_MAX - t->nr_served);

	for (size_t i = 0; i < n; i++)
		t->imports_late += !stop_held(t, &others[i]);
	t->nr_served += n;
	return n;
}

/*
 * The thread is held by the kernel side, spinning, unless it has waited for too long already.
 * Putting probes on has to wait for all processors to pass through the scheduler, so for that long
 * it is stopped instead; it owns the GIL, so that no other thread of its interpreter runs Python
 * either.  Sub-interpreters may import at the same time.
 */
static void look_at_import(struct targets *t, struct process *p, const struct ev_hold *asked)
{
	const struct import *import;
	struct py_view view;
	size_t nr_others;
	bool all;

	if (!can_look(t, p, &view)) {
		holds_answer(kern_holds(t->kern), asked, 0);
		return;
	}
	nr_others = stop_others(t, asked);
	/* What those import is still to be read. */
	import = nr_others ? &any_import : &asked->import;
	if (!look_for(t, p, &view, import, &all)) {
		holds_answer(kern_holds(t->kern), asked, 0);
	} else {
		t->imports_late += !stop_held(t, asked);
		if (look_and_probe(t, p, &view, import) && all && p->interp->policy == t->policy)
			kern_import_looked(t->kern, import);
		let_go(t, asked);
	}
	for (size_t i = 0; i < nr_others; i++)
		let_go(t, &t->served[t->nr_served - 1 - i]);
}

static void look_at_launch(struct targets *t, struct process *p, const struct ev_hold *asked)
{
	/* It has been looked at meanwhile, or is over. */
	if (t->ending || p->unchosen || (p->interp && !p->undecided)) {
		holds_answer(kern_holds(t->kern), asked, 0);
		return;
	}
	t->imports_late += !stop_held(t, asked);
	targets_look_at_new(t, p);
	let_go(t, asked);
}

int targets_held(struct targets *t, const void *record, size_t size)
{
	struct ev_hold asked;
	struct process *p;

	if (size < sizeof(asked))
		return -EPROTO;
	memcpy(&asked, record, sizeof(asked));
	if (take_served(t, &asked))
		return 0;
	holds_take(kern_holds(t->kern), &asked);
	p = processes_find(&t->processes, asked.hdr.pid);
	if (!p)
		holds_answer(kern_holds(t->kern), &asked, 0);
	else if (asked.kind == HOLD_IMPORT)
		look_at_import(t, p, &asked);
	else if (asked.kind == HOLD_LAUNCH)
		look_at_launch(t, p, &asked);
	else
		return -EPROTO;
	return 0;
}

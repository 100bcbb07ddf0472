// SPDX-License-Identifier: GPL-2.0-only
/* Taking processes up, and letting them go. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "base/look.h"
#include "engine/engine_priv.h"
#include "policy/plan.h"
#include "py/interp.h"

static void facts_unrefp(struct interp_facts **f)
{
	interp_facts_unref(*f);
}

/* What is to be kept of an interpreter: which kind each rule gets, and where the kinds' probes go. */
static int facts_new(struct engine *e, struct py_interp *interp, struct interp_facts **out,
		     struct err *err)
{
	_cleanup_(facts_unrefp) struct interp_facts *f = calloc(1, sizeof(*f));
	const struct rule_set *rules = e->opts->rules;
	int ret;

	if (!f)
		return err_set(err, -ENOMEM, "out of memory");
	f->refs = 1;
	f->nr_rules = rules->nr_rules;
	snprintf(f->version, sizeof(f->version), "%s", interp->version);
	ret = groups_get(&e->groups, interp->elf, interp->path, &f->group, err);
	if (ret)
		return ret;
	groups_describe(&e->groups, f->group, interp);
	f->probe_of_rule = calloc(f->nr_rules, sizeof(*f->probe_of_rule));
	py_view_init(&f->view, interp);
	f->qualnames = qualnames_new();
	if (!f->probe_of_rule || !f->qualnames)
		return err_set(err, -ENOMEM, "out of memory");
	ret = plan_make(interp, rules, &e->choice, &f->plan, err);
	/* What was not seen of this process must not be taken for what others have. */
	if (look_current() && look_current()->failed)
		ret = err_set(err, -ETIMEDOUT, "pid %d did not answer", interp->pid);
	for (size_t i = 0; !ret && i < f->nr_rules; i++) {
		enum phrude_probe probe = f->plan.rules[i].probe;
		struct kind_sites *k = &f->kinds[probe];

		f->probe_of_rule[i] = probe;
		f->refused += f->plan.rules[i].refused;
		if (f->plan.rules[i].partial && e->choice.forced == PROBE_NONE && !e->ready)
			log_warn("rule \"%s\": some calls only are seen in pid %d: %s",
				 rules->rules[i].name, interp->pid,
				 f->plan.rules[i].why ? f->plan.rules[i].why : "nothing sees all");
		ret = kern_need(e->kern, probe, err);
		if (!ret && !k->count && probe_kind(probe)->sites)
			ret = probe_kind(probe)->sites(interp, k->sites, &k->count, err);
	}
	e->places_refused += f->refused;
	if (ret)
		return ret;
	*out = TAKE_PTR(f);
	return 0;
}

int engine_set_start(struct engine *e, uint32_t group, const struct py_template *image,
		     struct py_site *site, struct err *err)
{
	struct group *g = groups_find(&e->groups, group);
	int ret = kern_template_set(e->kern, group, image);

	if (ret)
		return err_set(err, ret, "cannot describe an interpreter to the kernel: %s",
			       strerror(-ret));
	if (g->start)
		return 0;
	site->cookie = phrude_cookie_group(0, group);
	return uprobes_open(e->kern, kern_start_program(e->kern), ATTACH_ALL, g->file, site, 1,
			    &g->start, err);
}

/* Has the kernel side know the interpreter again after an exec. */
static int make_template(struct engine *e, const struct py_interp *interp, struct interp_facts *f,
			 struct err *err)
{
	struct group *g = groups_find(&e->groups, f->group);
	struct py_template image;
	struct py_site site;
	int ret;

	/* What a process that hides its functions makes of the rules is not for others that run its interpreter. */
	if (g->facts || f->refused)
		return 0;
	if (py_template_make(interp, &image, &site)) {
		log_debug("%s cannot be known again after an exec", interp->path);
		return 0;
	}
	ret = engine_set_start(e, f->group, &image, &site, err);
	if (!ret)
		g->facts = interp_facts_ref(f);
	return ret;
}

/* Puts on the interpreter's file the probes that cover all processes, as far as they are not there yet. */
static int attach_wide(struct engine *e, const struct interp_facts *f, struct err *err)
{
	struct group *g = groups_find(&e->groups, f->group);
	int ret = 0;

	for (size_t i = 0; i < f->plan.nr_rules && !ret; i++) {
		const struct rule *rule = &e->opts->rules->rules[i];
		const struct py_cfuncs *c = &f->plan.rules[i].cfuncs;

		/* Those without a file have their probes already. */
		for (size_t k = 0; k < c->count && !ret; k++) {
			if (c->list[k].file)
				ret = direct_probe_add(e->direct, f->group, rule_func_name(rule),
						       rule->place, &c->list[k], err);
		}
	}
	if (!ret)
		ret = direct_probes_attach(e->direct, err);
	if (!ret)
		engine_pass_ahead(e, f);
	/* The probes keep the files open from now on. */
	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		const struct py_cfuncs *c = &f->plan.rules[i].cfuncs;

		for (size_t k = 0; k < c->count; k++)
			py_code_file_unref(TAKE_PTR(c->list[k].file));
	}
	for (int i = 0; i < NR_PROBES && !ret; i++) {
		const struct kind_sites *k = &f->kinds[i];

		if (k->count && probe_kind(i)->wide && !g->attachments[i])
			ret = attach_process(e->kern, ATTACH_ALL, f->group, g->file, i, k->sites,
					     k->count, ~(1u << PY_SITE_HOT), &g->attachments[i],
					     err);
	}
	return ret;
}

/* Puts on `p` the probes that its rules need and that it does not have; *added: there were any. */
static int attach_own(struct engine *e, struct process *p, bool *added, struct err *err)
{
	const struct interp_facts *f = p->interp;
	const struct group *g = groups_find(&e->groups, f->group);

	if (e->ending)
		return 0;
	for (int i = 0; i < NR_PROBES; i++) {
		const struct kind_sites *k = &f->kinds[i];
		int ret;

		if (!k->count || p->attachments[i] || probe_kind(i)->wide)
			continue;
		/* Needed: a process that is gone by now has had its calls unseen. */
		*added = true;
		ret = attach_process(e->kern, p->pid, f->group, g->file, i, k->sites, k->count,
				     ATTACH_ROLES_ALL, &p->attachments[i], err);
		if (ret)
			return ret;
	}
	return 0;
}

static int attach_needed(struct engine *e, struct process *p, struct err *err)
{
	bool added;
	int ret = attach_wide(e, p->interp, err);

	return ret ? ret : attach_own(e, p, &added, err);
}

static void say_beside(const struct py_interp *interp)
{
	if (interp->beside)
		log_warn("pid %d runs two Pythons at once: what runs in %s is not seen, only that "
			 "in %s",
			 interp->pid, interp->beside, interp->path);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int add_target(struct engine *e, pid_t pid, uint64_t thread_pointer, struct err *err)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	_cleanup_(facts_unrefp) struct interp_facts *facts = NULL;
	struct process *p;
	pid_t tgid = pid;
	int ret;

	ret = py_interp_open_at(pid, thread_pointer, &interp, err);
	if (ret)
		return ret;
	if (proc_tgid(pid, &tgid) == 0 && tgid != pid)
		return err_set(err, -ESRCH, "%d is a thread of process %d: give --pid %d", pid,
			       tgid, tgid);
	say_beside(interp);
	ret = facts_new(e, interp, &facts, err);
	if (ret)
		return ret;
	engine_say_unarmed(e, facts, interp);
	p = processes_add(&e->processes, pid);
	if (!p)
		return err_set(err, -ENOMEM, "out of memory");
	if (!p->family)
		p->family = engine_family(e);
	p->target = true;
	process_set_interp(p, facts);
	py_view_init(&p->view, interp);
	engine_note_program(e, p);
	ret = make_template(e, interp, facts, err);
	if (!ret)
		ret = engine_watch_imports(e, interp, facts, err);
	if (!ret)
		ret = kern_proc_set(e->kern, pid, &interp->proc, err);
	/* From now on an exec is told of. */
	if (!ret)
		engine_facts_attach(p, interp->start_time);
	if (!ret)
		ret = attach_needed(e, p, err);
	if (!ret)
		ret = engine_arm(e, p, interp, err);
	p->attached = now_ns();
	if (!ret)
		engine_look_for_late(e, p); /* what was imported meanwhile */
	if (!ret && look_current()->failed)
		ret = err_set(err, -ETIMEDOUT, "pid %d did not answer", pid);
	if (!ret && !py_interp_is_alive(interp))
		ret = err_set(err, -ESRCH, "pid %d ended while probes were put on it", pid);
	if (ret) {
		kern_proc_delete(e->kern, pid);
		processes_remove(&e->processes, pid);
	}
	return ret;
}

int engine_add_target(struct engine *e, pid_t pid, uint64_t thread_pointer, struct err *err)
{
	struct look look;
	char why[160];
	int ret;

	look_begin(&look, pid, LOOK_FIRST);
	ret = add_target(e, pid, thread_pointer, err);
	/* Made between its being looked at and its having probes, sub-interpreters change the plan. */
	if (ret == -EBUSY)
		ret = add_target(e, pid, thread_pointer, err);
	if (look_end(&look) && ret) {
		e->looks_given_up++;
		ret = err_set(err, -ETIMEDOUT, "pid %d: %s: it cannot be traced", pid,
			      look_failure(&look, why, sizeof(why)));
	}
	return ret;
}

void engine_detach_own(struct process *p)
{
	for (int i = 0; i < NR_PROBES; i++) {
		attachment_free(p->attachments[i]);
		p->attachments[i] = NULL;
	}
}

/* Looks at the interpreter of a process anew, which is traced already, and puts the probes on it. */
static int look_anew(struct engine *e, struct process *p, struct err *err)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	_cleanup_(facts_unrefp) struct interp_facts *facts = NULL;
	const struct group *g;
	uint32_t group;
	int ret;

	ret = py_interp_open(p->pid, &interp, err);
	if (ret == -EAGAIN)
		engine_await_start(e, p, NULL);
	if (ret)
		return ret;
	/* Which modules it has cannot be told yet; its start will be reported. */
	if (!interp->initialised) {
		engine_await_start(e, p, interp);
		return err_set(err, -EAGAIN, "it has only just started");
	}
	say_beside(interp);
	ret = groups_get(&e->groups, interp->elf, interp->path, &group, err);
	if (ret)
		return ret;
	/* A look takes some time, and another process may be about to run the same. */
	engine_await_start(e, p, interp);
	g = groups_find(&e->groups, group);
	if (g->facts) {
		facts = interp_facts_ref(g->facts);
		groups_describe(&e->groups, group, interp);
	} else {
		ret = facts_new(e, interp, &facts, err);
		if (ret)
			return ret;
	}
	/* Probes on the same file go on working over an exec; those on another file are of no use any more. */
	if (!p->interp || p->interp->group != facts->group)
		engine_detach_own(p);
	process_set_interp(p, facts);
	py_view_init(&p->view, interp);
	engine_note_program(e, p);
	ret = make_template(e, interp, facts, err);
	if (!ret)
		ret = engine_watch_imports(e, interp, facts, err);
	if (!ret)
		ret = kern_proc_set(e->kern, p->pid, &interp->proc, err);
	if (!ret)
		ret = attach_needed(e, p, err);
	if (!ret)
		ret = engine_arm(e, p, interp, err);
	if (ret == -EBUSY) {
		log_warn("pid %d: it has sub-interpreters, so that functions which exist already "
			 "cannot be armed: "
			 "calls of those that are not may be missed; --no-arm does without",
			 p->pid);
		ret = 0;
	}
	if (!ret)
		engine_look_for_late(e, p);
	return ret;
}

int engine_retrace(struct engine *e, struct process *p, struct err *err)
{
	struct look look;
	int ret;

	if (!engine_look_begin(e, p, &look))
		return err_set(err, -EBUSY, "it is not looked at: %s",
			       engine_may_look_ever(e, p)
				       ? "looks at its family have taken too much time"
				       : "its family has not answered too often");
	ret = look_anew(e, p, err);
	if (engine_look_end(e, p, &look))
		ret = err_set(err, -ETIMEDOUT, "it did not answer");
	return ret;
}

void engine_give_up(struct process *p, int ret, const char *after, const struct err *err)
{
	if (ret != -ENOEXEC && ret != -ESRCH && ret != -EAGAIN)
		log_warn("pid %d is not traced after %s: %s", p->pid, after, err->msg);
	engine_detach_own(p);
	process_set_interp(p, NULL);
	p->undecided = 0;
}

/* What is probed goes on being traced. */
static bool is_unanswered(int ret)
{
	return ret == -ETIMEDOUT || ret == -EBUSY;
}

/* That is what one looks like that ends.  It has left in the ring what is still to be understood. */
static bool is_ending(int ret)
{
	return ret == -ESRCH || ret == -ENOEXEC || ret == -EAGAIN;
}

void engine_fork(struct engine *e, struct process *p)
{
	struct err err;
	bool added = false;
	int ret = attach_own(e, p, &added, &err);

	/* Probes that cover all processes cover the child as well, from its first instruction on; but if its parent was
	 * being armed, what was left to do then is to be done in the child, too. */
	if (!ret && engine_arm_inherited(e, p)) {
		added = true;
		ret = engine_retrace(e, p, &err);
	}
	e->forks_late += added;
	if (ret && !is_unanswered(ret) && !is_ending(ret))
		engine_give_up(p, ret, "a fork", &err);
}

void engine_fork_late(struct engine *e, struct process *p, const struct process *parent)
{
	struct py_proc proc, own;
	struct err err;
	bool added;
	int ret = 0;

	e->forks_late++;
	/* It has its parent's memory, so that nothing has to be looked up. */
	if (!kern_proc_get(e->kern, p->pid, &own) && own.state == PY_PROC_ATTACHING &&
	    !kern_proc_get(e->kern, parent->pid, &proc) && proc.state == PY_PROC_TRACED) {
		if (proc.image)
			proc.image = kern_new_image(e->kern);
		ret = kern_proc_set(e->kern, p->pid, &proc, &err);
	}
	if (!ret)
		ret = attach_own(e, p, &added, &err);
	/* Its functions are not armed; or its parent has ended. */
	if (!ret && (p->interp->kinds[PROBE_ARM].count ||
		     (!kern_proc_get(e->kern, p->pid, &own) && own.state == PY_PROC_ATTACHING)))
		ret = engine_retrace(e, p, &err);
	p->attached = now_ns();
	if (ret && !is_unanswered(ret) && !is_ending(ret))
		engine_give_up(p, ret, "a fork", &err);
}

void engine_unarmed(struct engine *e, struct process *p)
{
	struct err err;
	int ret;

	if (p->arming || !p->interp || p->deaf)
		return;
	ret = engine_retrace(e, p, &err);
	if (ret && !is_unanswered(ret))
		engine_give_up(p, ret, "a function could not be armed", &err);
}

void engine_check_targets(struct engine *e)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		struct process *p, *next;

		for (p = e->processes.buckets[i]; p; p = next) {
			next = p->next;
			engine_armed(p);
			engine_look_for_late(
				e, p); /* what comes into a module without an import of a C one */
			if (!kill(p->pid, 0) || errno != ESRCH) {
				p->gone = false;
				continue;
			}
			/* What it left in the ring is read before the next look, and must not meet a process unknown. */
			if (!p->gone) {
				p->gone = true;
				continue;
			}
			kern_proc_delete(e->kern, p->pid);
			processes_remove(&e->processes, p->pid);
		}
	}
}

static int by_pid(const void *a, const void *b)
{
	const struct process *const *pa = a, *const *pb = b;

	return (*pa)->pid < (*pb)->pid ? -1 : (*pa)->pid > (*pb)->pid;
}

void engine_say_ready(struct engine *e)
{
	_cleanup_free_ struct process **list = calloc(e->processes.count + 1, sizeof(*list));
	_cleanup_buf_ struct buf who = { 0 }, probes = { 0 };
	size_t n = 0;

	if (!list)
		return;
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (struct process *p = e->processes.buckets[i]; p; p = p->next) {
			if (p->interp)
				list[n++] = p;
		}
	}
	if (!n)
		return;
	qsort(list, n, sizeof(struct process *), by_pid);
	for (size_t i = 0; i < n; i++)
		buf_printf(&who, "%spid %d CPython %s", i ? ", " : "", list[i]->pid,
			   list[i]->interp->version);
	plan_print(&probes, list[0]->interp->probe_of_rule, list[0]->interp->nr_rules);
	log_info("ready: %s, %zu rules, probes: %s", who.data, e->opts->rules->nr_rules,
		 probes.data);
	e->ready = true;
}

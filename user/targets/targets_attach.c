// SPDX-License-Identifier: GPL-2.0-only
/* Taking processes up, and letting them go. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "base/look.h"
#include "targets/targets_priv.h"
#include "policy/plan.h"
#include "py/interp.h"

static void facts_unrefp(struct interp_facts **f)
{
	interp_facts_unref(*f);
}

/*
 * What is to be kept of an interpreter: which kind each rule gets, and where the kinds' probes go.
 */
static int facts_new(struct targets *t, struct py_interp *interp, struct interp_facts **out,
		     struct err *err)
{
	_cleanup_(facts_unrefp) struct interp_facts *f = calloc(1, sizeof(*f));
	const struct rule_set *rules = &t->policy->rules;
	int ret;

	if (!f)
		return err_set(err, -ENOMEM, "out of memory");
	f->refs = 1;
	f->policy = policy_ref(t->policy);
	snprintf(f->version, sizeof(f->version), "%s", interp->version);
	ret = groups_get(&t->groups, interp->elf, interp->path, &f->group, err);
	if (ret)
		return ret;
	groups_describe(&t->groups, f->group, interp);
	f->probe_of_rule = calloc(rules->nr_rules + 1, sizeof(*f->probe_of_rule));
	py_view_init(&f->view, interp);
	f->qualnames = qualnames_new();
	if (!f->probe_of_rule || !f->qualnames)
		return err_set(err, -ENOMEM, "out of memory");
	ret = plan_examine(interp, rules, &t->config.choice, &f->plan, err);
	/* What was not seen of this process must not be taken for what others have. */
	if (look_current() && look_current()->failed)
		ret = err_set(err, -ETIMEDOUT, "pid %d did not answer", interp->pid);
	for (size_t i = 0; !ret && i < rules->nr_rules; i++) {
		enum phrude_probe probe = f->plan.rules[i].probe;
		struct kind_sites *k = &f->kinds[probe];

		f->probe_of_rule[i] = probe;
		f->refused += f->plan.rules[i].refused;
		if (probe == PROBE_NONE)
			continue;
		if (f->plan.rules[i].partial && t->config.choice.forced == PROBE_NONE && !t->ready)
			log_warn("rule \"%s\": some calls only are seen in pid %d: %s",
				 rules->rules[i].name, interp->pid,
				 f->plan.rules[i].why ? f->plan.rules[i].why : "nothing sees all");
		ret = kern_need(t->kern, probe, err);
		if (!ret && !k->count && probe_kind(probe)->sites)
			ret = probe_kind(probe)->sites(interp, k->sites, &k->count, err);
	}
	t->places_refused += f->refused;
	if (ret)
		return ret;
	*out = TAKE_PTR(f);
	return 0;
}

int targets_check_rules(const struct targets *t, pid_t pid, const struct interp_facts *f,
			struct err *err)
{
	const struct process *p = processes_find(&t->processes, pid);
	struct config_list list = policy_list(f->policy, p ? p->selected : NULL);

	for (size_t i = list.first; i < list.first + list.count; i++) {
		if (f->probe_of_rule[i] == PROBE_NONE)
			return err_set(err, -EOPNOTSUPP,
				       "rule \"%s\" cannot be watched in pid %d: %s",
				       f->policy->rules.rules[i].name, pid,
				       f->plan.rules[i].why ?: "no probe kind sees it");
	}
	return 0;
}

int targets_set_start(struct targets *t, uint32_t group, const struct py_template *image,
		      struct py_site *site, struct err *err)
{
	struct group *g = groups_find(&t->groups, group);
	int ret = kern_template_set(t->kern, group, image);

	if (ret)
		return err_set(err, ret, "cannot describe an interpreter to the kernel: %s",
			       strerror(-ret));
	g->start_addr = image->start;
	if (g->start)
		return 0;
	site->cookie = phrude_cookie_group(0, group);
	return uprobes_open(t->kern, kern_start_program(t->kern), ATTACH_ALL, g->file, site, 1,
			    &g->start, err);
}

/* Has the kernel side know the interpreter again after an exec. */
static int make_template(struct targets *t, const struct py_interp *interp, struct interp_facts *f,
			 struct err *err)
{
	struct group *g = groups_find(&t->groups, f->group);
	struct py_template image;
	struct py_site site;
	int ret;

	/*
	 * What a process that hides its functions makes of the rules is not for others that run its
	 * interpreter.
	 */
	if ((g->facts && g->facts->policy == f->policy) || f->refused)
		return 0;
	if (py_template_make(interp, &image, &site)) {
		log_debug("%s cannot be known again after an exec", interp->path);
		return 0;
	}
	ret = targets_set_start(t, f->group, &image, &site, err);
	if (ret)
		return ret;
	interp_facts_unref(g->facts);
	g->facts = interp_facts_ref(f);
	return 0;
}

/*
 * Puts on the interpreter's file the probes that cover all processes, as far as they are not there
 * yet.
 */
static int attach_wide(struct targets *t, const struct interp_facts *f, struct err *err)
{
	struct group *g = groups_find(&t->groups, f->group);
	int ret = 0;

	for (size_t i = 0; i < f->plan.nr_rules && !ret; i++) {
		const struct rule *rule = &f->policy->rules.rules[i];
		const struct py_cfuncs *c = &f->plan.rules[i].cfuncs;

		/* Those without a file have their probes already. */
		for (size_t k = 0; k < c->count && !ret; k++) {
			if (c->list[k].file)
				ret = direct_probe_add(t->direct, f->group, rule_func_name(rule),
						       rule->place, &c->list[k], err);
		}
	}
	if (!ret)
		ret = direct_probes_attach(t->direct, err);
	if (!ret)
		targets_pass_ahead(t, f);
	/* The probes keep the files open from now on. */
	for (size_t i = 0; i < f->plan.nr_rules; i++) {
		const struct py_cfuncs *c = &f->plan.rules[i].cfuncs;

		for (size_t k = 0; k < c->count; k++)
			py_code_file_unref(TAKE_PTR(c->list[k].file));
	}
	for (int i = 0; i < NR_PROBES && !ret; i++) {
		const struct kind_sites *k = &f->kinds[i];

		if (k->count && probe_kind(i)->wide && !g->attachments[i])
			ret = attach_process(t->kern, ATTACH_ALL, f->group, g->file, i, k->sites,
					     k->count, ~(1u << PY_SITE_HOT), &g->attachments[i],
					     err);
	}
	return ret;
}

/* Puts on `p` the probes that its rules need and that it does not have; *added: there were any. */
static int attach_own(struct targets *t, struct process *p, bool *added, struct err *err)
{
	const struct interp_facts *f = p->interp;
	const struct group *g = groups_find(&t->groups, f->group);

	if (t->ending)
		return 0;
	for (int i = 0; i < NR_PROBES; i++) {
		const struct kind_sites *k = &f->kinds[i];
		int ret;

		if (!k->count || p->attachments[i] || probe_kind(i)->wide || !process_needs(p, i))
			continue;
		/* Needed: a process that is gone by now has had its calls unseen. */
		*added = true;
		ret = attach_process(t->kern, p->pid, f->group, g->file, i, k->sites, k->count,
				     ATTACH_ROLES_ALL, &p->attachments[i], err);
		if (ret)
			return ret;
	}
	return 0;
}

static int attach_needed(struct targets *t, struct process *p, struct err *err)
{
	bool added;
	int ret = attach_wide(t, p->interp, err);

	return ret ? ret : attach_own(t, p, &added, err);
}

static void say_beside(const struct py_interp *interp)
{
	if (interp->beside)
		log_warn("pid %d runs two Pythons at once: what runs in %s is not seen, only that "
			 "in %s",
			 interp->pid, interp->beside, interp->path);
}

static int add_target(struct targets *t, pid_t pid, uint64_t thread_pointer, struct err *err)
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
	ret = facts_new(t, interp, &facts, err);
	if (!ret)
		ret = targets_check_rules(t, pid, facts, err);
	if (ret)
		return ret;
	targets_say_unarmed(t, facts, interp);
	p = processes_add(&t->processes, pid);
	if (!p)
		return err_set(err, -ENOMEM, "out of memory");
	if (!p->family)
		p->family = targets_new_family(t);
	if (!p->share)
		p->share = pid;
	p->target = true;
	process_set_interp(p, facts);
	py_view_init(&p->view, interp);
	targets_note_program(t, p);
	ret = make_template(t, interp, facts, err);
	if (!ret)
		ret = targets_watch_imports(t, interp, facts, err);
	if (!ret)
		ret = kern_proc_set(t->kern, pid, &interp->proc, err);
	/* From now on an exec is told of. */
	if (!ret) {
		targets_facts_attach(t, p, interp->start_time);
		identities_publish(&t->identities, p);
	}
	if (!ret)
		ret = attach_needed(t, p, err);
	if (!ret)
		ret = targets_arm(t, p, interp, err);
	p->attached = clock_now_ns();
	if (!ret)
		targets_look_for_late(t, p); /* what was imported meanwhile */
	if (!ret && look_current()->failed)
		ret = err_set(err, -ETIMEDOUT, "pid %d did not answer", pid);
	if (!ret && !py_interp_is_alive(interp))
		ret = err_set(err, -ESRCH, "pid %d ended while probes were put on it", pid);
	if (ret)
		targets_let_go(t, pid);
	return ret;
}

int targets_add(struct targets *t, pid_t pid, uint64_t thread_pointer, struct err *err)
{
	struct look look;
	char why[160];
	int ret;

	look_begin(&look, pid, LOOK_FIRST);
	ret = add_target(t, pid, thread_pointer, err);
	/*
	 * Made between its being looked at and its having probes, sub-interpreters change the plan.
	 */
	if (ret == -EBUSY)
		ret = add_target(t, pid, thread_pointer, err);
	if (look_end(&look) && ret) {
		t->looks_given_up++;
		ret = err_set(err, -ETIMEDOUT, "pid %d: %s: it cannot be traced", pid,
			      look_failure(&look, why, sizeof(why)));
	}
	return ret;
}

void targets_detach_own(struct process *p)
{
	for (int i = 0; i < NR_PROBES; i++) {
		attachment_free(p->attachments[i]);
		p->attachments[i] = NULL;
	}
}

/*
 * Looks at the interpreter of a process anew, which is traced already, and puts the probes on it.
 */
static int look_anew(struct targets *t, struct process *p, struct err *err)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	_cleanup_(facts_unrefp) struct interp_facts *facts = NULL;
	const struct group *g;
	uint32_t group;
	int ret;

	ret = py_interp_open(p->pid, &interp, err);
	if (ret == -EAGAIN)
		targets_await_start(t, p, NULL);
	if (ret)
		return ret;
	/* Which modules it has cannot be told yet; its start will be reported. */
	if (!interp->initialised) {
		targets_await_start(t, p, interp);
		return err_set(err, -EAGAIN, "it has only just started");
	}
	say_beside(interp);
	ret = groups_get(&t->groups, interp->elf, interp->path, &group, err);
	if (ret)
		return ret;
	/* A look takes some time, and another process may be about to run the same. */
	targets_await_start(t, p, interp);
	g = groups_find(&t->groups, group);
	if (g->facts && g->facts->policy == t->policy) {
		facts = interp_facts_ref(g->facts);
		groups_describe(&t->groups, group, interp);
	} else {
		ret = facts_new(t, interp, &facts, err);
	}
	if (!ret)
		ret = targets_check_rules(t, p->pid, facts, err);
	if (ret)
		return ret;
	/*
	 * Probes on the same file go on working over an exec; those on another file are of no use
	 * any more.
	 */
	if (!p->interp || p->interp->group != facts->group)
		targets_detach_own(p);
	if (p->interp && p->interp->group == facts->group && p->interp->policy != facts->policy)
		process_renew_interp(p, facts, clock_now_ns());
	else
		process_set_interp(p, facts);
	py_view_init(&p->view, interp);
	targets_note_program(t, p);
	identities_publish(&t->identities, p);
	ret = make_template(t, interp, facts, err);
	if (!ret)
		ret = targets_watch_imports(t, interp, facts, err);
	if (!ret)
		ret = kern_proc_set(t->kern, p->pid, &interp->proc, err);
	if (!ret)
		ret = attach_needed(t, p, err);
	if (!ret)
		ret = targets_arm(t, p, interp, err);
	if (ret == -EBUSY) {
		log_warn("pid %d: it has sub-interpreters, so that functions which exist already "
			 "cannot be armed: "
			 "calls of those that are not may be missed; --no-arm does without",
			 p->pid);
		ret = 0;
	}
	if (!ret)
		targets_look_for_late(t, p);
	return ret;
}

int targets_retrace(struct targets *t, struct process *p, struct err *err)
{
	struct look look;
	int ret;

	/* Records that are read last tell of what was before. */
	if (t->ending)
		return err_set(err, -EBUSY, "the tracer ends");
	if (!targets_look_begin(t, p, &look))
		return err_set(err, -EBUSY, "it is not looked at: %s",
			       targets_may_look_ever(t, p)
				       ? "looks at its family have taken too much time"
				       : "its family has not answered too often");
	ret = look_anew(t, p, err);
	if (targets_look_end(t, p, &look))
		ret = err_set(err, -ETIMEDOUT, "it did not answer");
	return ret;
}

void targets_give_up(struct process *p, int ret, const char *after, const struct err *err)
{
	if (ret != -ENOEXEC && ret != -ESRCH && ret != -EAGAIN)
		log_warn("pid %d is not traced after %s: %s", p->pid, after, err->msg);
	targets_detach_own(p);
	process_set_interp(p, NULL);
	p->undecided = 0;
}

/* What is probed goes on being traced. */
static bool is_unanswered(int ret)
{
	return ret == -ETIMEDOUT || ret == -EBUSY;
}

/*
 * That is what one looks like that ends.  It has left in the ring what is still to be understood.
 */
static bool is_ending(int ret)
{
	return ret == -ESRCH || ret == -ENOEXEC || ret == -EAGAIN;
}

void targets_fork(struct targets *t, struct process *p)
{
	struct err err;
	bool added = false;
	int ret = attach_own(t, p, &added, &err);

	/*
	 * Probes that cover all processes cover the child as well, from its first instruction on;
	 * but if its parent was being armed, what was left to do then is to be done in the child,
	 * too.
	 */
	if (!ret && targets_arm_inherited(t, p)) {
		added = true;
		ret = targets_retrace(t, p, &err);
	}
	t->forks_late += added;
	if (ret && !is_unanswered(ret) && !is_ending(ret))
		targets_give_up(p, ret, "a fork", &err);
}

void targets_fork_late(struct targets *t, struct process *p, const struct process *parent)
{
	struct py_proc proc, own;
	struct err err;
	bool added;
	int ret = 0;

	t->forks_late++;
	/* It has its parent's memory, so that nothing has to be looked up. */
	if (!kern_proc_get(t->kern, p->pid, &own) && own.state == PY_PROC_ATTACHING &&
	    !kern_proc_get(t->kern, parent->pid, &proc) && proc.state == PY_PROC_TRACED) {
		if (proc.image)
			proc.image = kern_new_image(t->kern);
		ret = kern_proc_set(t->kern, p->pid, &proc, &err);
	}
	if (!ret)
		ret = attach_own(t, p, &added, &err);
	/* Its functions are not armed; or its parent has ended. */
	if (!ret && (p->interp->kinds[PROBE_ARM].count ||
		     (!kern_proc_get(t->kern, p->pid, &own) && own.state == PY_PROC_ATTACHING)))
		ret = targets_retrace(t, p, &err);
	p->attached = clock_now_ns();
	if (ret && !is_unanswered(ret) && !is_ending(ret))
		targets_give_up(p, ret, "a fork", &err);
}

void targets_unarmed(struct targets *t, struct process *p)
{
	struct err err;
	int ret;

	if (p->arming || !p->interp || p->deaf)
		return;
	ret = targets_retrace(t, p, &err);
	if (ret && !is_unanswered(ret))
		targets_give_up(p, ret, "a function could not be armed", &err);
}

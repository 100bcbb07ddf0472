// SPDX-License-Identifier: GPL-2.0-only
/* Taking processes up, and letting them go. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/engine_priv.h"
#include "engine/plan.h"
#include "py/interp.h"

static struct interp_facts *facts_new(const struct engine *e, const struct py_interp *interp)
{
	struct interp_facts *f = calloc(1, sizeof(*f));
	struct py_view view;

	if (!f)
		return NULL;
	f->refs = 1;
	f->nr_rules = e->opts->rules->nr_rules;
	f->probe_of_rule = calloc(f->nr_rules + 1, sizeof(*f->probe_of_rule));
	py_view_init(&view, interp);
	f->qualnames = qualnames_new(&view);
	if (!f->probe_of_rule || !f->qualnames) {
		interp_facts_unref(f);
		return NULL;
	}
	snprintf(f->version, sizeof(f->version), "%s", interp->version);
	f->dev = interp->dev;
	f->ino = interp->ino;
	return f;
}

static void facts_unrefp(struct interp_facts **f)
{
	interp_facts_unref(*f);
}

/* The number of the interpreter's group; 0: no memory. */
static uint32_t group_of(struct engine *e, const struct py_interp *interp)
{
	struct group *more;

	for (size_t i = 0; i < e->nr_groups; i++) {
		if (e->groups[i].dev == interp->dev && e->groups[i].ino == interp->ino)
			return i + 1;
	}
	more = realloc(e->groups, (e->nr_groups + 1) * sizeof(*more));
	if (!more)
		return 0;
	e->groups = more;
	e->groups[e->nr_groups++] = (struct group){ .dev = interp->dev, .ino = interp->ino };
	return e->nr_groups;
}

/* Puts on `p` the probes that its rules need and that it does not have. */
static int attach_needed(struct engine *e, struct process *p, const struct py_interp *interp,
			 const struct plan *plan, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < plan->nr_rules && !ret; i++) {
		const struct rule *rule = &e->opts->rules->rules[i];
		const struct plan_rule *r = &plan->rules[i];
		const struct attach_kind *kind;
		struct attachment **at;

		for (size_t k = 0; k < r->cfuncs.count && !ret; k++)
			ret = direct_probe_add(e->direct, interp->proc.group, rule_func_name(rule),
					       rule->place, &r->cfuncs.list[k], err);
		kind = attach_kind(r->probe);
		if (ret || !kind || !kind->sites)
			continue;
		at = kind->wide ? &e->groups[interp->proc.group - 1].attachments[r->probe]
				: &p->attachments[r->probe];
		if (!*at)
			ret = attach_process(e->kern, interp, r->probe, at, err);
	}
	return ret;
}

static void plan_finip(struct plan *plan)
{
	plan_fini(plan);
}

/* What the interpreter of a process is, and how its rules are watched. */
static int look_at(struct engine *e, pid_t pid, uint64_t thread_pointer,
		   struct py_interp **out_interp, struct interp_facts **out_facts,
		   struct plan *plan, struct err *err)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	_cleanup_(facts_unrefp) struct interp_facts *facts = NULL;
	int ret = py_interp_open_at(pid, thread_pointer, &interp, err);

	if (ret)
		return ret;
	facts = facts_new(e, interp);
	if (!facts)
		return err_set(err, -ENOMEM, "out of memory");
	ret = plan_make(interp, e->opts->rules, e->opts->probe, plan, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < plan->nr_rules; i++)
		facts->probe_of_rule[i] = plan->rules[i].probe;
	interp->proc.group = group_of(e, interp);
	if (!interp->proc.group)
		return err_set(err, -ENOMEM, "out of memory");
	*out_interp = TAKE_PTR(interp);
	*out_facts = TAKE_PTR(facts);
	return 0;
}

int engine_add_target(struct engine *e, pid_t pid, uint64_t thread_pointer, struct err *err)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	_cleanup_(facts_unrefp) struct interp_facts *facts = NULL;
	_cleanup_(plan_finip) struct plan plan = { 0 };
	struct process *p;
	int ret;

	ret = look_at(e, pid, thread_pointer, &interp, &facts, &plan, err);
	if (ret)
		return ret;
	p = processes_add(&e->processes, pid);
	if (!p)
		return err_set(err, -ENOMEM, "out of memory");
	p->target = true;
	process_set_interp(p, facts);
	ret = kern_proc_set(e->kern, pid, &interp->proc, err);
	if (!ret)
		ret = attach_needed(e, p, interp, &plan, err);
	if (!ret && !py_interp_is_alive(interp))
		ret = err_set(err, -ESRCH, "pid %d ended while probes were put on it", pid);
	if (ret) {
		kern_proc_delete(e->kern, pid);
		processes_remove(&e->processes, pid);
	}
	return ret;
}

void engine_exec(struct engine *e, struct process *p)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	_cleanup_(facts_unrefp) struct interp_facts *facts = NULL;
	_cleanup_(plan_finip) struct plan plan = { 0 };
	struct interp_facts *before = p->interp;
	bool same;
	struct err err;
	int ret;

	proc_facts_fini(&p->facts);
	p->facts_read = false;
	ret = look_at(e, p->pid, 0, &interp, &facts, &plan, &err);
	if (ret == -ENOEXEC || ret == -ESRCH) {
		kern_proc_delete(e->kern, p->pid);
		process_set_interp(p, NULL);
		return;
	}
	if (ret)
		goto fail;
	same = before && before->dev == facts->dev && before->ino == facts->ino;
	process_set_interp(p, facts);
	ret = kern_proc_set(e->kern, p->pid, &interp->proc, &err);
	if (ret)
		goto fail;
	/* Probes on the same file have come along; those on another file are of no use any more. */
	if (same)
		return;
	for (int i = 0; i < NR_PROBES; i++) {
		attachment_free(p->attachments[i]);
		p->attachments[i] = NULL;
	}
	if (!attach_needed(e, p, interp, &plan, &err))
		return;
fail:
	log_warn("pid %d is not traced any more after an exec: %s", p->pid, err.msg);
	kern_proc_delete(e->kern, p->pid);
	process_set_interp(p, NULL);
}

void engine_check_targets(struct engine *e)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		struct process *p, *next;

		for (p = e->processes.buckets[i]; p; p = next) {
			next = p->next;
			if (kill(p->pid, 0) && errno == ESRCH) {
				kern_proc_delete(e->kern, p->pid);
				processes_remove(&e->processes, p->pid);
			}
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

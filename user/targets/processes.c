// SPDX-License-Identifier: GPL-2.0-only
#include "targets/processes.h"

#include <stdlib.h>

#include "base/clock.h"

struct process *processes_find(const struct processes *ps, pid_t pid)
{
	hash_for_each_like(struct process, p, ps->table, (unsigned int)pid, link) {
		if (p->pid == pid)
			return p;
	}
	return NULL;
}

struct process *processes_add(struct processes *ps, pid_t pid)
{
	struct process *p = processes_find(ps, pid);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->pid = pid;
	p->since_ns = clock_ns(CLOCK_REALTIME);
	hash_add(ps->table, (unsigned int)pid, &p->link);
	ps->count++;
	return p;
}

static void process_free(struct process *p)
{
	arm_free(p->arming);
	for (int i = 0; i < NR_PROBES; i++)
		attachment_free(p->attachments[i]);
	interp_facts_unref(p->interp);
	interp_facts_unref(p->former);
	process_set_program(p, NULL);
	policy_unref(p->selected_by);
	free(p->container);
	kube_unref(p->kube);
	free(p);
}

void processes_remove(struct processes *ps, pid_t pid)
{
	struct process *p = processes_find(ps, pid);

	if (!p)
		return;
	hash_remove(ps->table, (unsigned int)pid, &p->link);
	ps->count--;
	process_free(p);
}

void processes_fini(struct processes *ps)
{
	processes_for_each(p, ps)
		processes_remove(ps, p->pid);
}

bool processes_alive(const struct processes *ps)
{
	processes_for_each(p, ps) {
		if (p->interp || p->undecided)
			return true;
	}
	return false;
}

struct interp_facts *interp_facts_ref(struct interp_facts *f)
{
	if (f)
		atomic_fetch_add(&f->refs, 1);
	return f;
}

void interp_facts_unref(struct interp_facts *f)
{
	if (!f || atomic_fetch_sub(&f->refs, 1) > 1)
		return;
	free(f->probe_of_rule);
	qualnames_free(f->qualnames);
	plan_fini(&f->plan);
	policy_unref(f->policy);
	free(f);
}

static void set_list(struct process *p)
{
	const struct policy *policy = p->interp ? p->interp->policy : NULL;

	p->list = policy ? policy_list(policy, p->selected) : (struct config_list){ 0 };
}

bool process_needs(const struct process *p, enum phrude_probe probe)
{
	const struct interp_facts *f = p->interp;

	for (size_t i = 0; f && i < p->list.count; i++) {
		if (f->probe_of_rule[p->list.first + i] == probe)
			return true;
	}
	return false;
}

void process_set_interp(struct process *p, struct interp_facts *interp)
{
	interp_facts_ref(interp);
	interp_facts_unref(p->interp);
	p->interp = interp;
	set_list(p);
	if (!interp)
		return;
	p->view = interp->view;
	p->view.pid = p->pid;
}

void process_renew_interp(struct process *p, struct interp_facts *interp, uint64_t now)
{
	interp_facts_unref(p->former);
	p->former = interp_facts_ref(p->interp);
	p->former_list = p->list;
	p->renewed = now;
	process_set_interp(p, interp);
}

void process_share_interp(struct process *p, const struct process *parent)
{
	process_set_interp(p, parent->interp);
	p->view = parent->view;
	p->view.pid = p->pid;
	interp_facts_ref(parent->former);
	interp_facts_unref(p->former);
	p->former = parent->former;
	p->former_list = parent->former_list;
	p->renewed = parent->renewed;
}

void process_select(struct process *p, const struct select_target *selected, struct policy *by)
{
	policy_ref(by);
	policy_unref(p->selected_by);
	p->selected_by = by;
	p->selected = selected;
	/* Of a reload the rules count once it has been looked at. */
	if (p->interp && p->interp->policy == by)
		set_list(p);
}

struct program *program_ref(struct program *program)
{
	if (program)
		atomic_fetch_add(&program->refs, 1);
	return program;
}

void program_unref(struct program *program)
{
	if (!program || atomic_fetch_sub(&program->refs, 1) > 1)
		return;
	proc_facts_fini(&program->facts);
	free(program);
}

void process_set_program(struct process *p, struct proc_facts *facts)
{
	struct program *program = facts ? calloc(1, sizeof(*program)) : NULL;

	if (program) {
		program->refs = 1;
		program->facts = *facts;
		*facts = (struct proc_facts){ 0 };
	}
	program_unref(p->program);
	p->program = program;
}

void process_share_program(struct process *p, const struct process *parent)
{
	struct program *program = program_ref(parent->program);

	program_unref(p->program);
	p->program = program;
}

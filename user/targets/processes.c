// SPDX-License-Identifier: GPL-2.0-only
#include "targets/processes.h"

#include <stdlib.h>

struct process *processes_find(const struct processes *ps, pid_t pid)
{
	struct process *p = ps->buckets[(unsigned int)pid % PROCESS_BUCKETS];

	while (p && p->pid != pid)
		p = p->next;
	return p;
}

struct process *processes_add(struct processes *ps, pid_t pid)
{
	struct process **bucket = &ps->buckets[(unsigned int)pid % PROCESS_BUCKETS];
	struct process *p = processes_find(ps, pid);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->pid = pid;
	p->next = *bucket;
	*bucket = p;
	ps->count++;
	return p;
}

static void process_free(struct process *p)
{
	arm_free(p->arming);
	for (int i = 0; i < NR_PROBES; i++)
		attachment_free(p->attachments[i]);
	interp_facts_unref(p->interp);
	process_set_program(p, NULL);
	free(p->container);
	free(p);
}

void processes_remove(struct processes *ps, pid_t pid)
{
	struct process **at = &ps->buckets[(unsigned int)pid % PROCESS_BUCKETS], *p;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	p = *at;
	if (!p)
		return;
	*at = p->next;
	ps->count--;
	process_free(p);
}

void processes_fini(struct processes *ps)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		while (ps->buckets[i])
			processes_remove(ps, ps->buckets[i]->pid);
	}
}

bool processes_alive(const struct processes *ps)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (const struct process *p = ps->buckets[i]; p; p = p->next) {
			if (p->interp || p->undecided)
				return true;
		}
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
	free(f);
}

void process_set_interp(struct process *p, struct interp_facts *interp)
{
	interp_facts_ref(interp);
	interp_facts_unref(p->interp);
	p->interp = interp;
	if (!interp)
		return;
	p->view = interp->view;
	p->view.pid = p->pid;
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

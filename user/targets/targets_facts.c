// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who a process is: its executable, command line and container.  All are known before its first alert, as it may have ended by
 * then: read when it is attached to, taken over from its parent at a fork, sent by the kernel side at an exec.  /proc
 * is asked only for what did not come so, and its answer counts only if the process is still the same.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "targets/targets_priv.h"
#include "event/program.h"

static uint64_t ticks(uint64_t ns)
{
	return ns / (1000000000U / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* Is it the process that this is about, or one that has its pid by now? */
static bool is_same(const struct process *p)
{
	uint64_t start;

	return !proc_stat(p->pid, &start, NULL, NULL) && (!p->start || p->start == start);
}

/* Its container, if it can be told: of an earlier one it keeps that. */
static void set_container(struct process *p, uint64_t cgroup)
{
	char *container = NULL;

	if (proc_container_read(p->pid, &container) || !is_same(p)) {
		free(container);
		/* The kernel knows it by another cgroup: it is no more in what it was in. */
		if (p->cgroup == cgroup)
			return;
		container = NULL;
	}
	free(p->container);
	p->container = container;
	p->cgroup = cgroup;
}

static void read_facts(struct process *p, bool memory)
{
	struct proc_facts facts = { 0 };

	p->program_read = true;
	if (proc_facts_read(p->pid, memory, &facts))
		return;
	if (is_same(p)) {
		free(p->container);
		p->container = TAKE_PTR(facts.container);
		process_set_program(p, &facts);
	}
	proc_facts_fini(&facts);
}

void targets_facts_attach(struct process *p, uint64_t start)
{
	p->start = start;
	read_facts(p, true);
}

void targets_facts_fork(struct process *p, struct process *parent, const struct ev_proc *ev)
{
	if (!parent->cgroup)
		parent->cgroup = ev->cgroup;
	p->start = ticks(ev->start);
	p->cgroup = parent->cgroup;
	free(p->container);
	p->container = parent->container ? strdup(parent->container) : NULL;
	process_share_program(p, parent);
	p->program_read = false;
}

bool targets_is_stale(const struct process *p, const struct ev_proc *ev)
{
	return p->start && p->start != ticks(ev->start);
}

/* From /proc: command lines stand in memory, which may not answer. */
static void look_at_facts(struct targets *t, struct process *p)
{
	struct look look;

	if (!targets_look_begin(t, p, &look)) {
		read_facts(p, false);
		return;
	}
	read_facts(p, true);
	targets_look_end(t, p, &look);
}

void targets_facts_exec(struct targets *t, struct process *p, const void *record, size_t size)
{
	struct proc_facts facts = { 0 };
	struct ev_proc ev;

	memcpy(&ev, record, sizeof(ev));
	p->start = ticks(ev.start);
	p->program_read = false;
	p->deaf = p->put_off = false;
	if (program_decode(record, size, &facts)) {
		process_set_program(p, NULL);
		look_at_facts(t, p);
	} else {
		process_set_program(p, &facts);
	}
	proc_facts_fini(&facts);
	set_container(p, ev.cgroup);
}

void targets_facts_find(struct targets *t, struct process *p, uint64_t cgroup)
{
	if (!p->program && !p->program_read)
		look_at_facts(t, p);
	if (!p->cgroup)
		p->cgroup = cgroup;
	if (p->cgroup != cgroup)
		set_container(p, cgroup);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who a process is: its executable, command line and container.  All are known before its first
 * alert, as it may have ended by then: read when it is attached to, taken over from its parent at a
 * fork, sent by the kernel side at an exec.  /proc is asked only for what did not come so, and its
 * answer counts only if the process is still the same.
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

bool targets_is_same(const struct process *p)
{
	uint64_t start;

	return !proc_stat(p->pid, &start, NULL, NULL) && (!p->start || p->start == start);
}

/* Takes over both. */
static void put_in_container(struct process *p, char *container, struct kube *kube)
{
	free(p->container);
	kube_unref(p->kube);
	p->container = container;
	p->kube = kube;
}

/* Its container, if it can be told: of an earlier one it keeps that. */
static void set_container(struct targets *t, struct process *p, uint64_t cgroup)
{
	char *container = NULL;
	struct kube *kube = NULL;
	int ret = proc_container_read(p->pid, &container);

	if (!ret)
		kube = targets_kube_find(t, p->pid);
	if (ret || !targets_is_same(p)) {
		free(container);
		kube_unref(kube);
		/* The kernel knows it by another cgroup: it is no more in what it was in. */
		if (p->cgroup == cgroup)
			return;
		container = NULL;
		kube = NULL;
	}
	put_in_container(p, container, kube);
	p->cgroup = cgroup;
}

static void read_facts(struct targets *t, struct process *p, bool memory)
{
	struct proc_facts facts = { 0 };
	struct kube *kube;

	p->program_read = true;
	if (proc_facts_read(p->pid, memory, &facts))
		return;
	kube = targets_kube_find(t, p->pid);
	if (targets_is_same(p)) {
		put_in_container(p, TAKE_PTR(facts.container), TAKE_PTR(kube));
		process_set_program(p, &facts);
	}
	kube_unref(kube);
	proc_facts_fini(&facts);
}

void targets_facts_attach(struct targets *t, struct process *p, uint64_t start)
{
	p->start = start;
	read_facts(t, p, true);
}

void targets_facts_fork(struct process *p, struct process *parent, const struct ev_proc *ev)
{
	if (!parent->cgroup)
		parent->cgroup = ev->cgroup;
	p->start = ticks(ev->start);
	p->cgroup = parent->cgroup;
	put_in_container(p, parent->container ? strdup(parent->container) : NULL,
			 kube_ref(parent->kube));
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
		read_facts(t, p, false);
		return;
	}
	read_facts(t, p, true);
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
	set_container(t, p, ev.cgroup);
}

void targets_facts_moved(struct targets *t, struct process *p)
{
	set_container(t, p, p->cgroup);
}

void targets_facts_find(struct targets *t, struct process *p, uint64_t cgroup)
{
	if (!p->program && !p->program_read)
		look_at_facts(t, p);
	if (!p->cgroup)
		p->cgroup = cgroup;
	if (p->cgroup != cgroup)
		set_container(t, p, cgroup);
}

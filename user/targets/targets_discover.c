// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that are traced for what they are: those that are there at the start, and each that execs a program later, of which the
 * kernel side tells.  Who fits no target is let go of at once; who turns out to be no Python, within a second.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "targets/targets_priv.h"

/* How often it is looked for processes that others have forked while they were being attached to. */
#define LOOKS_MAX 8

static const struct py_proc execed = { .state = PY_PROC_EXECED };

static const struct select_target *choose(const struct targets *t, pid_t pid,
					  const struct proc_facts *facts, const char *container)
{
	_cleanup_free_ char *cgroup = NULL;
	struct select_process p = { .uid = (uid_t)-1, .container = container };

	if (facts) {
		p.exe = facts->exe;
		p.cmdline = (const char *const *)facts->cmdline;
		p.nr_cmdline = facts->nr_cmdline;
	}
	proc_uid(pid, &p.uid);
	proc_cgroup_read(pid, &cgroup);
	p.cgroup = cgroup;
	return selection_choose(t->config.selection, &p);
}

static void drop(struct targets *t, struct process *p)
{
	targets_detach_own(p);
	kern_proc_delete(t->kern, p->pid);
	targets_forget(t, p->pid);
}

bool targets_choose(struct targets *t, struct process *p)
{
	if (!t->config.selection)
		return true;
	p->selected = choose(t, p->pid, p->program ? &p->program->facts : NULL, p->container);
	if (p->selected)
		return true;
	drop(t, p);
	return false;
}

struct process *targets_found(struct targets *t, const struct ev_proc *ev)
{
	pid_t pid = (pid_t)ev->hdr.pid;
	struct py_proc proc;
	struct process *p;
	struct err err;

	if (!t->config.selection || t->ending)
		return NULL;
	p = processes_add(&t->processes, pid);
	if (!p)
		return NULL;
	p->target = true;
	p->share = pid;
	p->family = targets_new_family(t);
	/* It may have been let go of for what it was before. */
	if (kern_proc_get(t->kern, pid, &proc))
		kern_proc_set(t->kern, pid, &execed, &err);
	return p;
}

void targets_drop_others(struct targets *t)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		struct process *p, *next;

		for (p = t->processes.buckets[i]; p; p = next) {
			next = p->next;
			if (!p->interp && !p->undecided && !p->starting)
				drop(t, p);
		}
	}
}

/* What it runs is looked at as that of one that was named: its command line stands in its memory. */
static const struct select_target *choose_present(struct targets *t, pid_t pid)
{
	const struct select_target *chosen = NULL;
	struct proc_facts facts = { 0 };
	struct look look;

	look_begin(&look, pid, LOOK_LATER);
	if (!proc_facts_read(pid, true, &facts) && facts.exe)
		chosen = choose(t, pid, &facts, facts.container);
	if (look_end(&look))
		chosen = NULL;
	proc_facts_fini(&facts);
	return chosen;
}

/* One that fits: what it forks from now on is told of. */
static int add_found(struct targets *t, pid_t pid, const struct select_target *chosen)
{
	static const struct py_proc attaching = { .state = PY_PROC_ATTACHING };
	struct process *p;
	struct err err;
	pid_t *more;

	more = reallocarray(t->found.list, t->found.count + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	t->found.list = more;
	p = processes_add(&t->processes, pid);
	if (!p)
		return -ENOMEM;
	p->target = true;
	p->share = pid;
	p->selected = chosen;
	p->family = targets_new_family(t);
	p->starting = true; /* it is still to be attached to */
	kern_proc_set(t->kern, pid, &attaching, &err);
	more[t->found.count++] = pid;
	return 0;
}

/* Was it found at an earlier look?  What could not be attached to then is not tried again. */
static bool was_found(const struct targets *t, pid_t pid)
{
	for (size_t i = 0; i < t->found.count; i++) {
		if (t->found.list[i] == pid)
			return true;
	}
	return false;
}

/* Returns how many were found that are not known yet. */
static size_t find_present(struct targets *t)
{
	DIR *proc = opendir("/proc");
	size_t before = t->found.count;
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		const struct select_target *chosen;

		if (pid <= 0 || pid == getpid() || processes_find(&t->processes, pid) ||
		    was_found(t, pid))
			continue;
		chosen = choose_present(t, pid);
		if (chosen && add_found(t, pid, chosen))
			break;
	}
	if (proc)
		closedir(proc);
	return t->found.count - before;
}

static void attach_found(struct targets *t, pid_t pid)
{
	struct process *p = processes_find(&t->processes, pid);
	const struct select_target *chosen;
	struct err err;
	int ret;

	if (!p || !p->starting)
		return;
	p->starting = false;
	chosen = p->selected;
	ret = targets_add(t, pid, 0, &err);
	if (!ret)
		return;
	if (ret != -ENOEXEC && ret != -ESRCH && ret != -EAGAIN)
		log_warn("pid %d (target %s) is not traced: %s", pid, chosen->name, err.msg);
	p = processes_find(&t->processes, pid);
	/* An interpreter that only starts is looked at again; all else goes. */
	if (p && ret == -EAGAIN && !kern_proc_set(t->kern, pid, &execed, &err))
		targets_exec(t, p);
	else if (p)
		drop(t, p);
}

static void say_ready(struct targets *t)
{
	size_t traced = targets_traced(t);

	log_info("ready: %zu process%s traced, and each that fits from now on; %zu target%s, %zu "
		 "rules",
		 traced, traced == 1 ? "" : "es", t->config.selection->nr_targets,
		 t->config.selection->nr_targets == 1 ? "" : "s", t->config.rules->nr_rules);
	t->ready = true;
}

int targets_discover_next(struct targets *t, struct err *err)
{
	if (!t->found.looks)
		kern_discover(t->kern);
	if (t->found.next == t->found.count && t->found.looks++ < LOOKS_MAX && find_present(t))
		return 1;
	if (t->found.next < t->found.count) {
		attach_found(t, t->found.list[t->found.next++]);
		return 1;
	}
	free(TAKE_PTR(t->found.list));
	t->found.count = t->found.next = 0;
	say_ready(t);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that are traced for what they are: those that are there at the start, and each that
 * execs a program later, of which the kernel side tells.  Who fits no target is let go of at once;
 * who turns out to be no Python, within a second.
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

/*
 * How often it is looked for processes that others have forked while they were being attached to.
 */
#define LOOKS_MAX 8

static const struct py_proc execed = { .state = PY_PROC_EXECED };

/* uid: its user, or PHRUDE_UID_SAME, if that is to be looked up. */
static const struct select_target *choose_target(const struct targets *t, pid_t pid, uid_t uid,
						 const struct proc_facts *facts,
						 const char *container, const struct kube *kube)
{
	_cleanup_free_ char *cgroup = NULL;
	const struct kube_facts *known = kube_facts(kube);
	struct select_process p = { .uid = uid, .container = container };

	if (facts) {
		p.exe = facts->exe;
		p.cmdline = (const char *const *)facts->cmdline;
		p.nr_cmdline = facts->nr_cmdline;
	}
	if (known) {
		p.namespace = known->namespace;
		p.pod = known->pod;
		p.container_name = known->container;
		p.labels = known->labels;
	}
	if (uid == PHRUDE_UID_SAME)
		proc_uid(pid, &p.uid);
	proc_cgroup_read(pid, &cgroup);
	p.cgroup = cgroup;
	return selection_choose(&t->policy->selection, &p);
}

static void drop_process(struct targets *t, struct process *p)
{
	targets_detach_own(p);
	targets_let_go(t, p->pid);
}

const struct select_target *targets_choose_known(const struct targets *t, const struct process *p,
						 uid_t uid)
{
	return choose_target(t, p->pid, uid, p->program ? &p->program->facts : NULL, p->container,
			     p->kube);
}

static bool is_gone(pid_t pid)
{
	uid_t uid;

	return proc_uid(pid, &uid);
}

bool targets_choose(struct targets *t, struct process *p)
{
	if (!t->config.discovers)
		return true;
	process_select(p, targets_choose_known(t, p, PHRUDE_UID_SAME), t->policy);
	p->leaving = 0;
	p->unchosen = !p->selected && t->chooses_alive && is_gone(p->pid);
	if (p->selected)
		return true;
	/* Whether it was Python its start tells, if it does. */
	if (p->unchosen)
		p->undecided = 0;
	else
		drop_process(t, p);
	return false;
}

bool targets_choose_anew(struct targets *t, struct process *p)
{
	const struct select_target *chosen;

	if (!t->config.discovers)
		return true;
	chosen = targets_choose_known(t, p, PHRUDE_UID_SAME);
	if (chosen) {
		process_select(p, chosen, t->policy);
		return true;
	}
	targets_leave(t, p);
	return false;
}

void targets_leave(struct targets *t, struct process *p)
{
	targets_detach_own(p);
	kern_proc_delete(t->kern, p->pid);
	p->leaving = 1;
}

/* So many looks, one a second, after which its last matches have been read. */
#define LEAVING_LOOKS 3

void targets_drop_leaving(struct targets *t, bool all)
{
	struct py_proc proc;

	processes_for_each(p, &t->processes) {
		if (!p->leaving || (!all && p->leaving++ != LEAVING_LOOKS))
			continue;
		/* What it has exec'ed by now is still to be told of. */
		if (kern_proc_get(t->kern, p->pid, &proc))
			kern_share_delete(t->kern, p->pid);
		targets_forget(t, p->pid);
	}
}

struct process *targets_found(struct targets *t, const struct ev_proc *ev)
{
	pid_t pid = (pid_t)ev->hdr.pid;
	struct py_proc proc;
	struct process *p;
	struct err err;

	if (!t->config.discovers || t->ending)
		return NULL;
	p = processes_add(&t->processes, pid);
	if (!p)
		return NULL;
	p->target = true;
	p->family = targets_new_family(t);
	/* It may have been let go of for what it was before. */
	if (kern_proc_get(t->kern, pid, &proc))
		kern_proc_set(t->kern, pid, &execed, &err);
	/* What it was forked from may have been let go of before that was told. */
	p->share = kern_share_target(t->kern, pid) ?: pid;
	return p;
}

void targets_drop_others(struct targets *t)
{
	processes_for_each(p, &t->processes) {
		if (!p->interp && !p->undecided && !p->starting)
			drop_process(t, p);
	}
}

/*
 * What it runs is looked at as that of one that was named: its command line stands in its memory.
 */
const struct select_target *targets_choose_present(struct targets *t, pid_t pid, uid_t uid)
{
	const struct select_target *chosen = NULL;
	struct proc_facts facts = { 0 };
	struct kube *kube = NULL;
	struct look look;

	look_begin(&look, pid, LOOK_LATER);
	if (!proc_facts_read(pid, true, &facts) && facts.exe) {
		kube = targets_kube_find(t, pid);
		chosen = choose_target(t, pid, uid, &facts, facts.container, kube);
	}
	if (look_end(&look))
		chosen = NULL;
	proc_facts_fini(&facts);
	kube_unref(kube);
	return chosen;
}

/*
 * One that fits: what it forks from now on is told of.  -EEXIST: the kernel side has it by itself,
 * though it had not before (`entered`): it has exec'ed, and the record of that is on its way.
 */
static int expect_found(struct targets *t, pid_t pid, const struct select_target *chosen,
			bool entered)
{
	static const struct py_proc attaching = { .state = PY_PROC_ATTACHING };
	struct process *p;
	struct err err;
	int ret = entered ? kern_proc_set(t->kern, pid, &attaching, &err)
			  : kern_proc_add(t->kern, pid, &attaching, &err);

	/* What else is wrong is said when it is attached to. */
	if (ret == -EEXIST)
		return ret;
	p = processes_add(&t->processes, pid);
	if (!p) {
		kern_proc_delete(t->kern, pid);
		return -ENOMEM;
	}
	p->target = true;
	p->leaving = 0;
	/* What it was forked from may have been let go of before that was told. */
	p->share = kern_share_target(t->kern, pid) ?: pid;
	process_select(p, chosen, t->policy);
	p->family = p->family ?: targets_new_family(t);
	p->starting = true; /* it is still to be attached to */
	return 0;
}

static int add_found(struct targets *t, pid_t pid, const struct select_target *chosen)
{
	pid_t *more = reallocarray(t->found.list, t->found.count + 1, sizeof(*more));
	int ret;

	if (!more)
		return -ENOMEM;
	t->found.list = more;
	ret = expect_found(t, pid, chosen, true);
	if (!ret)
		more[t->found.count++] = pid;
	return ret;
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
		chosen = targets_choose_present(t, pid, PHRUDE_UID_SAME);
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
		drop_process(t, p);
}

void targets_take_up(struct targets *t, pid_t pid, const struct select_target *chosen, bool entered)
{
	if (!t->ending && !expect_found(t, pid, chosen, entered))
		attach_found(t, pid);
}

static void say_ready(struct targets *t)
{
	size_t traced = targets_traced(t);

	log_info("ready: %zu process%s traced, and each that fits from now on; %zu target%s, %zu "
		 "rules",
		 traced, traced == 1 ? "" : "es", t->policy->selection.nr_targets,
		 t->policy->selection.nr_targets == 1 ? "" : "s", t->policy->rules.nr_rules);
	t->ready = true;
}

bool targets_discover_more(struct targets *t)
{
	if (t->found.next == t->found.count && t->found.looks++ < LOOKS_MAX && find_present(t))
		return true;
	if (t->found.next < t->found.count) {
		attach_found(t, t->found.list[t->found.next++]);
		return true;
	}
	free(TAKE_PTR(t->found.list));
	t->found.count = t->found.next = 0;
	return false;
}

int targets_discover_next(struct targets *t, struct err *err)
{
	if (!t->found.looks)
		kern_discover(t->kern);
	if (targets_discover_more(t))
		return 1;
	say_ready(t);
	return 0;
}

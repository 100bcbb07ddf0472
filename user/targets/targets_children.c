// SPDX-License-Identifier: GPL-2.0-only
/*
 * What targets fork while the tracer starts.  It is not to go unseen without a word: the user takes
 * what was forked after the command was given for traced.  Before the first look the kernel side
 * begins to tell of forks; those that were earlier are found in /proc, where a process says when it
 * began and who its parent is.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "targets/targets_priv.h"

/* Each look finds what was forked since the one before by what that one found. */
#define LOOKS_MAX 8

struct found {
	pid_t pid, parent;
	uint64_t start;
	bool ours; /* descends from a target, or is one */
};

struct list {
	struct found *list;
	size_t count, space;
};

static void list_fini(struct list *l)
{
	free(l->list);
}

static int list_add(struct list *l, pid_t pid)
{
	struct found f = { .pid = pid };

	if (proc_stat(pid, &f.start, NULL, &f.parent))
		return 0; /* gone */
	if (l->count == l->space) {
		size_t space = l->space ? 2 * l->space : 256;
		struct found *more = realloc(l->list, space * sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->list = more;
		l->space = space;
	}
	l->list[l->count++] = f;
	return 0;
}

static int list_processes(struct list *l)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int ret = 0;

	if (!proc)
		return -errno;
	while (!ret && (entry = readdir(proc))) {
		long pid = strtol(entry->d_name, NULL, 10);

		if (pid > 0)
			ret = list_add(l, (pid_t)pid);
	}
	closedir(proc);
	return ret;
}

static bool parent_is_ours(const struct list *l, pid_t parent)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->list[i].pid == parent)
			return l->list[i].ours;
	}
	return false;
}

/* Marks targets and what descends from them. */
static void mark_children(const struct targets *t, struct list *l)
{
	bool more = true;

	for (size_t i = 0; i < l->count; i++)
		l->list[i].ours = processes_find(&t->processes, l->list[i].pid);
	while (more) {
		more = false;
		for (size_t i = 0; i < l->count; i++) {
			if (l->list[i].ours || !parent_is_ours(l, l->list[i].parent))
				continue;
			l->list[i].ours = more = true;
		}
	}
}

static int expect_forks(struct targets *t, pid_t pid)
{
	static const struct py_proc attaching = { .state = PY_PROC_ATTACHING };
	struct err err;

	return kern_proc_set(t->kern, pid, &attaching, &err);
}

void targets_expect(struct targets *t)
{
	for (size_t i = 0; i < t->config.nr_pids; i++)
		expect_forks(t, t->config.pids[i]);
}

/* What is no Python is kept in sight, for the sake of what it may start. */
static void take_child(struct targets *t, const struct found *f)
{
	const struct process *parent = processes_find(&t->processes, f->parent);
	static const struct py_proc other = { .state = PY_PROC_EXECED };
	unsigned int family = parent ? parent->family : 0;
	struct process *p;
	struct err err;
	int ret;

	t->forks_late++;
	expect_forks(t, f->pid);
	ret = targets_add(t, f->pid, 0, &err);
	if (ret && ret != -ESRCH && ret != -ENOEXEC && ret != -EAGAIN)
		log_warn("pid %d, which was forked meanwhile, is not traced: %s", f->pid, err.msg);
	if (ret && (ret == -ESRCH || kern_proc_set(t->kern, f->pid, &other, &err)))
		return;
	p = processes_add(&t->processes, f->pid);
	if (!p)
		return;
	p->target = false;
	p->parent = f->parent;
	if (family)
		p->family = family;
	p->share = f->pid;
}

/* Returns how many there were to be taken; *older: how many were there before. */
static size_t take_once(struct targets *t, uint64_t since, size_t *older)
{
	_cleanup_(list_fini) struct list l = { 0 };
	struct py_proc proc;
	size_t taken = 0;

	*older = 0;
	if (list_processes(&l))
		return 0;
	mark_children(t, &l);
	for (size_t i = 0; i < l.count; i++) {
		const struct found *f = &l.list[i];

		/* Those that the kernel side has told of are in the ring. */
		if (!f->ours || processes_find(&t->processes, f->pid) || f->pid == getpid() ||
		    !kern_proc_get(t->kern, f->pid, &proc))
			continue;
		if (f->start < since) {
			++*older;
			continue;
		}
		take_child(t, f);
		taken++;
	}
	return taken;
}

void targets_take_children(struct targets *t)
{
	size_t older = 0;
	uint64_t since;

	if (!t->config.nr_pids || proc_stat(getpid(), &since, NULL, NULL))
		return;
	for (int i = 0; i < LOOKS_MAX && take_once(t, since, &older); i++)
		;
	if (older)
		log_warn("%zu process%s that the targets had started before %s not traced: --pid "
			 "takes more than one",
			 older, older > 1 ? "es" : "", older > 1 ? "are" : "is");
}

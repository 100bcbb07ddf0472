// SPDX-License-Identifier: GPL-2.0-only
/* Taking processes up, and letting them go. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "engine/engine_priv.h"
#include "engine/plan.h"
#include "py/interp.h"

static void facts_unrefp(struct interp_facts **f)
{
	interp_facts_unref(*f);
}

/* What is to be kept of an interpreter: its file, which kind each rule gets, and where the kinds' probes go. */
static int facts_new(const struct engine *e, const struct py_interp *interp, struct interp_facts **out, struct err *err)
{
	_cleanup_(facts_unrefp) struct interp_facts *f = calloc(1, sizeof(*f));
	const struct rule_set *rules = e->opts->rules;
	int ret;

	if (!f)
		return err_set(err, -ENOMEM, "out of memory");
	f->refs = 1;
	f->dev = interp->dev;
	f->ino = interp->ino;
	f->nr_rules = rules->nr_rules;
	snprintf(f->version, sizeof(f->version), "%s", interp->version);
	f->file_fd = open(interp->open_path, O_PATH | O_CLOEXEC);
	if (f->file_fd < 0)
		return err_set(err, -errno, "pid %d: cannot open its interpreter %s: %s", interp->pid,
			       interp->open_path, strerror(errno));
	f->probe_of_rule = calloc(f->nr_rules, sizeof(*f->probe_of_rule));
	if (!f->probe_of_rule)
		return err_set(err, -ENOMEM, "out of memory");
	ret = plan_make(interp, rules, e->opts->probe, f->probe_of_rule, err);
	for (size_t i = 0; !ret && i < f->nr_rules; i++) {
		enum phrude_probe probe = f->probe_of_rule[i];
		struct kind_sites *k = &f->kinds[probe];

		if (!k->count)
			ret = attach_kind(probe)->sites(interp, k->sites, &k->count, err);
	}
	if (ret)
		return ret;
	*out = TAKE_PTR(f);
	return 0;
}

/* Puts on `p` the probes that its rules need and that it does not have. */
static int attach_needed(struct engine *e, struct process *p, struct err *err)
{
	const struct interp_facts *f = p->interp;

	for (int i = 0; i < NR_PROBES; i++) {
		const struct kind_sites *k = &f->kinds[i];
		int ret;

		if (!k->count || p->attachments[i])
			continue;
		ret = attach_process(e->kern, p->pid, f->file_fd, i, k->sites, k->count, &p->attachments[i], err);
		if (ret)
			return ret;
	}
	return 0;
}

int engine_add_target(struct engine *e, pid_t pid, uint64_t thread_pointer, struct err *err)
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
		return err_set(err, -ESRCH, "%d is a thread of process %d: give --pid %d", pid, tgid, tgid);
	ret = facts_new(e, interp, &facts, err);
	if (ret)
		return ret;
	p = processes_add(&e->processes, pid);
	if (!p)
		return err_set(err, -ENOMEM, "out of memory");
	p->target = true;
	process_set_interp(p, facts);
	ret = kern_proc_set(e->kern, pid, &interp->proc, err);
	if (!ret)
		ret = attach_needed(e, p, err);
	if (!ret && !py_interp_is_alive(interp))
		ret = err_set(err, -ESRCH, "pid %d ended while probes were put on it", pid);
	if (ret) {
		kern_proc_delete(e->kern, pid);
		processes_remove(&e->processes, pid);
	}
	return ret;
}

/* Looks at the interpreter of a process anew, which is traced already, and puts the probes on it. */
static int retrace(struct engine *e, struct process *p, struct err *err)
{
	_cleanup_(py_interp_closep) struct py_interp *interp = NULL;
	_cleanup_(facts_unrefp) struct interp_facts *facts = NULL;
	int ret;

	ret = py_interp_open(p->pid, &interp, err);
	if (ret)
		return ret;
	ret = facts_new(e, interp, &facts, err);
	if (ret)
		return ret;
	/* Probes on the same file go on working over an exec; those on another file are of no use any more. */
	if (!p->interp || p->interp->dev != facts->dev || p->interp->ino != facts->ino) {
		for (int i = 0; i < NR_PROBES; i++) {
			attachment_free(p->attachments[i]);
			p->attachments[i] = NULL;
		}
	}
	process_set_interp(p, facts);
	ret = kern_proc_set(e->kern, p->pid, &interp->proc, err);
	return ret ? ret : attach_needed(e, p, err);
}

static void give_up(struct engine *e, struct process *p, int ret, const char *after, const struct err *err)
{
	if (ret != -ENOEXEC && ret != -ESRCH)
		log_warn("pid %d is not traced after %s: %s", p->pid, after, err->msg);
	kern_proc_delete(e->kern, p->pid);
	process_set_interp(p, NULL);
}

void engine_fork(struct engine *e, struct process *p)
{
	struct err err;
	int ret = attach_needed(e, p, &err);

	e->forks_late++;
	if (ret)
		give_up(e, p, ret, "a fork", &err);
}

void engine_exec(struct engine *e, struct process *p)
{
	struct err err;
	int ret;

	proc_facts_fini(&p->facts);
	p->facts_read = false;
	ret = retrace(e, p, &err);
	if (ret)
		give_up(e, p, ret, "an exec", &err);
}

void engine_check_targets(struct engine *e)
{
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		struct process *p, *next;

		for (p = e->processes.buckets[i]; p; p = next) {
			next = p->next;
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
		buf_printf(&who, "%spid %d CPython %s", i ? ", " : "", list[i]->pid, list[i]->interp->version);
	plan_print(&probes, list[0]->interp->probe_of_rule, list[0]->interp->nr_rules);
	log_info("ready: %s, %zu rules, probes: %s", who.data, e->opts->rules->nr_rules, probes.data);
	e->ready = true;
}

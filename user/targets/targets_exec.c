// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of a process that has exec'ed: the same interpreter, another one, or none. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "targets/targets_priv.h"
#include "py/interp.h"
#include "py/py_image.h"

static void await_start(struct targets *t, pid_t pid, const struct elf_file *elf, const char *path)
{
	struct py_template image = { 0 };
	struct py_site site;
	struct err err;
	uint32_t group;

	if (py_start_site(elf, &site) || groups_get(&t->groups, elf, path, &group, &err) ||
	    groups_find(&t->groups, group)->start)
		return;
	image.start = site.addr;
	if (targets_set_start(t, group, &image, &site, &err))
		log_debug("pid %d: its start will not be noticed: %s", pid, err.msg);
}

void targets_await_start(struct targets *t, struct process *p, const struct py_interp *interp)
{
	struct py_image file;
	struct err err;

	p->starting = !interp || !interp->initialised;
	if (interp) {
		await_start(t, p->pid, interp->elf, interp->path);
	} else if (!py_image_find(p->pid, &file, &err)) {
		await_start(t, p->pid, file.elf, file.path);
		py_image_fini(&file);
	}
}

/* What a process runs; {0, 0}: it cannot be told. */
static struct file_id program_of(const struct targets *t, pid_t pid)
{
	_cleanup_close_ int fd = -1;
	struct file_id id;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 || kern_file_id(t->kern, fd, 0, 0, &id) ? (struct file_id){ 0 } : id;
}

void targets_note_program(struct targets *t, const struct process *p)
{
	groups_find(&t->groups, p->interp->group)->program = program_of(t, p->pid);
}

/* Is its program an interpreter whose start will be noticed? */
static bool starts_soon(const struct targets *t, pid_t pid)
{
	struct file_id program = program_of(t, pid);

	return program.high && groups_start(&t->groups, program);
}

/*
 * Is the file of a program, as it is found where the parent of its process is, one of CPython's, or
 * one that needs it?  Then the next process that runs it is to be noticed.
 */
static bool is_python_file(struct targets *t, const struct process *p)
{
	const char *exe = p->program ? p->program->facts.exe : NULL;
	_cleanup_(elf_file_closep) struct elf_file *elf = NULL;
	char path[PATH_MAX];
	struct err err;

	if (!exe || snprintf(path, sizeof(path), "/proc/%d/root%s",
			     p->parent ? p->parent : getpid(), exe) >= (int)sizeof(path))
		return false;
	if (elf_file_open(path, &elf, &err) || !py_image_is_program(elf))
		return false;
	await_start(t, p->pid, elf, exe);
	return true;
}

/* A process has ended that was not looked at. */
static void note_unseen(struct targets *t, struct process *p)
{
	struct look look;

	if (!p->starting && targets_look_begin(t, p, &look)) {
		p->starting = is_python_file(t, p);
		targets_look_end(t, p, &look);
	}
	if (!p->starting)
		return;
	if (!t->programs_unseen)
		log_warn("pid %d ended before it could be looked at: of an interpreter that no "
			 "process has run before, the first one may live too short "
			 "(programs_unseen counts them)",
			 p->pid);
	t->programs_unseen++;
}

/*
 * How often it is looked whether a program is an interpreter: its libraries may not be mapped yet.
 */
#define LOOKS 50

static void look_after_exec(struct targets *t, struct process *p)
{
	struct err err;
	int ret;

	if (t->ending)
		return;
	if (p->undecided > 1 && starts_soon(t, p->pid)) {
		p->starting = true;
		p->undecided--;
		return;
	}
	ret = targets_retrace(t, p, &err);
	/*
	 * Much of what looks wrong is only not finished yet; and of one that is gone the start and
	 * the end may stand behind this in the ring.
	 */
	if (ret && ret != -ETIMEDOUT && p->undecided > 1) {
		/* Put off: it is looked at as soon as it may be. */
		p->undecided -= ret != -EBUSY || !targets_may_look_ever(t, p);
		return;
	}
	if (ret == -ESRCH)
		note_unseen(t, p);
	p->undecided = 0;
	if (ret)
		targets_give_up(p, ret, "an exec", &err);
}

void targets_unchosen(struct targets *t, const struct process *p)
{
	if (!t->programs_unseen)
		log_warn("pid %d ended before it could be told whether it fits a target: it lived "
			 "too short, or nobody could look at it in time (programs_unseen counts "
			 "them)",
			 p->pid);
	t->programs_unseen++;
}

void targets_ended(struct targets *t, struct process *p)
{
	if (p->undecided)
		note_unseen(t, p);
	/* It may have been entered anew when it had ended already, see targets_found(). */
	if (t->config.discovers)
		targets_let_go(t, p->pid);
	else
		targets_forget(t, p->pid);
}

void targets_look_at_new(struct targets *t, struct process *p)
{
	p->undecided = MAX(p->undecided, 1);
	look_after_exec(t, p);
}

void targets_started(struct targets *t, struct process *p, uint32_t group)
{
	const struct group *g = groups_find(&t->groups, group);
	struct py_proc proc;
	struct err err;

	if (!g || !g->facts)
		return;
	if (targets_check_rules(t, p->pid, g->facts, &err)) {
		targets_give_up(p, -EOPNOTSUPP, "an exec", &err);
		return;
	}
	p->undecided = 0;
	if (!p->interp || p->interp->group != group)
		targets_detach_own(p);
	process_set_interp(p, g->facts);
	/* It is loaded elsewhere.  If the process has ended, nothing will be looked at. */
	if (!kern_proc_get(t->kern, p->pid, &proc) && proc.state == PY_PROC_TRACED)
		py_view_move(&p->view, &proc);
	targets_fork(t, p);
}

void targets_exec(struct targets *t, struct process *p)
{
	p->deaf = p->put_off = p->starting = false;
	if (t->ending)
		return;
	p->undecided = LOOKS;
	look_after_exec(t, p);
	t->undecided |= p->undecided > 0;
}

void targets_look_again(struct targets *t)
{
	t->undecided = false;
	processes_for_each(p, &t->processes) {
		if (p->undecided) {
			look_after_exec(t, p);
			identities_publish(&t->identities, p);
		}
		t->undecided |= p->undecided > 0;
	}
}

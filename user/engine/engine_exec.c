// SPDX-License-Identifier: GPL-2.0-only
/* What becomes of a process that has exec'ed: the same interpreter, another one, or none. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "engine/engine_priv.h"
#include "py/interp.h"
#include "py/py_image.h"

static void await_start(struct engine *e, pid_t pid, const struct elf_file *elf, const char *path)
{
	struct py_template image = { 0 };
	struct py_site site;
	struct err err;
	uint32_t group;

	if (py_start_site(elf, &site) || groups_get(&e->groups, elf, path, &group, &err) ||
	    groups_find(&e->groups, group)->start)
		return;
	image.start = site.addr;
	if (engine_set_start(e, group, &image, &site, &err))
		log_debug("pid %d: its start will not be noticed: %s", pid, err.msg);
}

void engine_await_start(struct engine *e, struct process *p, const struct py_interp *interp)
{
	struct py_image file;
	struct err err;

	p->starting = !interp || !interp->initialised;
	if (interp) {
		await_start(e, p->pid, interp->elf, interp->path);
	} else if (!py_image_find(p->pid, &file, &err)) {
		await_start(e, p->pid, file.elf, file.path);
		py_image_fini(&file);
	}
}

/* What a process runs; {0, 0}: it cannot be told. */
static struct file_id program_of(const struct engine *e, pid_t pid)
{
	_cleanup_close_ int fd = -1;
	struct file_id id;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 || kern_file_id(e->kern, fd, 0, 0, &id) ? (struct file_id){ 0 } : id;
}

void engine_note_program(struct engine *e, const struct process *p)
{
	groups_find(&e->groups, p->interp->group)->program = program_of(e, p->pid);
}

/* Is its program an interpreter whose start will be noticed? */
static bool starts_soon(const struct engine *e, pid_t pid)
{
	struct file_id program = program_of(e, pid);

	return program.high && groups_start(&e->groups, program);
}

/* Is the file of a program, as it is found where the parent of its process is, one of CPython's, or one that needs it?  Then the next
 * process that runs it is to be noticed. */
static bool is_python_file(struct engine *e, const struct process *p)
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
	await_start(e, p->pid, elf, exe);
	return true;
}

/* A process has ended that was not looked at. */
static void note_unseen(struct engine *e, struct process *p)
{
	struct look look;

	if (!p->starting && engine_look_begin(e, p, &look)) {
		p->starting = is_python_file(e, p);
		engine_look_end(e, p, &look);
	}
	if (!p->starting)
		return;
	if (!e->programs_unseen)
		log_warn("pid %d ended before it could be looked at: of an interpreter that no "
			 "process has run before, the first one may live too short "
			 "(programs_unseen counts them)",
			 p->pid);
	e->programs_unseen++;
}

/* How often it is looked whether a program is an interpreter: its libraries may not be mapped yet. */
#define LOOKS 50

static void look_after_exec(struct engine *e, struct process *p)
{
	struct err err;
	int ret;

	if (p->undecided > 1 && starts_soon(e, p->pid)) {
		p->starting = true;
		p->undecided--;
		return;
	}
	ret = engine_retrace(e, p, &err);
	/* Much of what looks wrong is only not finished yet. */
	if (ret && ret != -ESRCH && ret != -ETIMEDOUT && p->undecided > 1) {
		/* Put off: it is looked at as soon as it may be. */
		p->undecided -= ret != -EBUSY || !engine_may_look_ever(e, p);
		return;
	}
	if (ret == -ESRCH)
		note_unseen(e, p);
	p->undecided = 0;
	if (ret)
		engine_give_up(p, ret, "an exec", &err);
}

void engine_ended(struct engine *e, struct process *p)
{
	if (p->undecided)
		note_unseen(e, p);
	processes_remove(&e->processes, p->pid);
}

void engine_look_at_new(struct engine *e, struct process *p)
{
	p->undecided = MAX(p->undecided, 1);
	look_after_exec(e, p);
}

void engine_started(struct engine *e, struct process *p, uint32_t group)
{
	const struct group *g = groups_find(&e->groups, group);
	struct py_proc proc;

	if (!g || !g->facts)
		return;
	p->undecided = 0;
	if (!p->interp || p->interp->group != group)
		engine_detach_own(p);
	process_set_interp(p, g->facts);
	/* It is loaded elsewhere.  If the process has ended, nothing will be looked at. */
	if (!kern_proc_get(e->kern, p->pid, &proc) && proc.state == PY_PROC_TRACED)
		py_view_move(&p->view, &proc);
	engine_fork(e, p);
}

void engine_exec(struct engine *e, struct process *p)
{
	p->deaf = p->put_off = p->starting = false;
	if (e->ending)
		return;
	p->undecided = LOOKS;
	look_after_exec(e, p);
	e->undecided |= p->undecided > 0;
}

void engine_look_again(struct engine *e)
{
	e->undecided = false;
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (struct process *p = e->processes.buckets[i]; p; p = p->next) {
			if (p->undecided)
				look_after_exec(e, p);
			e->undecided |= p->undecided > 0;
		}
	}
}

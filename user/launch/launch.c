// SPDX-License-Identifier: GPL-2.0-only
#include "launch/launch.h"

#include <errno.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attach/stop_probe.h"
#include "base/log.h"
#include "elf/elf_file.h"
#include "launch/launch_arch.h"
#include "launch/launch_child.h"
#include "launch/launch_starts.h"
#include "proc/procfs.h"

#define OPTIONS \
	(PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

struct followed {
	pid_t pid;		  /* a thread */
	pid_t tgid;		  /* its process */
	struct stop_probe *entry; /* on the entry point of its new program */
	bool recognised; /* as an interpreter, while it ran: to be let go at its next stop */
};

struct launch {
	struct kern *kern;
	struct stops *stops; /* threads that are stopped for other reasons */
	char *const *argv;
	const struct user *user;
	struct launch_child child; /* until its exec */
	struct err failure;
	bool failed;
	launch_look_fn look;
	void *ctx;
	pid_t first;
	bool ended;
	int wait_status;
	struct followed followed[LAUNCH_FOLLOWED_MAX];
	size_t nr_followed;
	struct launch_starts starts;
	uint64_t late; /* interpreters that ran already when they were seen */
};

static struct followed *followed_find(struct launch *l, pid_t pid)
{
	for (size_t i = 0; i < l->nr_followed; i++) {
		if (l->followed[i].pid == pid)
			return &l->followed[i];
	}
	return NULL;
}

static void followed_add(struct launch *l, pid_t pid)
{
	pid_t tgid = pid, parent;

	if (followed_find(l, pid))
		return;
	if (l->nr_followed == LAUNCH_FOLLOWED_MAX) {
		log_warn("pid %d is not followed: it is one of more than %d processes started", pid,
			 LAUNCH_FOLLOWED_MAX);
		ptrace(PTRACE_DETACH, pid, 0, 0);
		return;
	}
	proc_tgid(pid, &tgid);
	l->followed[l->nr_followed++] = (struct followed){ .pid = pid, .tgid = tgid };
	kern_launch_follow(l->kern, pid, true, 0);
	if (tgid == pid && l->starts.count && !proc_stat(pid, NULL, NULL, &parent))
		launch_starts_inherit(&l->starts, pid, parent);
}

static bool is_followed(const struct launch *l, pid_t tgid)
{
	for (size_t i = 0; i < l->nr_followed; i++) {
		if (l->followed[i].tgid == tgid)
			return true;
	}
	return false;
}

static void followed_remove(struct launch *l, pid_t pid)
{
	struct followed *f = followed_find(l, pid);
	pid_t tgid;

	if (!f)
		return;
	tgid = f->tgid;
	stop_probe_free(f->entry);
	*f = l->followed[--l->nr_followed];
	kern_launch_forget(l->kern, pid);
	if (!is_followed(l, tgid))
		launch_starts_drop(&l->starts, tgid);
}

/* An entry of the auxiliary vector of the program that `pid` has just exec'ed; 0: it has none. */
static uint64_t auxiliary(pid_t pid, uint64_t type)
{
	_cleanup_close_ int fd = -1;
	char path[64];
	Elf64_auxv_t aux;

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	while (read(fd, &aux, sizeof(aux)) == sizeof(aux) && aux.a_type != AT_NULL) {
		if (aux.a_type == type)
			return aux.a_un.a_val;
	}
	return 0;
}

/* Puts a probe on the entry point of the program that `pid` has just exec'ed. */
static int stop_at_entry(struct launch *l, pid_t pid, struct stop_probe **out, struct err *err)
{
	struct proc_maps maps __attribute__((cleanup(proc_maps_fini))) = { 0 };
	_cleanup_close_ int fd = -1;
	uint64_t entry = auxiliary(pid, AT_ENTRY);
	char path[64];
	int ret;

	ret = proc_maps_read(pid, &maps);
	if (ret)
		return err_set(err, ret, "its mappings cannot be read: %s", strerror(-ret));
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	for (size_t i = 0; i < maps.count; i++) {
		const struct proc_map *m = &maps.maps[i];

		if (entry >= m->start && entry < m->end)
			return stop_probe_at_entry(l->kern, pid, fd, entry - m->start + m->offset,
						   out, err);
	}
	return err_set(err, -ENOENT, "its entry point is not mapped");
}

/*
 * Can the program be an interpreter when it starts?  A probe more is not free: taking it away again
 * takes the kernel a tenth of a second, and a shell script execs many programs.
 */
static bool may_be_python(pid_t pid)
{
	_cleanup_(elf_file_closep) struct elf_file *ef = NULL;
	char path[64];
	uint64_t addr;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	if (elf_file_open(path, &ef, NULL))
		return false;
	return elf_file_needs(ef, "libpython") ||
	       !elf_file_dynamic_symbol(ef, "_PyRuntime", &addr, NULL);
}

/* Lets `pid` run to the entry point of its new program. */
static void on_exec(struct launch *l, pid_t pid)
{
	struct followed *f = followed_find(l, pid);
	uint64_t pages;
	struct err err;

	if (f) {
		stop_probe_free(f->entry);
		f->entry = NULL;
		pages = launch_starts_exec(&l->starts, f->tgid, auxiliary(pid, AT_BASE));
		if (may_be_python(pid) && stop_at_entry(l, pid, &f->entry, &err))
			log_warn("pid %d cannot be stopped at its entry point, its first calls may "
				 "be "
				 "missed: %s",
				 pid, err.msg);
		/* What is mapped on the way there is looked at there. */
		kern_launch_follow(l->kern, pid, !f->entry, pages);
	}
	ptrace(PTRACE_CONT, pid, 0, 0);
}

/* Was it the kernel that sent the signal?  Our programs do. */
static bool is_kernels(pid_t pid, int sig)
{
	siginfo_t si;

	return sig == STOP_SIGNAL && !ptrace(PTRACE_GETSIGINFO, pid, 0, &si) &&
	       si.si_code == SI_KERNEL;
}

/* Is the thread stopped by a probe of ours, rather than because it has mapped a file? */
static bool is_at_probe(const struct launch *l, const struct followed *f, int sig)
{
	return f && (f->entry || launch_starts_has(&l->starts, f->tgid)) && is_kernels(f->pid, sig);
}

/* The process is traced from now on: its threads are let go of when they stop. */
static void let_go_of_process(struct launch *l, pid_t tgid)
{
	for (size_t i = 0; i < l->nr_followed; i++) {
		struct followed *f = &l->followed[i];

		if (f->tgid != tgid)
			continue;
		f->recognised = true;
		kern_launch_follow(l->kern, f->pid, false, 0);
		ptrace(PTRACE_INTERRUPT, f->pid, 0, 0);
	}
	launch_starts_drop(&l->starts, tgid);
}

/* At the entry point, or where an interpreter starts. */
static void on_probe(struct launch *l, pid_t pid)
{
	struct followed *f = followed_find(l, pid);
	bool at_entry = f->entry;

	stop_probe_free(f->entry);
	f->entry = NULL;
	if (l->look(l->ctx, f->tgid, launch_thread_pointer(pid))) {
		let_go_of_process(l, f->tgid);
		ptrace(PTRACE_DETACH, pid, 0, 0);
		followed_remove(l, pid);
		return;
	}
	if (at_entry) {
		kern_launch_follow(l->kern, pid, true, 0);
		launch_starts_look(&l->starts, f->tgid);
	} else {
		launch_starts_refuse(&l->starts, f->tgid);
	}
	ptrace(PTRACE_CONT, pid, 0, 0);
}

/* True: the signal was due to what was mapped, and is not for the program. */
static bool on_mapped(struct launch *l, const struct followed *f)
{
	if (!f || !kern_launch_mapped(l->kern, f->pid))
		return false;
	if (!f->entry)
		launch_starts_look(&l->starts, f->tgid);
	return is_kernels(f->pid, STOP_SIGNAL);
}

static void on_stop(struct launch *l, pid_t pid, int status)
{
	struct followed *f = followed_find(l, pid);
	int sig = WSTOPSIG(status);

	if (f && f->recognised) {
		/* What our probes have sent meanwhile is not for the program. */
		if (status >> 16 == PTRACE_EVENT_STOP || is_kernels(pid, sig))
			sig = 0;
		ptrace(PTRACE_DETACH, pid, 0, sig);
		followed_remove(l, pid);
		return;
	}
	switch (status >> 16) {
	case PTRACE_EVENT_EXEC:
		on_exec(l, pid);
		return;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		ptrace(PTRACE_CONT, pid, 0, 0);
		return;
	case PTRACE_EVENT_STOP:
		if (!f) { /* a new child or thread, traced with us */
			followed_add(l, pid);
			ptrace(PTRACE_CONT, pid, 0, 0);
		} else if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) {
			ptrace(PTRACE_LISTEN, pid, 0, 0); /* stays stopped, as its user wants */
		} else {
			ptrace(PTRACE_CONT, pid, 0, 0);
		}
		return;
	}
	if (sig == STOP_SIGNAL && on_mapped(l, f)) {
		ptrace(PTRACE_CONT, pid, 0, 0);
		return;
	}
	if (is_at_probe(l, f, sig)) {
		on_probe(l, pid);
		return;
	}
	ptrace(PTRACE_CONT, pid, 0, sig);
}

/* Has the child become the program, or said why not? */
static void look_for_result(struct launch *l)
{
	int ret;

	if (l->child.result < 0)
		return;
	ret = launch_child_result(&l->child, l->argv[0], l->user, &l->failure);
	if (ret == -EAGAIN)
		return;
	l->failed = ret;
	launch_child_close(&l->child);
}

void launch_step(struct launch *l)
{
	int status;
	pid_t pid;

	look_for_result(l);
	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		if (stops_take(l->stops, pid, status))
			continue;
		if (WIFSTOPPED(status)) {
			on_stop(l, pid, status);
			continue;
		}
		followed_remove(l, pid);
		if (pid == l->first) {
			look_for_result(l);
			l->ended = true;
			l->wait_status = status;
		}
	}
}

void launch_look_again(struct launch *l)
{
	for (size_t i = 0; i < l->nr_followed; i++) {
		struct followed *f = &l->followed[i];

		if (f->pid != f->tgid || f->entry || f->recognised ||
		    launch_starts_knows(&l->starts, f->tgid) || !l->look(l->ctx, f->pid, 0))
			continue;
		l->late++;
		log_warn("pid %d runs a Python whose start was not seen: its first calls may be "
			 "missed",
			 f->pid);
		let_go_of_process(l, f->tgid);
	}
}

uint64_t launch_late(const struct launch *l)
{
	return l->late;
}

int launch_start(struct kern *kern, struct stops *stops, char *const argv[],
		 const struct user *user, launch_look_fn look, void *ctx, struct launch **out,
		 struct err *err)
{
	_cleanup_(launch_freep) struct launch *l = calloc(1, sizeof(*l));
	int ret;

	if (!l)
		return err_set(err, -ENOMEM, "out of memory");
	l->kern = l->starts.kern = kern;
	l->stops = stops;
	l->argv = argv;
	l->user = user;
	l->look = look;
	l->ctx = ctx;
	l->child.go = l->child.result = -1;
	ret = launch_child_fork(argv, user, &l->child, err);
	if (ret)
		return ret;
	l->first = l->child.pid;
	if (ptrace(PTRACE_SEIZE, l->first, 0, OPTIONS))
		return err_set(err, -errno, "cannot trace %s from its start with ptrace: %s",
			       argv[0], strerror(errno));
	followed_add(l, l->first);
	ret = launch_child_go(&l->child, argv[0], err);
	if (ret)
		return ret;
	*out = TAKE_PTR(l);
	return 0;
}

int launch_result_fd(const struct launch *l)
{
	return l->child.result;
}

bool launch_failed(const struct launch *l, struct err *err)
{
	if (l->failed)
		err_set(err, -ENOEXEC, "%s", l->failure.msg);
	return l->failed;
}

size_t launch_followed(const struct launch *l)
{
	return l->nr_followed;
}

bool launch_ended(const struct launch *l, int *wait_status)
{
	*wait_status = l->wait_status;
	return l->ended;
}

/* How long those that are let go of have to stop. */
#define LET_GO_MS 200

static void let_go(struct launch *l, pid_t pid, int status)
{
	const struct followed *f = followed_find(l, pid);
	int sig = WSTOPSIG(status);

	if (f && is_kernels(pid, sig) &&
	    (kern_launch_mapped(l->kern, pid) || is_at_probe(l, f, sig)))
		ptrace(PTRACE_DETACH, pid, 0, 0); /* the signal was our probe's */
	else
		stops_let_go(pid, status);
}

void launch_free(struct launch *l)
{
	static const struct timespec ms = { .tv_nsec = 1000000 };
	int status;
	pid_t pid;

	if (!l)
		return;
	/* What has not become the program yet is to stay so, and the child is ours. */
	if (l->child.result >= 0)
		kill(l->first, SIGKILL);
	launch_child_close(&l->child);
	/* A thread must be stopped to be let go of. */
	for (size_t i = 0; i < l->nr_followed; i++)
		ptrace(PTRACE_INTERRUPT, l->followed[i].pid, 0, 0);
	for (int i = 0; l->nr_followed && i < LET_GO_MS; i++) {
		while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
			if (stops_take(l->stops, pid, status))
				continue;
			if (WIFSTOPPED(status))
				let_go(l, pid, status);
			followed_remove(l, pid);
		}
		if (l->nr_followed)
			nanosleep(&ms, NULL);
	}
	while (l->nr_followed)
		followed_remove(l, l->followed[0].pid);
	launch_starts_fini(&l->starts);
	free(l);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "launch/stops.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

static struct stop *find_stop(struct stops *s, pid_t tid)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->list[i].tid == tid)
			return &s->list[i];
	}
	return NULL;
}

static void forget_stop(struct stops *s, struct stop *stop)
{
	*stop = s->list[--s->count];
}

int stops_let_go(pid_t tid, int status)
{
	/*
	 * What stopped on its way to a signal gets it; a stop of ours, or of job control, is none.
	 */
	long sig = status >> 16 ? 0 : WSTOPSIG(status);

	return ptrace(PTRACE_DETACH, tid, 0, sig) ? -errno : 0;
}

bool stops_begin(struct stops *s, pid_t tid)
{
	if (s->count == STOPS_MAX || find_stop(s, tid) || ptrace(PTRACE_SEIZE, tid, 0, 0))
		return false;
	s->list[s->count++] = (struct stop){ .tid = tid };
	/* It fails only for a thread that is ending, which is seen soon. */
	ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	return true;
}

bool stops_take(struct stops *s, pid_t tid, int status)
{
	struct stop *stop = find_stop(s, tid);

	if (!stop)
		return false;
	if (!WIFSTOPPED(status)) {
		forget_stop(s, stop);
		return true;
	}
	if (!stop->over) {
		stop->stopped = true;
		stop->status = status;
		return true;
	}
	/* One that was killed meanwhile is reported once more. */
	if (!stops_let_go(tid, status))
		forget_stop(s, stop);
	return true;
}

/* Takes what the thread reports now. */
static void take_report(struct stops *s, pid_t tid)
{
	struct stop *stop = find_stop(s, tid);
	int status;
	pid_t ret;

	if (!stop)
		return;
	ret = waitpid(tid, &status, WNOHANG | __WALL);
	if (ret == tid)
		stops_take(s, tid, status);
	else if (ret < 0 && errno == ECHILD)
		forget_stop(s, stop);
}

bool stops_wait(struct stops *s, pid_t tid, unsigned int ms)
{
	static const struct timespec little = { .tv_nsec = 200000 };

	for (unsigned int i = 0; i <= ms * 5; i++) {
		struct stop *stop;

		take_report(s, tid);
		stop = find_stop(s, tid);
		if (!stop || stop->stopped)
			return stop;
		nanosleep(&little, NULL);
	}
	return false;
}

void stops_end(struct stops *s, pid_t tid)
{
	struct stop *stop = find_stop(s, tid);

	if (!stop)
		return;
	stop->over = true;
	if (stop->stopped && !stops_let_go(tid, stop->status))
		forget_stop(s, stop);
}

void stops_collect(struct stops *s)
{
	for (size_t i = s->count; i-- > 0;)
		take_report(s, s->list[i].tid);
	/* A thread that has exec'ed meanwhile goes by the id of its process. */
	for (;;) {
		siginfo_t info = { .si_pid = 0 };

		if (waitid(P_ALL, 0, &info, WSTOPPED | WNOHANG | __WALL) || !info.si_pid)
			break;
		if (!find_stop(s, info.si_pid) ||
		    !stops_take(s, info.si_pid, info.si_status << 8 | 0x7f))
			stops_let_go(info.si_pid, info.si_status << 8 | 0x7f);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that are stopped for a moment as a debugger stops them, which neither their process nor
 * its parent notices.  A thread may not be in a state to stop, for as long as it likes: as the
 * parent of a vfork it waits for the child.  So nothing waits for long, and one that stops too late
 * is let go when it does.  Whatever signal a thread was about to receive, it receives.  Should this
 * process end, the kernel lets go of all of them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define STOPS_MAX 64

struct stop {
	pid_t tid;
	bool stopped;
	int status; /* of waitpid(), once it is stopped */
	bool over;  /* to be let go as soon as it stops */
};

struct stops {
	struct stop list[STOPS_MAX];
	size_t count;
};

/* Asks the thread to stop; false: it cannot be asked. */
bool stops_begin(struct stops *s, pid_t tid);
/* Waits for that; false: it has not within so many milliseconds. */
bool stops_wait(struct stops *s, pid_t tid, unsigned int ms);
/* Lets it go, at once or as soon as it stops. */
void stops_end(struct stops *s, pid_t tid);
/* Handles what waitpid() reported, if it is of one of these threads. */
bool stops_take(struct stops *s, pid_t tid, int status);
/*
 * To be called on SIGCHLD by who does not use waitpid() for all children: lets go of those that
 * have stopped by now.
 */
void stops_collect(struct stops *s);
/* Lets a thread go that is stopped with this status of waitpid(). */
int stops_let_go(pid_t tid, int status);

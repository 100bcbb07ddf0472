/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program that is started under trace, from fork() to exec: it gets what it would have had
 * without us.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "base/user.h"

struct launch_child {
	pid_t pid;
	int go;	    /* the child waits for a byte from it */
	int result; /* non-blocking: closed by its exec, or says what went wrong */
};

/*
 * Forks.  The child waits, and then runs argv[0] as `user` (NULL: as this process does).  0 or
 * -errno with a sentence.
 */
int launch_child_fork(char *const argv[], const struct user *user, struct launch_child *out,
		      struct err *err);
/* Lets it go on. */
int launch_child_go(struct launch_child *child, const char *program, struct err *err);
/* -EAGAIN: it has not exec'ed yet; 0: it has; else -ENOEXEC with a sentence. */
int launch_child_result(struct launch_child *child, const char *program, const struct user *user,
			struct err *err);
void launch_child_close(struct launch_child *child);

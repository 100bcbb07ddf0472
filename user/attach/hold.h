/* SPDX-License-Identifier: GPL-2.0-only */
/* Holding a program at its entry point, or where an interpreter starts in it: see bpf/launch.bpf.c. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "kern/kern.h"

/* What the program gets when it is there; it is ignored unless a ptracer looks at it. */
#define HOLD_SIGNAL SIGURG

struct hold;

/* Puts the probe on `offset` of the file `exe_fd` in process `pid`.  The kernel takes it away when this process ends. */
int hold_set(struct kern *kern, pid_t pid, int exe_fd, uint64_t offset, struct hold **out,
	     struct err *err);
/* The same where the interpreter that is in the file `fd` starts, for the threads that kern_launch_follow() watches. */
int hold_set_start(struct kern *kern, pid_t pid, int fd, uint64_t offset, struct hold **out,
		   struct err *err);
/* The same where a dynamic linker, the file `fd`, has mapped something, in any process. */
int hold_set_mapped(struct kern *kern, int fd, uint64_t offset, struct hold **out, struct err *err);
void hold_free(struct hold *hold);

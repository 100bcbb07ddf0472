/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes that stop a program at its entry point, or where an interpreter starts in it, for its
 * ptracer: see bpf/launch.bpf.c.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "kern/kern.h"

/* What the program gets when it is there; it is ignored unless a ptracer looks at it. */
#define STOP_SIGNAL SIGURG

struct stop_probe;

/*
 * Puts the probe on `offset` of the file `exe_fd` in process `pid`.  The kernel takes it away when
 * this process ends.
 */
int stop_probe_at_entry(struct kern *kern, pid_t pid, int exe_fd, uint64_t offset,
			struct stop_probe **out, struct err *err);
/*
 * The same where the interpreter that is in the file `fd` starts, for the threads that
 * kern_launch_follow() watches.
 */
int stop_probe_at_start(struct kern *kern, pid_t pid, int fd, uint64_t offset,
			struct stop_probe **out, struct err *err);
/* The same where a dynamic linker, the file `fd`, has mapped something, in any process. */
int stop_probe_at_mapping(struct kern *kern, int fd, uint64_t offset, struct stop_probe **out,
			  struct err *err);
void stop_probe_free(struct stop_probe *probe);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Holding a program at its entry point, see bpf/launch.bpf.c. */
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
void hold_free(struct hold *hold);

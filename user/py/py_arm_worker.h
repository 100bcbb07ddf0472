/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arming by a worker (base/worker.h): code objects may lie in memory that never arrives.  The
 * worker opens the memory of the process while a thread of it is held, and does all that a request
 * asks for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct py_arm_item {
	uint64_t code, instr, name; /* as py_arm() has them */
	int result;		    /* of py_arm() or py_disarm() */
};

/* So many are done in one call at most. */
#define PY_ARM_ITEMS_MAX 1024

struct py_arm_job {
	pid_t pid;
	unsigned int minor; /* of the layout */
	uint64_t type_code, interp;
	/* See py_arm_is_alone(): items are done only if that holds; 0: it does not matter. */
	uint64_t interpreters;
	uint16_t interp_next;
	/*
	 * The thread is held while *state, memory that is shared, is `taken`, and it is not later
	 * than `until` (CLOCK_MONOTONIC, ns).
	 */
	const uint64_t *state;
	uint64_t taken, until;
	uint64_t enough; /* no new one is begun after that */
	bool undo;
	bool new_version; /* py_arm_new_version() first; set to false when that is done */
	size_t count;	  /* of items; they are done from the first on */
	/* results */
	size_t done;
	bool late;   /* the thread may have gone on while something was written */
	bool shared; /* there are other interpreters: no item was done */
};

/*
 * Does it, and waits `ms` at the most.  0, or -ECANCELED if the thread was not held all the time:
 * as far as job->done says.  -ETIMEDOUT: the memory did not answer. -EAGAIN: no worker. -ESRCH,
 * -EPERM: there is no such memory.
 */
int py_arm_run(struct py_arm_job *job, struct py_arm_item *items, unsigned int ms);

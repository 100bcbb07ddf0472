/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arming one code object, see py_sites_arm.c; the one place that writes memory of a target.  All of
 * this is to be called only while a thread of the process is held that has the GIL.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/abi/pylayout.h"

struct py_arm_target {
	/*
	 * /proc/PID/mem, opened while the thread was held: this very memory, whatever process has
	 * that id by the time of a write.
	 */
	int mem;
	const struct py_layout *layout;
	uint64_t type_code; /* PyCode_Type */
	uint64_t interp;    /* PyInterpreterState of the thread that is held */
	/* Is the thread held still?  Asked before each write. */
	bool (*held)(void *ctx);
	void *ctx;
};

/*
 * Arms the code object `code`, whose RESUME is at `instr`, provided that everything is as it should
 * be.  name: its co_name, 0: not known.  0: it is armed. -ESTALE: it is not, or no more, that code
 * object, or its functions are monitored, which is as good as armed.  -ETIMEDOUT: the thread is not
 * held any more. -ESRCH: the memory is nobody's now.
 */
int py_arm(const struct py_arm_target *t, uint64_t code, uint64_t instr, uint64_t name);
/* Undoes it; the function enters as all others do from its next run on. */
int py_disarm(const struct py_arm_target *t, uint64_t code, uint64_t instr, uint64_t name);

/*
 * 3.12: has every code object look at its instrumentation at its next run, so that new ones are
 * noticed; others need nothing.  As sys.monitoring.set_events() would, twice.
 */
int py_arm_new_version(const struct py_arm_target *t);
/* Whether that is needed. */
bool py_arm_wants_new_version(const struct py_arm_target *t);

/*
 * Is the thread's interpreter the only one of its process, and going to be as long as the thread is
 * held?  interpreters: where the list of them begins; next: where an interpreter has the next one.
 * Others may have a GIL of their own: their threads run meanwhile.  -errno: it cannot be told.
 */
int py_arm_is_alone(const struct py_arm_target *t, uint64_t interpreters, uint16_t next,
		    bool *alone);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arming functions, see py/py_sites_arm.c.  A function that comes into being later is armed where
 * it is entered for the first time: its thread waits there until that is done. Those that are there
 * already are armed the next time that the process enters a function.  The process is never
 * stopped; a thread that asks waits for some 0.1 ms.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attach/attach.h"
#include "py/py_codes.h"

/*
 * A thread of our own that answers requests: those to arm, and those of programs that miss a page
 * (fetch_pool.h).
 */
struct armer;

int armer_new(struct kern *kern, struct armer **out, struct err *err);
void armer_free(struct armer *armer);
DEFINE_CLEANUP(armer_freep, struct armer, armer_free);
/*
 * given_up: requests that were not met because the target's memory did not answer, or because it
 * has several interpreters that run at once; late: those whose thread may have gone on while
 * something was written; cut: functions that are not armed because there are too many.
 */
void armer_losses(const struct armer *armer, uint64_t *given_up, uint64_t *late, uint64_t *cut);

/* The functions of one process that are to be armed, or disarmed. */
struct arming;

/* Where that is. */
struct arm_process {
	const struct py_interp *interp;
	struct probed_file file;
	uint32_t group; /* as attach_process() has it */
	const struct py_site *sites;
	size_t nr_sites;
	py_code_fn wanted;
	void *ctx;    /* of `wanted` */
	bool patient; /* waits for a moment, since most of them are done by then */
};

/*
 * Begins to arm what is wanted and exists.  The probes of PY_SITE_ENTRY and PY_SITE_FIRST are in
 * place, and the process is one that kern_proc_set() knows: on return no call of a wanted function
 * goes unseen.  *out is NULL if there is nothing left to do.
 */
int arm_begin(struct armer *armer, const struct arm_process *target, struct arming **out,
	      struct err *err);
/* The same to disarm, as far as the process enters any function before *out is given up. */
int arm_undo(struct armer *armer, const struct arm_process *target, struct arming **out,
	     struct err *err);
/* Until it is done, each call of any function costs a trap. */
bool arm_is_done(const struct arming *a);
void arm_free(struct arming *a);
DEFINE_CLEANUP(arm_freep, struct arming, arm_free);

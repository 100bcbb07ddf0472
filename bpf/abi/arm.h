/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arming functions.  Memory of a target is written by user space only, and only while a thread of the target waits in
 * a probe with the GIL held: nothing of the interpreter changes meanwhile.  The probe asks (struct arm_request, ring
 * buffer "arm_requests") and waits: ARM_WAIT_NS for user space to take the request up, ARM_WORK_NS for it to be done.
 */
#pragma once

#include "types.h"

enum arm_why {
	ARM_UNARMED = 1, /* a watched function has been entered that is not armed */
	ARM_PENDING,	 /* user space has something to do in this process: see map "arm_pending" */
};

struct arm_request {
	__u32 pid, tid;
	__u32 slot;
	__u16 why;   /* enum arm_why */
	__u16 minor; /* of the layout */
	__u64 token;
	__u64 code;  /* PyCodeObject of the function that was entered */
	__u64 instr; /* its RESUME; 0 with ARM_PENDING */
	__u64 type_code;
	__u64 interp;  /* PyInterpreterState; with ARM_PENDING */
	__u32 watched; /* with ARM_PENDING: it may be a watched function, leave it alone */
	__u32 pad;
};

/* How far a request is: its token, times four, and one of these.  Each side moves on by compare-and-swap. */
#define ARM_ASKED 0
#define ARM_TAKEN 1    /* by user space: the thread is held now, memory may be written */
#define ARM_DONE 2     /* by user space: the thread may go on */
#define ARM_GIVEN_UP 3 /* by the probe: nobody took it up in time */

struct arm_slot {
	__u32 busy;
	__u32 pad;
	__u64 state;
};

static inline __attribute__((always_inline)) __u64 arm_state(__u64 token, __u32 state)
{
	return token << 2 | state;
}

#define PHRUDE_ARM_SLOTS 64
#define ARM_WAIT_NS (10 * 1000 * 1000)
#define ARM_WORK_NS (100 * 1000 * 1000)

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads of a target that are held in a probe, until user space has done something for them.  The probe asks (struct
 * arm_request, ring buffer "arm_requests") and waits, for one time for user space to take the request up, for another for it to
 * be done.
 *
 * Arming functions: memory of a target is written by user space only, and only while a thread of the target waits
 * with the GIL held: nothing of the interpreter changes meanwhile.
 *
 * Fetching pages: what a program could not read, as it never waits for a page itself.
 */
#pragma once

#include "types.h"

enum arm_why {
	ARM_UNARMED = 1, /* a watched function has been entered that is not armed */
	ARM_PENDING,	 /* user space has something to do in this process: see map "arm_pending" */
	ARM_FETCH,	 /* pages of the process are to be brought in: arm_slot.pages */
	ARM_VERSION, /* an interpreter begins, whose functions are to be noticed at their first run: arm_request.interp */
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
	__u64 interp;  /* PyInterpreterState of the thread */
	__u32 watched; /* with ARM_PENDING: it may be a watched function, leave it alone */
	__u32 target;  /* see struct phrude_share */
};

/* How far a request is: its token, times four, and one of these.  Each side moves on by compare-and-swap. */
#define ARM_ASKED 0
#define ARM_TAKEN 1 /* by user space: the thread is held now, memory may be written */
#define ARM_DONE 2  /* by user space: the thread may go on */
#define ARM_GIVEN_UP \
	3 /* by the probe: nobody took it up in time; by user space: it could not be done */

#define PHRUDE_FETCH_MAX 8

struct arm_slot {
	__u32 busy;
	__u32 outcome; /* ARM_FETCH, by user space: enum fetch_outcome */
	__u64 state;
	/* ARM_FETCH: addresses of pages, with the number of further pages behind each in its lower 12 bits; 0: no more */
	__u64 pages[PHRUDE_FETCH_MAX];
};

enum fetch_outcome {
	FETCH_NONE,  /* no page could be had: there is nothing at these addresses */
	FETCH_SOME,  /* one at least is there now */
	FETCH_STUCK, /* they did not come in time */
};

static inline __attribute__((always_inline)) __u64 arm_state(__u64 token, __u32 state)
{
	return token << 2 | state;
}

/* How the CPU is given up meanwhile (bpf/yield.bpf.c). */
enum phrude_yield { YIELD_NONE, YIELD_STORAGE, YIELD_ARENA };

#define PHRUDE_ARM_SLOTS 64
#define ARM_WAIT_NS (10 * 1000 * 1000)
#define ARM_WORK_NS (100 * 1000 * 1000)
/* User space gives a fetch FETCH_TRY_NS, and may be at another's when it is asked. */
#define FETCH_TRY_NS (8 * 1000 * 1000)
#define FETCH_WAIT_NS (20 * 1000 * 1000)
#define FETCH_WORK_NS (20 * 1000 * 1000)

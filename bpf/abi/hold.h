/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Threads of a target that are held: a program on a probe asks user space for something, and keeps
 * its thread in the kernel until it has an answer, for a bounded time.  Whatever the thread waits
 * for, the protocol is this one.
 *
 *   the probe                        user space
 *     claims a slot, for its thread
 *     HOLD_ASKED, sends the record
 *                                    HOLD_TAKEN     takes it up: the thread is held now
 *                                    HOLD_DONE      done: the thread goes on
 *                                    HOLD_GIVEN_UP  it could not be done: the same
 *                                    HOLD_STOPPING  the thread goes on, into a stop that it
 *                                                   has been asked for meanwhile
 *     HOLD_GIVEN_UP  nobody took it up, or was done, in its time
 *     frees the slot                 frees it, after HOLD_STOPPING
 *
 * Each step is one compare-and-swap of the slot's state, which begins with a token, the time of
 * asking: who is late moves nothing.  Slots and records are in maps that only the tracer has: a
 * target can neither answer nor ask for another.
 *
 * What is asked for is a kind: a row of HOLD_KINDS and a member of struct ev_hold.
 */
#pragma once

#include "event.h"
#include "import.h"

/* Milliseconds in ns. */
#define HOLD_MS(n) ((n)*1000ULL * 1000)

/*
 * X(name, what the thread waits for, ns to be taken up in, ns to be done in, both from when it was
 *   asked, threads that a target may have in it at a time, whether it is answered in the order of
 *   what else happens: by way of the ring "events", not "hold_requests", which threads of their own
 *   look after)
 */
#define HOLD_KINDS(X)                                                                      \
	X(ARM, "functions to be armed", HOLD_MS(10), HOLD_MS(100), 16, 0)                  \
	/* User space tries for FETCH_TRY_NS, and may be at another's when it is asked. */ \
	X(FETCH, "pages to be brought in", HOLD_MS(20), HOLD_MS(40), 16, 0)                \
	X(IMPORT, "a module to be looked into", HOLD_MS(100), HOLD_MS(100), 256, 1)        \
	/* An interpreter starts of which only the file is known. */                       \
	X(LAUNCH, "a new interpreter to be looked at", HOLD_MS(100), HOLD_MS(100), 256, 1)

enum hold_kind {
#define X(name, what, take, work, of_target, in_order) HOLD_##name,
	HOLD_KINDS(X)
#undef X
		NR_HOLD_KINDS,
};

/* A power of two. */
#define HOLD_KINDS_MAX 4

enum hold_state {
	HOLD_ASKED,
	HOLD_TAKEN,
	HOLD_DONE,
	HOLD_GIVEN_UP,
	HOLD_STOPPING,
};

/*
 * State of a slot: the token, one of these in the lower three bits, and between them the answer,
 * which goes with HOLD_DONE.
 */
static inline __attribute__((always_inline)) __u64 hold_state(__u64 token, __u32 state)
{
	return token << 5 | state;
}

/* What an answer from 0 to 3 says is a matter of the kind. */
#define HOLD_ANSWER(answer) ((answer) << 3 | HOLD_DONE)
#define HOLD_ANSWER_OF(state) ((state) >> 3 & 3)

/*
 * Arming functions: memory of a target is written by user space only, and only while a thread of
 * the target is held that has the GIL: nothing of the interpreter changes meanwhile.
 */
enum arm_why {
	ARM_UNARMED = 1, /* a watched function has been entered that is not armed */
	ARM_PENDING,	 /* user space has something to do in this process: see map "arm_pending" */
	/*
	 * an interpreter begins, whose functions are to be noticed at their first run:
	 * hold_arm.interp
	 */
	ARM_VERSION,
};

struct hold_arm {
	__u16 why;     /* enum arm_why */
	__u16 minor;   /* of the layout */
	__u32 watched; /* with ARM_PENDING: it may be a watched function, leave it alone */
	__u64 code;    /* PyCodeObject of the function that was entered */
	__u64 instr;   /* its RESUME; 0 with ARM_PENDING */
	__u64 type_code;
	__u64 interp; /* PyInterpreterState of the thread */
};

/* Fetching pages: what a program could not read, as it never waits for a page itself. */
#define PHRUDE_FETCH_MAX 8
#define FETCH_TRY_NS (HOLD_MS(8))

struct hold_fetch {
	/*
	 * Addresses of pages, with the number of further pages behind each in its lower 12 bits; 0:
	 * no more.
	 */
	__u64 pages[PHRUDE_FETCH_MAX];
};

/* HOLD_ANSWER() */
enum fetch_outcome {
	FETCH_STUCK, /* they did not come in time, or nobody has answered */
	FETCH_NONE,  /* no page could be had: there is nothing at these addresses */
	FETCH_SOME,  /* one at least is there now */
};

/* EV_HOLD: the record of one that is asked for.  hdr.time_ns is its token. */
struct ev_hold {
	struct ev_hdr hdr;
	__u32 slot;
	__u32 kind;   /* enum hold_kind */
	__u32 target; /* see struct phrude_share */
	__u32 pad;
	union {
		struct hold_arm arm;
		struct hold_fetch fetch;
		struct import import;
	};
};

struct hold_slot {
	__u64 state; /* hold_state() */
	__u32 owner; /* thread id; 0: the slot is free */
	__u32 pad;
	struct ev_hold asked;
};

/*
 * Slots that a thread may have, from a hash of its id on, are HOLD_WINDOW; both are powers of two.
 */
#define HOLD_SLOTS 1024
#define HOLD_WINDOW 16

/* How the CPU is given up meanwhile (bpf/yield.bpf.c). */
enum phrude_yield { YIELD_NONE, YIELD_STORAGE, YIELD_ARENA };

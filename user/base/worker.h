/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may never return.  A page of a target's memory, and a file in its mount namespace, are there
 * when somebody provides them: a FUSE daemon, a userfaultfd handler, both of them the target's if
 * it likes.  A thread that waits for one may be past SIGKILL, and a process with such a thread
 * never ends.  So those calls are made by a process of our own, one for each thread that asks,
 * which is left behind if it does not answer in time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one call can take and give, in bytes: so much data, and what it is to be done with. */
#define WORKER_DATA (256u * 1024)
#define WORKER_AREA (WORKER_DATA + 8u * 1024)
/* A disk that has to be woken up or that others keep busy needs some of it; ms. */
#define WORKER_PATIENCE_MS 400
/*
 * Workers that were left behind and are still there: with so many, no new one is started; with so
 * many because of one target, none works for that one.
 */
#define WORKERS_LEFT_MAX 128
#define WORKERS_LEFT_EACH 8

struct worker_call {
	void *area; /* WORKER_AREA bytes, seen by both sides */
	int fd_in;  /* what was sent along, or -1; closed after the call */
	int fd_out; /* to be sent back, and closed, if not -1 */
};

/*
 * Runs in the worker; uses what it finds in the area and nothing that may have changed since the
 * fork.  0 or -errno.
 */
typedef int (*worker_fn)(struct worker_call *call);

/*
 * This thread's area, for the next call; NULL: there is no worker, and none can be started
 * (worker_run() would fail).
 */
void *worker_area(void);
/*
 * Has this thread's worker run `fn`, and returns what it returns.  fd_in: sent along, or -1;
 * fd_out: where to put what comes back (-1 if nothing does), or NULL.  Waits `ms` at the most, and
 * no longer than the look allows (look.h).  -ETIMEDOUT: it did not answer; what it still does is
 * seen by nobody, and the area is gone.  -EAGAIN: it cannot be started.
 */
int worker_run(worker_fn fn, unsigned int ms, int fd_in, int *fd_out);

/*
 * How long an answer is waited for, in ms: for as long as the look has patience, if that is more
 * than WORKER_PATIENCE_MS.
 */
unsigned int worker_patience(void);

/*
 * Which target this thread's calls are for from now on: a number of the caller's choice, 0: none in
 * particular.
 */
void worker_works_for(uint32_t target);
/* Starts this thread's worker, so that the first call is not late. */
void worker_start(void);
/* Ends this thread's worker. */
void worker_stop(void);
/* Are we a worker?  Then calls are made at once. */
bool worker_is_one(void);
/* How many did not answer, and how many calls failed because too many of those are still there. */
void worker_counts(uint64_t *left_behind, uint64_t *refused);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A look at a target: what is read of it in one go, within one budget.  What it holds is its own
 * doing, so that a look may have no end, or its memory no answer; once a look has failed, all that
 * it still asks for fails at once.  A look belongs to the thread that begins it; one within another
 * is part of that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How far a look goes: when the user names a process, and whenever something happens to one that is
 * traced.  It is work that ends it, counted in reads, and answers of the target's that something
 * had to sleep for, in milliseconds; on a machine whose processors others keep busy, a virtual one
 * most of all, the same takes many times as long, which is nobody's fault here.  So LOOK_WALL times
 * the milliseconds only end what nothing else has ended.
 */
#define LOOK_FIRST                                     \
	(struct look_limits)                           \
	{                                              \
		.reads = 20u * 1000 * 1000, .ms = 3000 \
	}
#define LOOK_LATER                                   \
	(struct look_limits)                         \
	{                                            \
		.reads = 5u * 1000 * 1000, .ms = 500 \
	}
#define LOOK_WALL 20
/* What a worker is asked takes as long as so many reads of what is in memory of ours. */
#define LOOK_READS_A_CALL 64

struct look_limits {
	uint64_t reads; /* of memory, of whatever size */
	unsigned int ms;
};

struct look {
	pid_t pid;
	int64_t began, until;	   /* CLOCK_MONOTONIC, ns */
	int64_t began_busy;	   /* CLOCK_THREAD_CPUTIME_ID, ns */
	int64_t patience;	   /* for answers that are slept for, ns */
	int64_t elsewhere;	   /* what answers took, asleep or in a worker, ns */
	uint64_t reads, reads_max; /* calls of workers included, as what they take */
	uint64_t id;		   /* of no other look */
	uint64_t last;		   /* address of the last read */
	bool last_known;	   /* it was memory, and not a file */
	int failed; /* -ETIMEDOUT: no answer; -E2BIG: no end; -EAGAIN: no worker; 0: not yet */
};

void look_begin(struct look *look, pid_t pid, struct look_limits limits);
/* 0, or what made it fail, that which it is a part of included. */
int look_end(struct look *look);
/*
 * What it has cost so far: processor time, that of workers included, and sleep for answers.  For
 * what other programs keep the processors from it, no target is to blame.
 */
int64_t look_spent_ns(const struct look *look);
/* What made it fail, as a part of a sentence, in the caller's buffer. */
const char *look_failure(const struct look *look, char *buf, size_t size);

/* The one that is under way, or NULL. */
struct look *look_current(void);
/*
 * Counts a call of a worker, and cuts the time it may wait to what is left.  0, or the error if
 * nothing is.
 */
int look_allows(unsigned int *ms);
/* Counts a read of memory at an address.  0, or the error if there may be no more. */
int look_read(uint64_t addr);
/* Milliseconds that may still be slept for answers; 0: there is no look. */
unsigned int look_patience(void);
/* So much time was waited for an answer of the target's, asleep. */
void look_waited(int64_t ns);
/* So much of a processor a worker took for an answer that was not slept for. */
void look_worked(int64_t ns);
/* Notes that something did not answer. */
void look_failed(int error);
/* So many bytes of the target's own were looked through: that takes the time it takes. */
void look_progress(uint64_t bytes);
/* What was read may have changed: reads from now on are made anew. */
void look_afresh(void);

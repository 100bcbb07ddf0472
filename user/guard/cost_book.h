/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the probes cost each process, of numbers that are given once a second, and what is to be
 * done about one that they cost too much: nothing here asks the kernel or the clock.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "bpf/abi/cost.h"

/* Shares of a CPU are of so many seconds. */
#define COST_WINDOW 10
/* Functions of one process that are told apart, the dearest; and targets. */
#define COST_FUNCTIONS_MAX 64
#define COST_TARGETS_MAX 32
#define COST_NAME_MAX 128

struct cost_limits {
	double max_cpu;	  /* share of one CPU */
	bool sheds;	  /* rules of level info are given up for it */
	uint64_t trap_ns; /* of a probe, before its program has found the process */
};

/* A sum for each of the last seconds. */
struct cost_ring {
	double seconds[COST_WINDOW];
	double sum;
	unsigned int at, filled;
};

struct cost_function {
	uint32_t watch;	       /* PHRUDE_WATCH_ID */
	bool shed;	       /* its matches are refused */
	struct cost_ring ring; /* ns of its matches; where they are refused how many were */
	double second;	       /* of this one, so far */
	double match_ns;       /* what one costs */
	double shed_cpu;       /* share of a CPU that it took when it was shed */
	uint64_t refused;      /* so far, since then */
};

struct cost_process {
	pid_t pid;
	int64_t since_ns; /* as of struct targets_seen: tells it from another of that pid */
	char target[COST_NAME_MAX]; /* "": none */
	struct py_cost last;
	double hit_ns;			/* of one hit, the trap included */
	struct cost_ring ring, elapsed; /* ns */
	int64_t taken_ns;		/* CLOCK_MONOTONIC */
	double cpu;			/* share of one, over the window */
	bool over;
	bool near;	 /* what its functions cost is wanted */
	bool said_empty; /* that nothing is left to be shed */
	bool seen;	 /* in this round */
	struct cost_function *functions;
	size_t nr_functions, nr_shed;
};

struct cost_target {
	char name[COST_NAME_MAX]; /* "": processes without one; "(others)": there are too many */
	double spent_ns;	  /* since the start */
	double cpu;		  /* of all its processes */
	size_t over, shed; /* its processes that cost too much; functions that are shed there */
};

struct cost_book {
	struct cost_limits limits;
	struct cost_process **list; /* by pid */
	size_t count;
	struct cost_target targets[COST_TARGETS_MAX];
	size_t nr_targets;
};

void cost_book_fini(struct cost_book *b);
/*
 * A round begins, and ends: gone() is called for each that was not taken in it, before it is freed.
 */
void cost_book_begin(struct cost_book *b);
void cost_book_end(struct cost_book *b, void (*gone)(void *ctx, struct cost_process *p), void *ctx);

/* What became of a process. */
enum cost_change { COST_SAME, COST_NEAR, COST_OVER, COST_CALM };

/* Its numbers so far.  NULL: no memory. */
struct cost_process *cost_book_take(struct cost_book *b, pid_t pid, int64_t since_ns,
				    const char *target, const struct py_cost *cost, int64_t now_ns,
				    enum cost_change *change);
/* NULL: it is not known. */
struct cost_process *cost_book_find(const struct cost_book *b, pid_t pid);
/* In the last second matches of one function cost so much, or so many were refused in all. */
void cost_process_add(const struct cost_book *b, struct cost_process *p, uint32_t watch,
		      const struct phrude_cost *cost);
void cost_process_refused(struct cost_function *f, uint64_t refused);
/* That second is over: to be called for each that is near, once all is added. */
void cost_process_step(struct cost_process *p);
/* Share of a CPU. */
double cost_function_cpu(const struct cost_function *f);
/* Sorted by what they cost, the dearest first; returns how many cost anything. */
size_t cost_process_sort(struct cost_process *p);

/* Does it cost too much, now that a whole window has gone by? */
bool cost_process_is_dear(const struct cost_book *b, const struct cost_process *p);
/* May this function be shed? */
typedef bool (*cost_may_shed_fn)(const void *ctx, uint32_t watch);
/*
 * Which function is to be shed now, and then the next: what costs most, until what is left is below
 * the limit.  NULL: none (any more).
 */
struct cost_function *cost_process_shed(const struct cost_book *b, struct cost_process *p,
					cost_may_shed_fn may, const void *ctx);
/*
 * Which is to be watched again, as it would cost little by now: the limit must not be in sight
 * then.
 * NULL: none.
 */
struct cost_function *cost_process_take_back(const struct cost_book *b, struct cost_process *p);
/* Some were shed: what is left is found out by a window of its own. */
void cost_process_wait(struct cost_process *p);
/* It is watched again, for whatever reason. */
void cost_process_unshed(struct cost_process *p, struct cost_function *f);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the tracer is, as one document of JSON: of numbers that are given, and nothing else.  It is
 * indented, without an empty line, and of nothing but what may stand on a terminal.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "metrics/published.h"

/* More processes than this are counted only. */
#define CONTROL_PROCESSES_MAX 1000

struct control_process {
	pid_t pid;
	int64_t since_ns;	     /* when it came to be traced; CLOCK_REALTIME */
	const char *state;	     /* a literal */
	char *exe, *python, *target; /* owned; NULL: not known, or none */
	double cpu; /* that probes cost it, a share of one, where that is looked at */
};

struct control_processes {
	size_t count, total; /* of which there are so many */
	struct control_process list[];
};

/* With room for as many of them as are listed of `total`; NULL: no memory. */
struct control_processes *control_processes_new(size_t total);
void control_processes_free(struct control_processes *processes); /* NULL is allowed */
DEFINE_CLEANUP(control_processes_freep, struct control_processes, control_processes_free);

/* What does not change while it runs; text is borrowed. */
struct control_facts {
	pid_t pid;
	int64_t started_ns; /* CLOCK_REALTIME */
	int64_t since_ns;   /* the same moment; CLOCK_MONOTONIC */
	const char *mode;
	const char *config; /* file; NULL: none */
};

struct control_state {
	const struct control_facts *facts;
	const struct metrics_now *now;
	struct alert_counts *alerts;
	const struct control_processes *processes; /* NULL: not known */
	bool ready;
	bool timed;			  /* the kernel times programs for whoever asks */
	int64_t ages[NR_METRICS_THREADS]; /* published_age() */
};

void control_write(struct buf *out, const struct control_state *state);
/* A document that says nothing but this sentence. */
void control_write_error(struct buf *out, const char *sentence);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text that Prometheus reads (its text format, version 0.0.4): of numbers that are given, and
 * nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "counters/counters.h"
#include "kubeapi/pod_watch.h"
#include "metrics/alert_counts.h"

#define METRICS_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"

#define METRICS_OUTPUTS_MAX 16
#define METRICS_STATES_MAX 4
#define METRICS_PROBES_MAX 8
#define METRICS_COSTS_MAX 32
#define METRICS_LISTS_MAX 64
#define METRICS_NAME_MAX 128

/* All names are borrowed. */
struct metrics_now {
	int64_t taken_ns; /* when; CLOCK_MONOTONIC */
	uint64_t values[NR_COUNTERS];
	struct metrics_state {
		const char *name;
		size_t processes;
	} states[METRICS_STATES_MAX];
	size_t nr_states;
	struct metrics_output {
		const char *name; /* no two have the same */
		uint64_t queued, sent, dropped;
		uint64_t unmoved_s; /* its thread hangs for so long */
		const char *state;
		bool failing; /* it cannot be written to */
	} outputs[METRICS_OUTPUTS_MAX];
	size_t nr_outputs;
	struct metrics_probe {
		const char *kind;
		bool is_kind;  /* of probes; else what else the tracer's programs do */
		uint64_t hits; /* in traced processes */
		/*
		 * Of its programs, in all processes, while the kernel's statistics were on, and the
		 * share of a CPU since the last time.
		 */
		uint64_t runs, run_ns;
		double cpu;
	} probes[METRICS_PROBES_MAX];
	size_t nr_probes;
	/* What probes cost targets, where that is looked at. */
	struct metrics_cost {
		char target[METRICS_NAME_MAX]; /* "": processes without one */
		uint64_t spent_ns;
		double cpu;	   /* share of one, of all its processes together */
		size_t over, shed; /* processes that cost too much; functions given up there */
	} costs[METRICS_COSTS_MAX];
	size_t nr_costs;
	bool guarded; /* that is looked at */
	/* What becomes of the labels of pods; its state is off where nobody asks for them. */
	struct pod_watch_status labels;
	size_t nr_rules; /* in force */
	/* By how many of them the processes of a target go. */
	struct metrics_list {
		char target[METRICS_NAME_MAX]; /* "": processes without one */
		size_t rules;
	} lists[METRICS_LISTS_MAX];
	size_t nr_lists, lists_left_out;
	uint64_t reloads, reloads_refused;
};

/* The commit that the program was built from, or "unknown". */
extern const char metrics_commit[];

void metrics_write(struct buf *out, const struct metrics_now *now, struct alert_counts *alerts);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The thread that turns records of the ring buffer into alerts.  It waits for nothing but outputs:
 * what takes its time in tracing processes is for the thread that made it, by intake_trace().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "counters/counters.h"
#include "kern/kern.h"
#include "limit/bucket.h"
#include "metrics/alert_counts.h"
#include "redact/redact.h"
#include "request/request.h"
#include "rule/rule.h"
#include "sink/sinks.h"
#include "targets/targets.h"

struct intake;

/* All of it is borrowed, but for what takes secrets out. */
struct intake_config {
	struct kern *kern;
	struct targets *targets;
	struct sinks *sinks;
	const struct request_opts *request;
	struct redact *redact;	     /* taken over, in any case; NULL: alerts keep what is secret */
	struct alert_counts *counts; /* of alerts, by rule and target; NULL: nobody wants to know */
	uint64_t wanted;	     /* alerts, after which it ends; 0: any number */
	struct limit_rate rate;	     /* of alerts, for each rule and target */
};

/* From now on the outputs are written to by this thread.  -errno with a sentence. */
int intake_start(const struct intake_config *config, struct intake **out, struct err *err);
/* Ends the thread, whatever is left. */
void intake_free(struct intake *in); /* NULL is allowed */
DEFINE_CLEANUP(intake_freep, struct intake, intake_free);

/* Readable when there is something for intake_trace(). */
int intake_trace_fd(const struct intake *in);
/* Handles some of what became of processes, and answers what the thread has to know of one. */
void intake_trace(struct intake *in);

/*
 * Readable when the thread has ended by itself, or has finished; intake_heard() makes it
 * unreadable.
 */
int intake_over_fd(const struct intake *in);
void intake_heard(struct intake *in);

/*
 * The probes are gone: has it read what is left, and wait for the outputs to write it, while
 * intake_trace() goes on.
 */
void intake_finish(struct intake *in);
/* What takes the place of what alerts are made by, and go to; all of it at once. */
struct intake_change {
	struct sinks_change *outputs;
	struct redact *redact;
	struct limit_rate rate;
};

void intake_change_fini(struct intake_change *change);
/* Takes it over; it is in force soon.  Not while intake_is_changing(). */
void intake_change(struct intake *in, struct intake_change *change);
/* Is one not in force yet?  Then this is to be called again soon. */
bool intake_is_changing(struct intake *in);
/* What a rate limit holds back is due: other rules are in force, or a target is gone. */
void intake_roll_up(struct intake *in);
/* Whoever reads alerts is waited for so many milliseconds from now on, in all. */
void intake_hurry(struct intake *in, unsigned int ms);
/* Has the thread moved since whoever keeps `asked` did so last, or is it waiting for something? */
bool intake_moves(const struct intake *in, unsigned long *asked);
/* Has it finished? */
bool intake_is_over(const struct intake *in);
/*
 * Why it has ended by itself: 0: it has not, or there were alerts enough.  -errno with a sentence.
 */
int intake_error(const struct intake *in, struct err *err);
/* Fills in what is counted here, at any time. */
void intake_count(const struct intake *in, uint64_t values[NR_COUNTERS]);

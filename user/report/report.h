/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tracer tells of itself: to those who ask over HTTP or at its control socket, to a
 * service manager, and at its end.  All numbers are those of its other parts, which it only reads.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/loop.h"
#include "config/config.h"
#include "guard/guard.h"
#include "intake/intake.h"
#include "kern/kern.h"
#include "launch/launch.h"
#include "policy/policy.h"
#include "sink/sinks.h"
#include "targets/targets.h"

struct report;

/* Borrowed, until report_free(). */
struct report_config {
	const struct config *config;
	const char *config_file; /* NULL: none */
	struct sinks *sinks;
	bool discovers; /* as struct targets_config has it */
	struct loop *loop;
};

/* Whose numbers it tells. */
struct report_parts {
	struct kern *kern;
	struct targets *targets;
	struct intake *intake;
	struct launch *launch; /* NULL: nothing was started */
	struct guard *guard;   /* NULL: costs do not matter */
};

/*
 * Whoever asks is answered from now on, that nothing is attached to yet.  Policies are shared.
 * -errno with a sentence.
 */
int report_new(const struct report_config *config, struct policy *policy, struct report **out,
	       struct err *err);
void report_free(struct report *r); /* NULL is allowed; before the parts end */
DEFINE_CLEANUP(report_freep, struct report, report_free);

/* They are there, and are borrowed.  -errno with a sentence. */
int report_watch(struct report *r, const struct report_parts *parts, struct err *err);
void report_launched(struct report *r, struct launch *launch);
/* What intake_start() takes; NULL: nobody is to ask. */
struct alert_counts *report_alert_counts(struct report *r);
/* Once a second. */
void report_tick(struct report *r);

/* What fits is attached to; for as often as it is looked. */
void report_ready(struct report *r);
void report_stopping(struct report *r);
/* A policy is being read; then it is in force, or refused (NULL). */
void report_reloading(struct report *r);
void report_reloaded(struct report *r, struct policy *policy);
/* Prints the summary line. */
void report_summary(struct report *r);

/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of what the tracer tells of itself, for their own files. */
#pragma once

#include "base/notify.h"
#include "counters/counters.h"
#include "metrics/metrics.h"
#include "report/report.h"

struct report {
	struct report_config config;
	struct policy *policy; /* in force */
	struct report_parts parts;
	struct notifier notifier;
	bool said_ready;	      /* to it */
	unsigned long watchdog_asked; /* for intake_moves() */
	uint64_t reloads, reloads_refused;
	struct report_public *public;	/* NULL: nobody is to ask */
	struct report_control *control; /* NULL: no socket to ask at */
};

/* report.c: fills in what is counted; -errno if the kernel side's could not be had. */
int report_count(struct report *r, uint64_t values[NR_COUNTERS]);

/* report_public.c: has it asked how it goes, if that is wanted; -errno with a sentence. */
int report_start_public(struct report *r, struct err *err);
void report_stop_public(struct report *r);
/* Another policy is in force: its rules are counted as well. */
void report_count_policy(struct report *r);
/* Once a second, or `anew` false: in between, as somebody has asked. */
void report_publish(struct report *r, bool anew);
void report_publish_ready(struct report *r, bool ready);

/* report_control.c: listens at the control socket; -errno with a sentence. */
int report_start_control(struct report *r, struct published *published, struct err *err);
void report_stop_control(struct report *r);

/* report_service.c: has the service manager, if there is one, told how it goes; -errno. */
int report_watch_service(struct report *r, struct err *err);

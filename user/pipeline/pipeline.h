/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a record of the ring buffer to alerts: decoding, line numbers, the request, rules and their
 * conditions; and which of the alerts are too many.  Of targets, the kernel side and outputs it
 * knows what its owner tells through `struct pipeline_ops`.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "alert/alert.h"
#include "base/arena.h"
#include "event/event.h"
#include "limit/limit.h"
#include "pipeline/lines.h"
#include "pipeline/view.h"
#include "redact/redact.h"
#include "request/request.h"
#include "rule/rule.h"

/* Bytes that one event may take when decoded. */
#define PIPELINE_ARENA_LIMIT ((size_t)16 * 1024 * 1024)

struct pipeline {
	const struct pipeline_ops *ops;
	void *ctx; /* for those */
	const struct request_opts *request;
	struct redact *redact;	/* NULL: alerts keep what is secret */
	uint64_t wanted;	/* alerts; 0: any number */
	struct limit_rate rate; /* of alerts, for each rule and target; at the start */
	struct lines *lines;
	struct limit *limit; /* holds nothing back without a rate */
	struct arena arena;  /* of the event being handled */
	char host[256];
	int64_t clock_offset; /* real time minus monotonic time, ns */

	/* Other threads look at these. */
	atomic_ulong alerts;
	atomic_ulong lines_unknown; /* frames without a line number */
	atomic_ulong suppressed;    /* alerts that were held back */
	atomic_ulong rolled_up;	    /* alerts that stand for those */
	atomic_ulong held_lost;	    /* those that none stands for */
};

/* The fields down to `rate` have been set; they are borrowed.  0 or -ENOMEM. */
int pipeline_init(struct pipeline *p);
void pipeline_fini(struct pipeline *p);
/* From the next alert on; returns what takes secrets out of alerts up to now. */
struct redact *pipeline_change(struct pipeline *p, struct redact *redact,
			       const struct limit_rate *rate);

/*
 * An EV_MATCH record of `size` bytes, which are not trusted.  0; -EAGAIN: it is to come again, as
 * the view's owner asks; -EPROTO: it is malformed; -ENOMEM: it is lost, too.
 */
int pipeline_match(struct pipeline *p, const void *record, size_t size, bool again);
/* An EV_LINETABLE record; the same. */
int pipeline_linetable(struct pipeline *p, const void *record, size_t size);
/*
 * Writes an alert that stands for those that were held back for as long as they may be.  false:
 * there is none.  INT64_MAX as the time (clock_now_ns()): for whatever is held back.
 */
bool pipeline_roll_up(struct pipeline *p, int64_t now_ns);
/* All that is held back is due; or that of a process without a target, which has ended. */
void pipeline_hurry(struct pipeline *p);
void pipeline_ended(struct pipeline *p, pid_t pid);
bool pipeline_holds(const struct pipeline *p);
/* What is held back is lost, and counted. */
void pipeline_give_up(struct pipeline *p);
/* Are there as many alerts as were wanted?  Matches raise none then. */
bool pipeline_has_enough(const struct pipeline *p);

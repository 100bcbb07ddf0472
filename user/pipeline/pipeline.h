/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a record of the ring buffer to alerts: decoding, line numbers, the request, rules and their conditions.  Of
 * targets, the kernel side and outputs it knows what its owner tells through `struct pipeline_ops`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "alert/alert.h"
#include "base/arena.h"
#include "event/event.h"
#include "pipeline/lines.h"
#include "request/request.h"
#include "rule/rule.h"

/* The process of a match, as far as rules are concerned. */
struct target_view {
	const char *python; /* its version; NULL: not known */
	const enum phrude_probe *
		probe_of_rule; /* a match counts for a rule only through this kind; NULL: through any */
};

struct pipeline_ops {
	/* The process of a match; false: there is no memory for it. */
	bool (*view)(void *ctx, pid_t pid, struct target_view *view);
	/* Fills in the qualified name, should it be missing and can be found out.  It is valid until the next record. */
	void (*find_qualname)(void *ctx, struct event *ev);
	/* Fills in the executable, command line and container of the process. */
	void (*describe)(void *ctx, const struct event *ev, struct alert_process *process);
	/* An alert, of which nothing is valid after the call. */
	void (*alert)(void *ctx, const struct alert *alert);
	/* Matches with this digest need not be sent any more. */
	void (*dismiss)(void *ctx, uint64_t digest);
	/* A line table, or all, has to be sent anew. */
	void (*forget_table)(void *ctx, pid_t pid, uint64_t table);
	void (*forget_tables)(void *ctx);
};

struct pipeline {
	const struct pipeline_ops *ops;
	void *ctx; /* for those */
	const struct rule_set *rules;
	const struct request_opts *request;
	uint64_t wanted; /* alerts; 0: any number */
	struct lines *lines;
	struct arena arena; /* of the event being handled */
	char host[256];
	int64_t clock_offset; /* real time minus monotonic time, ns */

	uint64_t alerts;
	uint64_t lines_unknown; /* frames without a line number */
};

/* The fields down to `wanted` have been set; they are borrowed.  0 or -ENOMEM. */
int pipeline_init(struct pipeline *p);
void pipeline_fini(struct pipeline *p);

/* An EV_MATCH record of `size` bytes, which are not trusted.  0; -EPROTO: it is malformed; -ENOMEM: it is lost, too. */
int pipeline_match(struct pipeline *p, const void *record, size_t size);
/* An EV_LINETABLE record; the same. */
int pipeline_linetable(struct pipeline *p, const void *record, size_t size);
/* Are there as many alerts as were wanted?  Matches raise none then. */
bool pipeline_has_enough(const struct pipeline *p);

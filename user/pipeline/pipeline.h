/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a record of the ring buffer to alerts: decoding, line numbers, the request, rules and their conditions.  Of
 * targets, the kernel side and outputs it knows what its owner tells through `struct pipeline_ops`.
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
#include "pipeline/lines.h"
#include "proc/procfs.h"
#include "redact/redact.h"
#include "request/request.h"
#include "rule/rule.h"

/* The process of a match, as far as it is known. */
struct target_view {
	const char *python; /* its version; NULL: not known */
	/* A match counts for a rule only through this kind; NULL: through any. */
	const enum phrude_probe *probe_of_rule;
	const struct proc_facts *facts; /* its program; NULL: not known */
	const char *container;		/* NULL: none */
	const char *target;		/* that it was chosen for; NULL: it was named */
	void *owned;			/* what all this belongs to */
};

/* Whose view is asked for. */
struct pipeline_match {
	struct event *event;
	struct arena *arena; /* the event's */
	bool again;	     /* -EAGAIN was answered: nothing more can be found out */
};

struct pipeline_ops {
	/*
	 * The process of a match; the event's qualified name is filled in, should it be missing and can be found out.  -EAGAIN:
	 * something has to be looked for first, and the record is to come again; -ESRCH: it is not traced; or another -errno.
	 */
	int (*view)(void *ctx, const struct pipeline_match *match, struct target_view *view);
	void (*view_end)(void *ctx, struct target_view *view);
	/* An alert, of which nothing is valid after the call. */
	void (*alert)(void *ctx, const struct alert *alert);
	/* Matches with this digest need not be sent any more. */
	void (*dismiss)(void *ctx, uint64_t digest);
	/* A line table, or all, has to be sent anew. */
	void (*forget_table)(void *ctx, pid_t pid, uint64_t table);
	void (*forget_tables)(void *ctx);
};

/* Bytes that one event may take when decoded. */
#define PIPELINE_ARENA_LIMIT ((size_t)16 * 1024 * 1024)

struct pipeline {
	const struct pipeline_ops *ops;
	void *ctx; /* for those */
	const struct rule_set *rules;
	const struct request_opts *request;
	struct redact *redact; /* NULL: alerts keep what is secret */
	uint64_t wanted;       /* alerts; 0: any number */
	struct lines *lines;
	struct arena arena; /* of the event being handled */
	char host[256];
	int64_t clock_offset; /* real time minus monotonic time, ns */

	atomic_ulong alerts;	    /* other threads look at these two */
	atomic_ulong lines_unknown; /* frames without a line number */
};

/* The fields down to `wanted` have been set; they are borrowed.  0 or -ENOMEM. */
int pipeline_init(struct pipeline *p);
void pipeline_fini(struct pipeline *p);

/*
 * An EV_MATCH record of `size` bytes, which are not trusted.  0; -EAGAIN: it is to come again, as the view's owner asks; -EPROTO: it is
 * malformed; -ENOMEM: it is lost, too.
 */
int pipeline_match(struct pipeline *p, const void *record, size_t size, bool again);
/* An EV_LINETABLE record; the same. */
int pipeline_linetable(struct pipeline *p, const void *record, size_t size);
/* Are there as many alerts as were wanted?  Matches raise none then. */
bool pipeline_has_enough(const struct pipeline *p);

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the pipeline's owner tells it of targets, and is told. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "alert/alert.h"
#include "base/arena.h"
#include "event/event.h"
#include "kube/kube.h"
#include "proc/procfs.h"
#include "rule/rule.h"

/* The process of a match, as far as it is known. */
struct target_view {
	const char *python; /* its version; NULL: not known */
	const struct rule_set *rules;
	size_t first, count; /* of these, those that are watched in the process */
	/* A match counts for a rule only through this kind; NULL: through any. */
	const enum phrude_probe *probe_of_rule;
	const struct proc_facts *facts;	     /* its program; NULL: not known */
	const char *container;		     /* NULL: none */
	const struct kube_facts *kubernetes; /* NULL: in no pod, or not known */
	const char *target;		     /* that it was chosen for; NULL: it was named */
	bool outdated;	      /* other processes go by other rules: a verdict is not to be kept */
	void *owned, *policy; /* what all this belongs to */
};

/* Whose view is asked for. */
struct pipeline_match {
	struct event *event;
	struct arena *arena; /* the event's */
	bool again;	     /* -EAGAIN was answered: nothing more can be found out */
	const void *record;
	size_t record_size;
};

struct pipeline_ops {
	/*
	 * The process of a match; the event's qualified name is filled in, should it be missing and
	 * can be found out.  -EAGAIN:  something has to be looked for first, and the record is to
	 * come again; -ESRCH: it is not traced; or another -errno.
	 */
	int (*view)(void *ctx, const struct pipeline_match *match, struct target_view *view);
	void (*view_end)(void *ctx, struct target_view *view);
	/* Another share of what a view is of, for view_end().  Only with a limit, as the next. */
	void (*view_share)(void *ctx, const struct target_view *view, struct target_view *out);
	/* An alert of this rule, for this target (NULL: none), is held back. */
	void (*held_back)(void *ctx, const struct rule *rule, const char *target);
	/* An alert, of which nothing is valid after the call. */
	void (*alert)(void *ctx, const struct alert *alert);
	/* Matches with this digest need not be sent any more; pid: of its program, 0: of any. */
	void (*dismiss)(void *ctx, uint64_t digest, pid_t pid);
	/* A line table, or all, has to be sent anew. */
	void (*forget_table)(void *ctx, pid_t pid, uint64_t table);
	void (*forget_tables)(void *ctx);
};

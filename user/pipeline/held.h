/* SPDX-License-Identifier: GPL-2.0-only */
/* A match that an alert is made of later: its record, and what was known of it when it came. */
#pragma once

#include "base/arena.h"
#include "event/event.h"
#include "pipeline/view.h"
#include "rule/rule.h"

struct held {
	struct target_view view; /* a share of its own */
	const struct rule *rule; /* the view's */
	size_t size;		 /* of all of it */
	const struct pipeline_ops *ops;
	void *ctx;
	/* These lie behind it. */
	const void *record;
	size_t record_size;
	struct text qualname; /* .s NULL: not known */
	const int *lines;     /* of the frames */
	size_t nr_lines;
};

/* Takes a share of the view.  NULL: no memory. */
struct held *held_new(const struct pipeline_ops *ops, void *ctx, const struct pipeline_match *match,
		      const struct target_view *view, const struct rule *rule);
void held_free(void *held); /* NULL is allowed */
/* The event once more, as it was.  0, -ENOMEM or -EPROTO. */
int held_event(const struct held *h, struct arena *arena, struct event *out);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Alerts that wait for an output, in their order.  Not for several threads at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "sink/written.h"

struct queue {
	struct written **list; /* a ring */
	size_t capacity, first, count;
	size_t bytes; /* of all that is in it */
};

/* For so many alerts; false: no memory. */
bool queue_init(struct queue *q, size_t capacity);
void queue_fini(struct queue *q);
/* Takes a reference of its own.  There has to be room. */
void queue_push(struct queue *q, struct written *w);
/* The first ones, up to `max`, which stay in it; how many. */
size_t queue_peek(const struct queue *q, struct written **out, size_t max);
void queue_drop(struct queue *q, size_t count);

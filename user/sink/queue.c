// SPDX-License-Identifier: GPL-2.0-only
#include "sink/queue.h"

#include <stdlib.h>

#include "base/util.h"

bool queue_init(struct queue *q, size_t capacity)
{
	*q = (struct queue){ .list = calloc(capacity, sizeof(*q->list)), .capacity = capacity };
	return q->list;
}

void queue_fini(struct queue *q)
{
	queue_drop(q, q->count);
	free(q->list);
}

void queue_push(struct queue *q, struct written *w)
{
	q->list[(q->first + q->count++) % q->capacity] = written_ref(w);
	q->bytes += w->len;
}

size_t queue_peek(const struct queue *q, struct written **out, size_t max)
{
	size_t n = MIN(q->count, max);

	for (size_t i = 0; i < n; i++)
		out[i] = q->list[(q->first + i) % q->capacity];
	return n;
}

void queue_drop(struct queue *q, size_t count)
{
	for (; count; count--) {
		struct written *w = q->list[q->first];

		q->bytes -= w->len;
		q->first = (q->first + 1) % q->capacity;
		q->count--;
		written_unref(w);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The numbers of the tracer as others may have them, from whatever thread: the main thread
 * publishes a copy of them, and waits for none of those who read it.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "metrics/metrics_text.h"

/* Threads that have to move, and after how many ms one that has not hangs. */
enum metrics_thread { METRICS_MAIN, METRICS_INTAKE, NR_METRICS_THREADS };
#define METRICS_STALE_MS 15000
extern const char *const metrics_thread_names[NR_METRICS_THREADS];

struct published {
	struct alert_counts *alerts;		/* borrowed; looked at from any thread */
	atomic_llong beats[NR_METRICS_THREADS]; /* ms */
	atomic_bool ready;
	pthread_mutex_t lock; /* of these two */
	struct metrics_now now;
	unsigned long number;
};

void published_init(struct published *p, struct alert_counts *alerts);
/*
 * From now on these are the numbers, unless the last ones are just being read: so it is called
 * again and again.
 */
void published_set(struct published *p, const struct metrics_now *now);
/* Copies them out; *number: how often they were published. */
void published_get(struct published *p, struct metrics_now *now, unsigned long *number);
/* The thread has moved. */
void published_beat(struct published *p, enum metrics_thread thread);
/* Milliseconds since it did. */
int64_t published_age(const struct published *p, enum metrics_thread thread);
/* Is everything attached to that is to be? */
void published_set_ready(struct published *p, bool ready);
bool published_is_ready(const struct published *p);

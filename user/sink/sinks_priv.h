/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All outputs, for their own files: sinks.c uses them, sinks_change.c has others take their place.
 */
#pragma once

#include <pthread.h>

#include "sink/sinks.h"

/* How long threads have to end that were asked to, in all. */
#define SINKS_STOP_MS 200

struct output {
	struct sink *sink;
	const char *name; /* for numbers; one of sinks.names */
	uint64_t stamp;	  /* of the files that it was made of */

	/* Of one that goes. */
	struct output *next;
	uint64_t lost_before;
	int64_t until_ms; /* so long it is waited for */
	bool hands_on;	  /* another one waits for its spool */
	bool stopping;
};

/* A name that was ever given to an output. */
struct output_name {
	struct output_name *next;
	char text[];
};

struct sinks {
	int changed_fd;
	struct buf scratch;
	struct output_name *names;

	pthread_mutex_t lock; /* of all below */
	struct output **list; /* in force */
	size_t count;
	struct output *going; /* what was, until it has written what it got */
	bool given_up;
	struct sinks_totals past; /* of those that went */
};

void sinks_add_up(struct sinks_totals *t, const struct output *o);
/* Has one that goes been waited for enough? */
bool sinks_is_over(const struct output *o);

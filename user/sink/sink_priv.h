/* SPDX-License-Identifier: GPL-2.0-only */
/* An output, for its own files: sink.c is its thread, sink_ask.c what others ask of it. */
#pragma once

#include <pthread.h>

#include "sink/queue.h"
#include "sink/sink.h"

struct sink {
	struct sink_config config; /* its own */
	const struct sink_ops *ops;
	void *out; /* the thread's alone */
	unsigned int form;
	enum rule_level level;
	char *label; /* for messages: where alerts go, and the output's name if it has one */
	pthread_t thread;
	int wake_fd; /* the thread has something to do */
	int changed_fd;

	/* The thread's alone. */
	int64_t look_due; /* ms, monotonic */
	int64_t retry_due;
	unsigned int failures; /* one after another */
	bool kept;	       /* by whoever gives it alerts */
	bool paused;	       /* until then, as was asked for */
	bool stalled;	       /* what is left can be written once the descriptor is ready */
	uint64_t lost_before;

	pthread_mutex_t lock; /* of all below */
	struct queue queue;
	uint64_t lost, refused, done;
	int64_t moved_ms; /* when the thread was last seen to go on, monotonic */
	bool stalls;	  /* it was said that it does not */
	bool tells;
	int error;  /* errno of the write that failed; 0: the last one did not */
	bool gone;  /* it is for good */
	bool asked; /* whoever asked how it is wants to hear of a change */
	bool finishing, tried, stopping;
	bool ended;	    /* the thread */
	bool left, freed;   /* it was not waited for any longer, and has to free all this */
	const char *reopen; /* why; NULL: not asked for */
};

/* Frees all of it; its thread has ended, or never began. */
void sink_release(struct sink *s);

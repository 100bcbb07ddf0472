/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the engine, for its own files. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"
#include "kern/kern.h"
#include "launch/launch.h"
#include "pipeline/pipeline.h"
#include "sink/sinks.h"
#include "targets/targets.h"

struct engine {
	const struct engine_opts *opts;
	struct kern *kern;
	struct targets *targets;
	struct launch *launch; /* NULL: nothing was started */
	struct request_opts request;
	struct pipeline pipeline;
	struct sinks *sinks;
	int signal_fd; /* SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD */
	int end_fd;    /* timer of --duration; -1: none */
	bool asked_to_end;
	int64_t patience_until; /* ms, monotonic: how long the readers of alerts are waited for; 0: as long as they take */
	bool waits_for_ring; /* epoll does */
	bool had_terminal;   /* of its session, at the start */
	bool stop;
	bool ended;	    /* the probes are gone */
	uint64_t malformed; /* records that could not be decoded */
};

/* engine_output.c: somebody wants the tracer to end now. */
void engine_asked_to_end(struct engine *e);
void engine_on_signals(struct engine *e);
/* Turns what is in the ring into alerts, unless every output is full. */
void engine_consume(struct engine *e);
/* Has epoll wait for records unless that is so. */
int engine_wait_for_records(struct engine *e, int epoll_fd);
/* At the end, once the probes are gone: all that is in the ring, and then all alerts.  A reader who is behind is waited for
 * until somebody asks to end, and then for a second; what he has not taken by then is lost and counted. */
void engine_write_out(struct engine *e);

/* engine_pipeline.c; ctx: the engine */
extern const struct pipeline_ops engine_pipeline_ops;
/* Handles one record of the ring buffer; kern_record_fn. */
int engine_record(void *ctx, const void *record, size_t size);

/* engine_summary.c: prints the summary line. */
void engine_say_summary(struct engine *e);

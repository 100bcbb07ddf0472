/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the engine, for its own files.  The main thread traces processes, and starts and ends all; alerts are made by another one. */
#pragma once

#include <stdbool.h>

#include "base/loop.h"
#include "base/notify.h"
#include "counters/counters.h"
#include "engine/engine.h"
#include "intake/intake.h"
#include "kern/kern.h"
#include "launch/launch.h"
#include "sink/sinks.h"
#include "targets/targets.h"

struct engine {
	const struct engine_opts *opts;
	struct kern *kern;
	struct targets *targets;
	struct launch *launch; /* NULL: nothing was started */
	struct sinks *sinks;
	struct request_opts request;
	struct redact *redact;
	struct intake *intake;
	struct loop loop;
	struct notifier notifier;
	bool said_ready;   /* to it */
	int signal_fd;	   /* SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD */
	bool had_terminal; /* of its session, at the start */
	bool stop, asked_to_end;
	bool ended; /* the probes are gone */
};

/* engine_service.c: has the service manager, if there is one, told how it goes; -errno with a sentence. */
int engine_watch_service(struct engine *e, struct err *err);
/* Once targets are attached to. */
void engine_tell_ready(struct engine *e);
void engine_tell_stopping(struct engine *e);
/* engine_summary.c: fills in what is counted. */
void engine_count(struct engine *e, uint64_t values[NR_COUNTERS]);
/* Prints the summary line. */
void engine_say_summary(struct engine *e);

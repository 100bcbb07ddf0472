/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the engine, for its own files.  The main thread traces processes, and starts and ends all; alerts are made by another one. */
#pragma once

#include <stdbool.h>

#include "base/loop.h"
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
	struct intake *intake;
	struct loop loop;
	int signal_fd;	   /* SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD */
	bool had_terminal; /* of its session, at the start */
	bool stop, asked_to_end;
	bool ended; /* the probes are gone */
};

/* engine_summary.c: prints the summary line. */
void engine_say_summary(struct engine *e);

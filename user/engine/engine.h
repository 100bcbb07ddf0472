/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracer as a whole: owns every part, starts them in order, turns records into alerts, and ends. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/user.h"
#include "bpf/abi/event.h"
#include "request/request.h"
#include "rule/rule.h"
#include "sink/sink.h"

struct engine_opts {
	const struct rule_set *rules;
	const pid_t *pids; /* targets, or none with argv */
	size_t nr_pids;
	char *const *argv;		   /* program to start, NULL-terminated; NULL: none */
	const struct user *user;	   /* whom it runs as; NULL: as this process does */
	enum phrude_probe probe;	   /* PROBE_NONE: auto */
	bool no_arm;			   /* never write the memory of a target */
	const struct sink_config *outputs; /* one at least */
	size_t nr_outputs;
	uint64_t count;	 /* stop after so many alerts; 0: no limit */
	double duration; /* seconds; 0: no limit */
	uint32_t rate;	 /* matches a second of one process; 0: no limit */
	struct request_opts request;
};

/*
 * Attaches, prints the ready line, and runs until it is asked to end (SIGINT, SIGTERM), the limits of `opts`
 * are reached, or the targets are gone; then prints the summary.  Returns 0, or -errno with a sentence:
 *   -ESRCH, -ENOEXEC, -ENOENT  a target that cannot be traced, or a program that cannot be started
 *   -EOPNOTSUPP                as well, or a kernel without what is needed (*kernel is set then)
 *   -EPERM                     not enough privilege
 *   -EINVAL                    rules and options that do not go together
 */
int engine_run(const struct engine_opts *opts, bool *kernel, struct err *err);

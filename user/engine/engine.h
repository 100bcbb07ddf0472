/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tracer as a whole: owns every part, starts them in order, turns records into alerts, and
 * ends.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/user.h"
#include "config/config.h"
#include "policy/policy.h"
#include "reload/reload.h"

struct engine_opts {
	const struct config *config; /* the selection in it is the policy's */
	struct policy *policy;
	reload_load_fn load;
	void *load_ctx;
	const char *config_file; /* NULL: none; files are not watched for changes then */
	char *const *argv;	 /* program to start, NULL-terminated; NULL: none */
	const struct user *user; /* whom it runs as; NULL: as this process does */
};

/*
 * Attaches, prints the ready line, and runs until it is asked to end (SIGINT, SIGTERM), the limits
 * of `opts` are reached, or the targets are gone; then prints the summary.  Returns 0, or -errno
 * with a sentence:
 *   -ESRCH, -ENOEXEC, -ENOENT  a target that cannot be traced, or a program that cannot be started
 *   -EOPNOTSUPP                as well, or a kernel without what is needed (*kernel is set then)
 *   -EPERM                     not enough privilege
 *   -EINVAL                    rules and options that do not go together
 */
int engine_run(const struct engine_opts *opts, bool *kernel, struct err *err);

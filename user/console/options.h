/* SPDX-License-Identifier: GPL-2.0-only */
/* Options, as the command line and a file have them. */
#pragma once

#include <stdbool.h>

#include "console/console.h"

struct option {
	const char *name;     /* NULL: the end of them */
	const char *argument; /* NULL: none */
	unsigned int commands;
	bool is_file; /* within a file: relative to its folder */
	int (*set)(struct options *o, const char *value, struct err *err);
	const char *help;
};

/* Those that a file may have: its keys are their names. */
const struct option *options_of_file(void);
/* Sets what a file says; each mistake in it is printed at its place.  -EINVAL, -ENOMEM, or why it cannot be read. */
int options_read_file(struct options *o, const char *path, struct err *err);

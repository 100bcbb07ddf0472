/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Libraries that only some settings need: loaded by whoever opens what needs them, so that the
 * tracer starts without them, and runs where they are not installed.  They stay loaded.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct library_symbol {
	const char *name;
	void *at; /* a pointer to a function of that type */
};

/*
 * The first of `names` (up to NULL) that is there.  0, or -ENOENT with a sentence that has
 * `package`, Debian's name of it.
 */
int library_load(const char *const *names, const char *package,
		 const struct library_symbol *symbols, size_t count, struct err *err);

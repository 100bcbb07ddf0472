/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes on C functions' own entries.  Each covers every process that maps the function's file, now
 * or later, so that forks and execs need nothing; the kernel side counts hits of traced processes
 * of the right group only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kern/kern.h"
#include "py/py_cfunc.h"

struct direct_probes;

struct direct_probes *direct_probes_new(struct kern *kern); /* NULL: no memory */
void direct_probes_free(struct direct_probes *d);

/*
 * Wants a probe on the function, which a rule names by `name` and `module`, unless there is one
 * already for this group.  direct_probes_attach() puts all that are wanted in place, those of one
 * file at once.  Errors with a sentence.
 */
int direct_probe_add(struct direct_probes *d, uint32_t group, const char *name, const char *module,
		     const struct py_cfunc *f, struct err *err);
int direct_probes_attach(struct direct_probes *d, struct err *err);
/*
 * No rule needs the functions any more that are not named: hits of their probes do not count.
 * These go when no function of the file is left in the group, since taking one out of several away
 * would miss calls of the others, or see them twice.  Of the others levels are set anew.
 */
typedef bool (*direct_named_fn)(const void *ctx, const char *name, const char *module);
void direct_probes_keep(struct direct_probes *d, direct_named_fn is_named, const void *ctx);
/* Takes the probes of a group away. */
void direct_probes_release(struct direct_probes *d, uint32_t group);
/*
 * How many functions have none, because no probe can be put on their file: each such file has been
 * warned of.
 */
size_t direct_probes_refused(const struct direct_probes *d);

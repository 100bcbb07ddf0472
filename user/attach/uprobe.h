/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes: a program on places of one file.  With one link for all of them where the kernel has that
 * (uprobe_multi), else with a perf event for each place.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "kern/kern.h"
#include "py/interp.h"

struct uprobes;

/*
 * An open file, O_PATH will do, and what its process calls it; NULL: that is what the descriptor
 * says.
 */
struct probed_file {
	int fd;
	const char *path;
};

/*
 * Puts `prog` on all of the sites, whose cookies are complete, of the file;
 * pid -1: for every process that maps the file, now or later.  All are `at_return`, or none.
 * -ESRCH: the process is gone; -EPERM; each with a sentence.
 */
int uprobes_open(struct kern *kern, const struct bpf_program *prog, pid_t pid,
		 struct probed_file file, const struct py_site *sites, size_t count,
		 struct uprobes **out, struct err *err);
/* Takes them away, in the background (kern_wait_released()). */
void uprobes_free(struct uprobes *u);
DEFINE_CLEANUP(uprobes_freep, struct uprobes, uprobes_free);

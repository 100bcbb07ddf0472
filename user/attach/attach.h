/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Putting probes on interpreters.  A probe kind is one row of the table in attach.c: where it goes in an
 * interpreter, and what it sees.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "bpf/abi/event.h"
#include "kern/kern.h"
#include "py/interp.h"

struct attach_kind {
	const char *name;
	int (*sites)(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites, struct err *err);
	bool python;	/* sees functions written in Python */
	bool c;		/* sees functions written in C */
	bool partial;	/* sees some calls only */
	const char *cost;
};

/* The kind with this number or name; NULL if there is none. */
const struct attach_kind *attach_kind(enum phrude_probe probe);
enum phrude_probe attach_kind_by_name(const char *name);

/* The probes of one kind on one process. */
struct attachment;

/*
 * Puts probes of a kind on the sites of the file `file_fd` (an O_PATH descriptor will do) in a process; what it
 * forks has to be attached to by itself.  -ESRCH if the process is gone, -EPERM; each with a sentence.
 */
int attach_process(struct kern *kern, pid_t pid, int file_fd, enum phrude_probe probe, const struct py_site *sites,
		   size_t nr_sites, struct attachment **out, struct err *err);
/* Takes the probes away, in the background (kern_wait_released()). */
void attachment_free(struct attachment *a);
DEFINE_CLEANUP(attachment_freep, struct attachment, attachment_free);

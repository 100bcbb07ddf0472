/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Putting probes on interpreters.  A probe kind is one row of the table in attach.c: where it goes in an
 * interpreter, and what it sees.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "attach/uprobe.h"
#include "bpf/abi/event.h"
#include "kern/kern.h"
#include "py/interp.h"

struct attach_kind {
	const char *name;
	/* Where in an interpreter; NULL: it depends on the function. */
	int (*sites)(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		     struct err *err);
	bool python;  /* sees functions written in Python */
	bool c;	      /* sees functions written in C */
	bool audit;   /* sees audit events */
	bool partial; /* sees some calls only */
	bool wide;    /* its probes cover every process that maps the interpreter's file */
	const char *cost;
};

/* The kind with this number or name; NULL if there is none. */
const struct attach_kind *attach_kind(enum phrude_probe probe);
enum phrude_probe attach_kind_by_name(const char *name);

/* Process id for probes that cover every process that maps the file, now or later. */
#define ATTACH_ALL (-1)

/* The probes of one kind on one process, or on one interpreter's file. */
struct attachment;

/*
 * Puts probes of a kind on the sites of the file in a process; what it
 * forks has to be attached to by itself.  pid ATTACH_ALL: in all processes, for those of a group to count (py_proc.group).
 * -ESRCH if the process is gone, -EPERM; each with a sentence.
 */
int attach_process(struct kern *kern, pid_t pid, uint32_t group, struct probed_file file,
		   enum phrude_probe probe, const struct py_site *sites, size_t nr_sites,
		   uint32_t roles, struct attachment **out, struct err *err);
#define ATTACH_ROLES_ALL ~0u
/* Takes the probes away, in the background (kern_wait_released()). */
void attachment_free(struct attachment *a);
DEFINE_CLEANUP(attachment_freep, struct attachment, attachment_free);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting the probes of a kind (probe/probe_kind.h) on interpreters. */
#pragma once

#include "base/cleanup.h"
#include "base/err.h"
#include "attach/uprobe.h"
#include "bpf/abi/event.h"
#include "kern/kern.h"
#include "probe/probe_kind.h"
#include "py/interp.h"

/* Process id for probes that cover every process that maps the file, now or later. */
#define ATTACH_ALL (-1)

/* The probes of one kind on one process, or on one interpreter's file. */
struct attachment;

/*
 * Puts probes of a kind on the sites of the file in a process; what it
 * forks has to be attached to by itself.  pid ATTACH_ALL: in all processes, for those of a group to
 * count (py_proc.group).  -ESRCH if the process is gone, -EPERM; each with a sentence.
 */
int attach_process(struct kern *kern, pid_t pid, uint32_t group, struct probed_file file,
		   enum phrude_probe probe, const struct py_site *sites, size_t nr_sites,
		   uint32_t roles, struct attachment **out, struct err *err);
#define ATTACH_ROLES_ALL ~0u
/* Takes the probes away, in the background (kern_wait_released()). */
void attachment_free(struct attachment *a);
DEFINE_CLEANUP(attachment_freep, struct attachment, attachment_free);

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

struct bpf_link;
struct bpf_program;

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

/* Process id for a probe that covers every process that maps the file, now or later. */
#define ATTACH_ALL (-1)

/* One probe, on one process and what it forks, or on all. */
int attach_site(struct bpf_program *prog, const char *path, const struct py_site *site, pid_t pid,
		struct bpf_link **out, struct err *err);

/* Takes probes away, all of them at once. */
void attach_links_destroy(struct bpf_link **links, size_t count);

/* The probes of one kind on one process, or on one interpreter's file. */
struct attachment;

/*
 * Attaches the probes of a kind to a process and to what it forks from now on; with a wide kind, to all processes that map
 * the interpreter's file.  -EOPNOTSUPP if the interpreter
 * does not have the kind, -ESRCH if the process is gone, -EPERM; each with a sentence.
 */
int attach_process(struct kern *kern, const struct py_interp *interp, enum phrude_probe probe,
		   struct attachment **out, struct err *err);
/* Takes the probes away. */
void attachment_free(struct attachment *a);
DEFINE_CLEANUP(attachment_freep, struct attachment, attachment_free);

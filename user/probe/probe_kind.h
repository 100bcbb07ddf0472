/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of probes: all that planning, loading, attaching, doctor and the command line's help
 * know of a kind is its row in the table of probe_kind.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "bpf/abi/event.h"
#include "py/interp.h"

/* A program of a kind, by the places that it goes on. */
struct probe_program {
	enum py_site_entry entry;
	bool hot; /* on those of the role PY_SITE_HOT, beside the program that notices calls */
	const char *name;
};
#define PROBE_PROGRAMS_MAX 6

struct probe_kind {
	enum phrude_probe probe;
	const char *name;
	/* Where in an interpreter; NULL: each function has a place of its own. */
	int (*sites)(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		     struct err *err);
	struct probe_program programs[PROBE_PROGRAMS_MAX]; /* until one has no name */
	bool python;					   /* sees functions written in Python */
	bool c;						   /* sees functions written in C */
	bool audit;					   /* sees audit events */
	bool partial;					   /* sees some calls only */
	bool wide; /* its probes cover every process that maps the interpreter's file */
	bool arms; /* functions are to be armed: threads are held, and memory is written */
	const char *cost;
};

/* The kind with this number or name; NULL if there is none. */
const struct probe_kind *probe_kind(enum phrude_probe probe);
const struct probe_kind *probe_kind_by_name(const char *name);
/* All of them, in the order in which they are preferred: the n-th; NULL behind the last. */
const struct probe_kind *probe_kind_preferred(size_t n);
/* All of them, in alphabetical order, of which there are at most NR_PROBES; how many. */
size_t probe_kinds_by_name(const struct probe_kind **kinds);
/* Does the program go on this place? */
bool probe_program_fits(const struct probe_program *program, const struct py_site *site);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interpreters that programs under trace load while they run, as plugins do by dlopen(): each is
 * stopped where it starts, before any Python code of the program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "attach/stop_probe.h"
#include "kern/kern.h"

/* A dynamic linker that programs under trace have. */
struct launch_linker {
	uint64_t file;		   /* which it is */
	struct stop_probe *mapped; /* where it has mapped something; NULL: it does not say */
};

/* Where an interpreter starts in a process. */
struct launch_start {
	pid_t pid;
	int fd; /* the interpreter's file, O_PATH */
	uint64_t offset;
	struct stop_probe *start; /* NULL: it was refused, and is not stopped any more */
};

#define LAUNCH_LINKERS_MAX 16
#define LAUNCH_STARTS_MAX 64
#define LAUNCH_OTHERS 4096

struct launch_starts {
	struct kern *kern;
	struct launch_linker linkers[LAUNCH_LINKERS_MAX];
	size_t nr_linkers;
	struct launch_start list[LAUNCH_STARTS_MAX];
	size_t count;
	/* Files that hold no interpreter: programs map the same ones again and again. */
	uint64_t others[LAUNCH_OTHERS];
};

/*
 * The process has exec'ed a program; its dynamic linker is at `linker`, 0: it has none.  How many
 * pages it may execute.
 */
uint64_t launch_starts_exec(struct launch_starts *s, pid_t pid, uint64_t linker);
/* It has mapped something: looks for interpreters that it has not had before. */
void launch_starts_look(struct launch_starts *s, pid_t pid);
/* What was forked has the same files. */
void launch_starts_inherit(struct launch_starts *s, pid_t pid, pid_t parent);
/* Is there an interpreter that has not started yet? */
bool launch_starts_has(const struct launch_starts *s, pid_t pid);
/* Is there one, or one that was refused? */
bool launch_starts_knows(const struct launch_starts *s, pid_t pid);
/* Those of the process are not traced. */
void launch_starts_refuse(struct launch_starts *s, pid_t pid);
void launch_starts_drop(struct launch_starts *s, pid_t pid);
void launch_starts_fini(struct launch_starts *s);

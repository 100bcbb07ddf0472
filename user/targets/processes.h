/* SPDX-License-Identifier: GPL-2.0-only */
/* The traced processes: targets, and what they forked. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "attach/arm.h"
#include "attach/attach.h"
#include "policy/plan.h"
#include "select/select.h"
#include "targets/qualnames.h"
#include "proc/procfs.h"

/* Where the probes of one kind go in an interpreter. */
struct kind_sites {
	struct py_site sites[PY_SITES_MAX];
	size_t count;
};

/* What is known of an interpreter, shared by a process and its forks.  What other threads see of it does not change. */
struct interp_facts {
	atomic_uint refs;
	char version[32];
	struct kind_sites kinds[NR_PROBES]; /* of the kinds that the plan uses */
	uint32_t group;			    /* see struct group */
	size_t refused; /* rules that have no probe of their own, see plan_rule.refused */
	struct plan plan;
	size_t nr_rules;
	enum phrude_probe *probe_of_rule; /* PROBE_NONE: the rule cannot be honoured here */
	struct qualnames *qualnames;
	struct py_view view;
};

/* A program that was exec'ed: shared by the process that did it, and its forks. */
struct program {
	atomic_uint refs;
	struct proc_facts facts; /* without the container */
};

struct process {
	struct process *next;
	pid_t pid;
	pid_t parent;	/* that forked it; 0: not known */
	uint64_t start; /* when it began, clock ticks since boot, as /proc has it; 0: not known */
	uint64_t
		attached; /* since when what it forks is traced as it is itself; CLOCK_MONOTONIC, ns; 0: always */
	pid_t share; /* whose share of what a target may use is its own, see bpf/abi/share.h */
	bool target; /* asked for, not a fork */
	const struct select_target
		*selected;	     /* what it was chosen for, or its parent; NULL: it was named */
	struct interp_facts *interp; /* NULL: exec'ed and not Python (any more) */
	struct py_view view;	     /* of it */
	struct attachment *attachments[NR_PROBES];
	struct arming *arming;	 /* NULL: done */
	struct program *program; /* NULL: not known */
	bool program_read;	 /* from /proc, or it could not be */
	char *container;
	uint64_t cgroup;     /* in which it was in that container; 0: not known */
	bool deaf;	     /* it did not answer a look: there are no more until it execs */
	bool put_off;	     /* a look was not taken */
	bool starting;	     /* it has exec'ed an interpreter that has not begun yet */
	unsigned int family; /* see struct family */
	bool gone;	     /* it was not there any more at the last look */
	struct {
		uint64_t
			said; /* matches of it that were refused, as far as they have been spoken of */
		unsigned int look;  /* when that was, see engine_say_refused() */
		unsigned int pause; /* looks to come without */
	} refused;
	int undecided; /* looks still to be taken whether it is an interpreter, after an exec */
};

#define PROCESS_BUCKETS 256

struct processes {
	struct process *buckets[PROCESS_BUCKETS];
	size_t count;
};

struct process *processes_find(const struct processes *ps, pid_t pid);
/* The process with this pid, made if it is not there; NULL: no memory. */
struct process *processes_add(struct processes *ps, pid_t pid);
void processes_remove(struct processes *ps, pid_t pid);
void processes_fini(struct processes *ps);
/* Is there one that is traced, or may turn out to be?  Programs that are no interpreters do not count. */
bool processes_alive(const struct processes *ps);

/* Takes a share of `interp` (NULL: none) and gives up the process's former one.  Its view is that of the process which it was made
 * from. */
void process_set_interp(struct process *p, struct interp_facts *interp);
struct interp_facts *interp_facts_ref(struct interp_facts *f);
void interp_facts_unref(struct interp_facts *f);

/* Takes over `facts`, or nothing (NULL). */
void process_set_program(struct process *p, struct proc_facts *facts);
struct program *program_ref(struct program *program);
void program_unref(struct program *program); /* NULL is allowed, in both */
/* A fork runs the same. */
void process_share_program(struct process *p, const struct process *parent);

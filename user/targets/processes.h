/* SPDX-License-Identifier: GPL-2.0-only */
/* The traced processes: targets, and what they forked. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "attach/arm.h"
#include "attach/attach.h"
#include "base/hash.h"
#include "kube/kube.h"
#include "policy/plan.h"
#include "policy/policy.h"
#include "select/select.h"
#include "targets/qualnames.h"
#include "proc/procfs.h"

/* Where the probes of one kind go in an interpreter. */
struct kind_sites {
	struct py_site sites[PY_SITES_MAX];
	size_t count;
};

/*
 * What is known of an interpreter, shared by a process and its forks.  What other threads see of it
 * does not change.
 */
struct interp_facts {
	atomic_uint refs;
	char version[32];
	struct kind_sites kinds[NR_PROBES]; /* of the kinds that the plan uses */
	uint32_t group;			    /* see struct group */
	size_t refused; /* rules that have no probe of their own, see plan_rule.refused */
	struct plan plan;
	struct policy *policy;		  /* that the plan is of */
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
	struct hash_link link;
	pid_t pid;
	pid_t parent;	  /* that forked it; 0: not known */
	int64_t since_ns; /* when it became known; CLOCK_REALTIME */
	uint64_t start;	  /* when it began, clock ticks since boot, as /proc has it; 0: not known */
	/* since when what it forks is traced as it is itself; CLOCK_MONOTONIC, ns; 0: always */
	uint64_t attached;
	pid_t share; /* whose share of what a target may use is its own, see bpf/abi/share.h */
	bool target; /* asked for, not a fork */
	/* what it was chosen for, or its parent; NULL: it was named */
	const struct select_target *selected;
	struct policy *selected_by;  /* that this is of */
	struct interp_facts *interp; /* NULL: exec'ed and not Python (any more) */
	struct config_list list;     /* of the rules of its policy: those of the process's target */
	struct py_view view;	     /* of it */
	/* by which matches from before `renewed` are judged; NULL: none were */
	struct interp_facts *former;
	struct config_list former_list;
	uint64_t renewed; /* CLOCK_MONOTONIC, ns */
	struct attachment *attachments[NR_PROBES];
	struct arming *arming;	 /* NULL: done */
	struct program *program; /* NULL: not known */
	bool program_read;	 /* from /proc, or it could not be */
	char *container;
	struct kube *kube; /* what that is in Kubernetes; NULL: nothing, or not known */
	uint64_t cgroup;   /* in which it was in that container; 0: not known */
	bool deaf;	   /* it did not answer a look: there are no more until it execs */
	/* no target fits it any more: looks since then; its last matches are still to be read */
	unsigned int leaving;
	bool disarms;	     /* what only the former policy had armed is still to be disarmed */
	bool put_off;	     /* a look was not taken */
	bool starting;	     /* it has exec'ed an interpreter that has not begun yet */
	bool unchosen;	     /* it ended before what it may be chosen by was read */
	unsigned int family; /* see struct family */
	bool gone;	     /* it was not there any more at the last look */
	struct {
		/* matches of it that were refused, as far as they have been spoken of */
		uint64_t said;
		unsigned int look;  /* when that was, see engine_say_refused() */
		unsigned int pause; /* looks to come without */
	} refused;
	unsigned int reloads; /* the last one for which it was looked at, see struct targets */
	int undecided; /* looks still to be taken whether it is an interpreter, after an exec */
};

#define PROCESS_BUCKETS 256

struct processes {
	HASH_TABLE(table, PROCESS_BUCKETS); /* by pid */
	size_t count;
};

/* Each of them; the one that it is at may be removed. */
#define processes_for_each(p, ps) hash_for_each(struct process, p, (ps)->table, link)

struct process *processes_find(const struct processes *ps, pid_t pid);
/* The process with this pid, made if it is not there; NULL: no memory. */
struct process *processes_add(struct processes *ps, pid_t pid);
void processes_remove(struct processes *ps, pid_t pid);
void processes_fini(struct processes *ps);
/*
 * Is there one that is traced, or may turn out to be?  Programs that are no interpreters do not
 * count.
 */
bool processes_alive(const struct processes *ps);

/*
 * Takes a share of `interp` (NULL: none) and gives up the process's former one.  Its view is that
 * of the process which it was made from.
 */
void process_set_interp(struct process *p, struct interp_facts *interp);
/* The same for what is known of the same interpreter by another policy: it counts from now on. */
void process_renew_interp(struct process *p, struct interp_facts *interp, uint64_t now);
/* A fork has been what its parent was. */
void process_share_interp(struct process *p, const struct process *parent);
struct interp_facts *interp_facts_ref(struct interp_facts *f);
void interp_facts_unref(struct interp_facts *f);

/* Does one of its rules have this kind of probe? */
bool process_needs(const struct process *p, enum phrude_probe probe);

/* What it is chosen for from now on, which says by which rules it goes. */
void process_select(struct process *p, const struct select_target *selected, struct policy *by);
/* Takes over `facts`, or nothing (NULL). */
void process_set_program(struct process *p, struct proc_facts *facts);
struct program *program_ref(struct program *program);
void program_unref(struct program *program); /* NULL is allowed, in both */
/* A fork runs the same. */
void process_share_program(struct process *p, const struct process *parent);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which processes are traced: targets, each with what a process has to be like, and what is left
 * out.  Nothing here looks at a process:  what is known of one is given.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "select/select_labels.h"

/* A process, as selection sees it.  NULL: not known, or there is none; no pattern fits that. */
struct select_process {
	const char *exe; /* in its own mount namespace */
	const char *const *cmdline;
	size_t nr_cmdline;
	uid_t uid;	       /* effective */
	const char *cgroup;    /* its path */
	const char *container; /* id */
	/* in Kubernetes; "": not known either */
	const char *namespace, *pod, *container_name;
	const struct kube_labels *labels; /* of its pod */
};

enum select_key {
	SELECT_EXE,	       /* glob */
	SELECT_CMDLINE,	       /* regular expression, of the arguments joined by blanks */
	SELECT_USER,	       /* name or number */
	SELECT_UNIT,	       /* glob: of systemd, as the cgroup's path has it */
	SELECT_CGROUP,	       /* glob */
	SELECT_CONTAINER,      /* beginning of the id */
	SELECT_NAMESPACE,      /* these three of Kubernetes: the name */
	SELECT_POD,	       /* glob */
	SELECT_CONTAINER_NAME, /* the name */
	SELECT_LABELS,	       /* its labels: see select_match_add_labels() */
	NR_SELECT_KEYS,
};
extern const char *const select_key_names[NR_SELECT_KEYS];

struct select_pattern;

/*
 * All keys that are given must fit, each with one of its patterns.  Without any it fits every
 * process.
 */
struct select_match {
	struct select_patterns {
		struct select_pattern *list;
		size_t count;
	} keys[NR_SELECT_KEYS];
};

struct select_target {
	char *name;
	struct select_match match;
	/* files and directories of its own rules; none: it has those of all */
	char **rules;
	size_t nr_rules;
};

struct selection {
	struct select_target *targets; /* the first that fits wins */
	size_t nr_targets;
	struct select_match *exclude;
	size_t nr_exclude;
};

/* Adds a pattern to a key that takes text.  -ENOMEM, or -EINVAL with the reason in `message`. */
int select_match_add(struct select_match *match, enum select_key key, struct text pattern,
		     char *message, size_t size);
/*
 * Adds a pattern to SELECT_LABELS, which takes over the labels, that have to be there all.  0 or
 * -ENOMEM.
 */
int select_match_add_labels(struct select_match *match, struct select_labels *labels);
/* The target that a process belongs to; NULL: it is not to be traced. */
const struct select_target *selection_choose(const struct selection *s,
					     const struct select_process *p);
/* Is there a target, or an exclusion, that goes by this key? */
bool selection_goes_by(const struct selection *s, enum select_key key);
void select_match_fini(struct select_match *match);
void selection_fini(struct selection *s);

/*
 * The unit in a cgroup's path: its innermost part that is named as a service or a scope; empty:
 * there is none.
 */
struct text select_unit(const char *cgroup);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who each traced process is, as alerts say it: what the thread that reads records sees of the
 * targets.  The thread that traces them publishes it, anew whenever it changes; nothing of it
 * changes while somebody has a share of it.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "targets/processes.h"

struct identity {
	struct hash_link link;
	atomic_uint refs;
	pid_t pid;
	struct interp_facts *interp; /* NULL: it is no Python */
	struct interp_facts *former; /* as struct process has it, and when it was renewed */
	struct config_list list, former_list; /* of their rules, its own */
	uint64_t renewed;
	struct program *program;	      /* NULL: not known */
	const struct select_target *selected; /* NULL: it was named */
	struct policy *selected_by;	      /* that this is of */
	char *container;		      /* NULL: none */
	struct kube *kube;		      /* the same */
	atomic_ullong cgroup; /* in which it was in that container; 0: not known yet */
};

#define IDENTITIES_BUCKETS 256

struct identities {
	pthread_mutex_t lock;		       /* of what is listed, and of the policy */
	HASH_TABLE(table, IDENTITIES_BUCKETS); /* by pid */
	struct policy *policy;		       /* by which processes are traced from now on */
};

void identities_init(struct identities *ids);
void identities_fini(struct identities *ids);
/*
 * As the process is now; in a cgroup that only its records have told of it is still.  Without
 * memory for it the process is not known: whoever asks for it has it published again.
 */
void identities_publish(struct identities *ids, const struct process *p);
void identities_remove(struct identities *ids, pid_t pid);
void identities_set_policy(struct identities *ids, struct policy *policy);
/* A share of it. */
struct policy *identities_policy(struct identities *ids);
/* A share of it, for identity_unref(); NULL: it is not known. */
struct identity *identities_get(struct identities *ids, pid_t pid);
/* Has it been in this cgroup?  If that is not known yet, it has been. */
bool identity_is_in(struct identity *id, uint64_t cgroup);
struct identity *identity_ref(struct identity *id); /* NULL is allowed */
void identity_unref(struct identity *id);	    /* NULL is allowed */

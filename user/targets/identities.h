/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who each traced process is, as alerts say it: what the thread that reads records sees of the targets.  The thread that traces them
 * publishes it, anew whenever it changes; nothing of it changes while somebody has a share of it.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "targets/processes.h"

struct identity {
	struct identity *next;
	atomic_uint refs;
	pid_t pid;
	struct interp_facts *interp;	      /* NULL: it is no Python */
	struct program *program;	      /* NULL: not known */
	const struct select_target *selected; /* NULL: it was named */
	char *container;		      /* NULL: none */
	atomic_ullong cgroup; /* in which it was in that container; 0: not known yet */
};

#define IDENTITIES_BUCKETS 256

struct identities {
	pthread_mutex_t lock; /* of what is listed */
	struct identity *buckets[IDENTITIES_BUCKETS];
};

void identities_init(struct identities *ids);
void identities_fini(struct identities *ids);
/* As the process is now; in a cgroup that only its records have told of it is still.  Without memory for it the process is not known: whoever asks for it has it published again. */
void identities_publish(struct identities *ids, const struct process *p);
void identities_remove(struct identities *ids, pid_t pid);
/* A share of it, for identity_unref(); NULL: it is not known. */
struct identity *identities_get(struct identities *ids, pid_t pid);
/* Has it been in this cgroup?  If that is not known yet, it has been. */
bool identity_is_in(struct identity *id, uint64_t cgroup);
void identity_unref(struct identity *id); /* NULL is allowed */

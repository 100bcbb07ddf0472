// SPDX-License-Identifier: GPL-2.0-only
#include "targets/identities.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void identities_init(struct identities *ids)
{
	pthread_mutex_init(&ids->lock, NULL);
}

void identity_unref(struct identity *id)
{
	if (!id || atomic_fetch_sub(&id->refs, 1) > 1)
		return;
	interp_facts_unref(id->interp);
	program_unref(id->program);
	free(id->container);
	free(id);
}

bool identity_is_in(struct identity *id, uint64_t cgroup)
{
	unsigned long long known = 0;

	return atomic_compare_exchange_strong(&id->cgroup, &known, cgroup) || known == cgroup;
}

static struct identity **identity_at(struct identities *ids, pid_t pid)
{
	struct identity **at = &ids->buckets[(unsigned int)pid % IDENTITIES_BUCKETS];

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	return at;
}

/* Lists `id` (NULL: nothing) as that of the process. */
static void identity_replace(struct identities *ids, pid_t pid, struct identity *id)
{
	struct identity **at, *before;

	pthread_mutex_lock(&ids->lock);
	at = identity_at(ids, pid);
	before = *at;
	if (id && before && !id->cgroup)
		atomic_store(&id->cgroup, before->cgroup);
	if (id)
		id->next = before ? before->next : NULL;
	if (before || id)
		*at = id ?: before->next;
	pthread_mutex_unlock(&ids->lock);
	identity_unref(before);
}

void identities_publish(struct identities *ids, const struct process *p)
{
	struct identity *id = calloc(1, sizeof(*id));
	_cleanup_free_ char *container = p->container ? strdup(p->container) : NULL;

	if (id && (container || !p->container)) {
		id->refs = 1;
		id->pid = p->pid;
		id->interp = interp_facts_ref(p->interp);
		id->program = program_ref(p->program);
		id->selected = p->selected;
		id->container = TAKE_PTR(container);
		id->cgroup = p->cgroup;
	} else {
		free(TAKE_PTR(id));
	}
	identity_replace(ids, p->pid, id);
}

void identities_remove(struct identities *ids, pid_t pid)
{
	identity_replace(ids, pid, NULL);
}

void identities_fini(struct identities *ids)
{
	for (size_t i = 0; i < IDENTITIES_BUCKETS; i++) {
		while (ids->buckets[i])
			identities_remove(ids, ids->buckets[i]->pid);
	}
	pthread_mutex_destroy(&ids->lock);
}

struct identity *identities_get(struct identities *ids, pid_t pid)
{
	struct identity *id;

	pthread_mutex_lock(&ids->lock);
	id = *identity_at(ids, pid);
	if (id)
		atomic_fetch_add(&id->refs, 1);
	pthread_mutex_unlock(&ids->lock);
	return id;
}

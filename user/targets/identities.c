// SPDX-License-Identifier: GPL-2.0-only
#include "targets/identities.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void identities_init(struct identities *ids)
{
	pthread_mutex_init(&ids->lock, NULL);
}

struct identity *identity_ref(struct identity *id)
{
	if (id)
		atomic_fetch_add(&id->refs, 1);
	return id;
}

void identity_unref(struct identity *id)
{
	if (!id || atomic_fetch_sub(&id->refs, 1) > 1)
		return;
	interp_facts_unref(id->interp);
	interp_facts_unref(id->former);
	program_unref(id->program);
	policy_unref(id->selected_by);
	free(id->container);
	kube_unref(id->kube);
	free(id);
}

bool identity_is_in(struct identity *id, uint64_t cgroup)
{
	unsigned long long known = 0;

	return atomic_compare_exchange_strong(&id->cgroup, &known, cgroup) || known == cgroup;
}

static struct identity *find_identity(const struct identities *ids, pid_t pid)
{
	hash_for_each_like(struct identity, id, ids->table, (unsigned int)pid, link) {
		if (id->pid == pid)
			return id;
	}
	return NULL;
}

/* Lists `id` (NULL: nothing) as that of the process. */
static void identity_replace(struct identities *ids, pid_t pid, struct identity *id)
{
	struct identity *before;

	pthread_mutex_lock(&ids->lock);
	before = find_identity(ids, pid);
	if (before)
		hash_remove(ids->table, (unsigned int)pid, &before->link);
	if (id && before && !id->cgroup)
		atomic_store(&id->cgroup, before->cgroup);
	if (id)
		hash_add(ids->table, (unsigned int)pid, &id->link);
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
		id->former = interp_facts_ref(p->former);
		id->list = p->list;
		id->former_list = p->former_list;
		id->renewed = p->renewed;
		id->program = program_ref(p->program);
		id->selected = p->selected;
		id->selected_by = policy_ref(p->selected_by);
		id->container = TAKE_PTR(container);
		id->kube = kube_ref(p->kube);
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
	hash_for_each(struct identity, id, ids->table, link)
		identities_remove(ids, id->pid);
	policy_unref(ids->policy);
	pthread_mutex_destroy(&ids->lock);
}

void identities_set_policy(struct identities *ids, struct policy *policy)
{
	struct policy *before;

	policy_ref(policy);
	pthread_mutex_lock(&ids->lock);
	before = ids->policy;
	ids->policy = policy;
	pthread_mutex_unlock(&ids->lock);
	policy_unref(before);
}

struct policy *identities_policy(struct identities *ids)
{
	struct policy *policy;

	pthread_mutex_lock(&ids->lock);
	policy = policy_ref(ids->policy);
	pthread_mutex_unlock(&ids->lock);
	return policy;
}

struct identity *identities_get(struct identities *ids, pid_t pid)
{
	struct identity *id;

	pthread_mutex_lock(&ids->lock);
	id = identity_ref(find_identity(ids, pid));
	pthread_mutex_unlock(&ids->lock);
	return id;
}

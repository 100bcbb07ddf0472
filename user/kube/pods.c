// SPDX-License-Identifier: GPL-2.0-only
#include "kube/pods.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/util.h"

#define BUCKETS 1024

struct pod {
	struct hash_link link;
	struct kube_pod_id id;
	struct kube_labels *labels;
	uint64_t list;	  /* the last one that it was put in, or during which */
	uint64_t changed; /* when it came, or they changed */
};

struct kube_pods {
	pthread_mutex_t lock;
	HASH_TABLE(table, BUCKETS); /* by uid */
	size_t count;
	uint64_t lists, changes;
};

struct kube_pods *kube_pods_new(void)
{
	struct kube_pods *pods = calloc(1, sizeof(*pods));

	if (pods)
		pthread_mutex_init(&pods->lock, NULL);
	return pods;
}

/* They are chosen by the API server at random, or are a digest. */
static unsigned int hash_of(const char *uid)
{
	unsigned int hash = 5381;

	while (*uid)
		hash = hash * 33 + (unsigned char)*uid++;
	return hash;
}

static struct pod *find_pod(struct kube_pods *pods, const struct kube_pod_id *id)
{
	hash_for_each_like(struct pod, pod, pods->table, hash_of(id->uid), link) {
		if (str_eq(pod->id.uid, id->uid) && str_eq(pod->id.namespace, id->namespace) &&
		    str_eq(pod->id.name, id->name))
			return pod;
	}
	return NULL;
}

/*
 * A static pod goes by what the kubelet calls it, a digest, which whoever makes a pod may write
 * into that as well: its names have to be those.
 */
static bool is_of(const struct pod *pod, const struct kube_facts *facts)
{
	if (!str_eq(pod->id.uid, facts->pod_uid))
		return false;
	if (!*facts->pod)
		return strchr(pod->id.uid, '-');
	return str_eq(pod->id.namespace, facts->namespace) && str_eq(pod->id.name, facts->pod);
}

static struct pod *find_known(struct kube_pods *pods, const struct kube_facts *facts)
{
	hash_for_each_like(struct pod, pod, pods->table, hash_of(facts->pod_uid), link) {
		if (is_of(pod, facts))
			return pod;
	}
	return NULL;
}

static void drop_pod(struct kube_pods *pods, struct pod *pod)
{
	hash_remove(pods->table, hash_of(pod->id.uid), &pod->link);
	kube_labels_unref(pod->labels);
	free(pod);
	pods->count--;
}

void kube_pods_free(struct kube_pods *pods)
{
	if (!pods)
		return;
	hash_for_each(struct pod, pod, pods->table, link)
		drop_pod(pods, pod);
	pthread_mutex_destroy(&pods->lock);
	free(pods);
}

void kube_pods_begin(struct kube_pods *pods)
{
	pthread_mutex_lock(&pods->lock);
	pods->lists++;
	pthread_mutex_unlock(&pods->lock);
}

void kube_pods_end(struct kube_pods *pods)
{
	pthread_mutex_lock(&pods->lock);
	hash_for_each(struct pod, pod, pods->table, link) {
		if (pod->list != pods->lists)
			drop_pod(pods, pod);
	}
	pthread_mutex_unlock(&pods->lock);
}

static struct pod *add_pod(struct kube_pods *pods, const struct kube_pod_id *id, int *ret)
{
	struct pod *pod = pods->count < KUBE_PODS_MAX ? calloc(1, sizeof(*pod)) : NULL;

	if (!pod) {
		*ret = pods->count < KUBE_PODS_MAX ? -ENOMEM : -E2BIG;
		return NULL;
	}
	pod->id = *id;
	hash_add(pods->table, hash_of(id->uid), &pod->link);
	pods->count++;
	return pod;
}

int kube_pods_put(struct kube_pods *pods, const struct kube_pod_id *id, struct kube_labels *labels)
{
	struct pod *pod;
	int ret = 0;

	pthread_mutex_lock(&pods->lock);
	pod = find_pod(pods, id) ?: add_pod(pods, id, &ret);
	if (pod) {
		pod->list = pods->lists;
		if (!pod->labels || !kube_labels_equal(pod->labels, labels)) {
			kube_labels_unref(pod->labels);
			pod->labels = kube_labels_ref(labels);
			pod->changed = ++pods->changes;
		}
	}
	pthread_mutex_unlock(&pods->lock);
	return ret;
}

void kube_pods_remove(struct kube_pods *pods, const struct kube_pod_id *id)
{
	struct pod *pod;

	pthread_mutex_lock(&pods->lock);
	pod = find_pod(pods, id);
	if (pod)
		drop_pod(pods, pod);
	pthread_mutex_unlock(&pods->lock);
}

struct kube_labels *kube_pods_find(struct kube_pods *pods, const struct kube_facts *facts,
				   uint64_t *changed)
{
	struct kube_labels *labels = NULL;
	struct pod *pod;

	pthread_mutex_lock(&pods->lock);
	pod = find_known(pods, facts);
	if (pod)
		labels = kube_labels_ref(pod->labels);
	*changed = pod ? pod->changed : 0;
	pthread_mutex_unlock(&pods->lock);
	return labels;
}

uint64_t kube_pods_changes(struct kube_pods *pods)
{
	uint64_t changes;

	pthread_mutex_lock(&pods->lock);
	changes = pods->changes;
	pthread_mutex_unlock(&pods->lock);
	return changes;
}

size_t kube_pods_count(struct kube_pods *pods)
{
	size_t count;

	pthread_mutex_lock(&pods->lock);
	count = pods->count;
	pthread_mutex_unlock(&pods->lock);
	return count;
}

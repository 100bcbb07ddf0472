// SPDX-License-Identifier: GPL-2.0-only
/* Each container is looked for once, however many processes it has. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/util.h"
#include "kube/kube.h"

/* A node has some hundreds of containers at a time. */
#define KNOWN_MAX 4096
/*
 * What is not all there is looked for as often as is asked at first: a container that starts gets
 * its files one after another.  Then there are pauses: 1, 2, 4, ... and in the end 64 seconds.
 */
#define LOOKS_AT_FIRST 16
#define PAUSES_MAX 6

struct kube {
	atomic_uint refs;
	struct kube_place place;
	struct kube_facts facts;
	bool whole;
};

struct known {
	struct kube *kube;
	int64_t next; /* when to look again; CLOCK_MONOTONIC, ns */
	unsigned int looks;
};

struct kube_known {
	const char *logs;
	char node[KUBE_SUBDOMAIN_MAX];
	struct known list[KNOWN_MAX];
	size_t count;
};

struct kube_known *kube_known_new(const char *logs, const char *node)
{
	struct kube_known *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->logs = logs;
	if (node && kube_is_subdomain((struct text){ node, strlen(node) }))
		strcpy(k->node, node);
	return k;
}

void kube_known_free(struct kube_known *k)
{
	for (size_t i = 0; k && i < k->count; i++)
		kube_unref(k->list[i].kube);
	free(k);
}

struct kube *kube_ref(struct kube *kube)
{
	if (kube)
		atomic_fetch_add(&kube->refs, 1);
	return kube;
}

void kube_unref(struct kube *kube)
{
	if (kube && atomic_fetch_sub(&kube->refs, 1) == 1)
		free(kube);
}

bool kube_is_part(const struct kube *kube)
{
	return kube && !kube->whole;
}

const struct kube_facts *kube_facts(const struct kube *kube)
{
	return kube && *kube->facts.pod_uid ? &kube->facts : NULL;
}

static struct known *find_known(struct kube_known *k, const struct kube_place *place)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct kube_place *known = &k->list[i].kube->place;

		if (str_eq(known->container_id, place->container_id) &&
		    str_eq(known->pod_uid, place->pod_uid))
			return &k->list[i];
	}
	return NULL;
}

/* Containers that no process is in any more give way to new ones. */
static void make_room(struct kube_known *k)
{
	size_t kept = 0;

	for (size_t i = 0; i < k->count; i++) {
		if (atomic_load(&k->list[i].kube->refs) > 1)
			k->list[kept++] = k->list[i];
		else
			kube_unref(k->list[i].kube);
	}
	k->count = kept;
}

/* Takes over `kube`; where there is no room it is not known the next time. */
static struct kube *add_known(struct kube_known *k, struct kube *kube, int64_t now)
{
	if (k->count == KNOWN_MAX)
		make_room(k);
	if (k->count < KNOWN_MAX)
		k->list[k->count++] = (struct known){ kube_ref(kube), now, 1 };
	return kube;
}

static struct kube *look(const struct kube_known *k, pid_t pid, const struct kube_place *place)
{
	struct kube *kube = calloc(1, sizeof(*kube));

	if (!kube)
		return NULL;
	kube->refs = 1;
	kube->place = *place;
	kube->whole = kube_find(k->logs, pid, place, &kube->facts);
	strcpy(kube->facts.node, k->node);
	return kube;
}

struct kube *kube_known_get(struct kube_known *k, pid_t pid, const char *cgroup_text, int64_t now)
{
	struct kube_place place;
	struct known *known;
	struct kube *anew;

	if (!kube_place_parse(cgroup_text, &place))
		return NULL;
	known = find_known(k, &place);
	if (known && (known->kube->whole || now < known->next))
		return kube_ref(known->kube);
	anew = look(k, pid, &place);
	if (!anew)
		return NULL;
	if (!known)
		return add_known(k, anew, now);
	known->looks++;
	if (known->looks >= LOOKS_AT_FIRST)
		known->next =
			now + (NSEC_PER_SEC << MIN(known->looks - LOOKS_AT_FIRST, PAUSES_MAX));
	if (!memcmp(&anew->facts, &known->kube->facts, sizeof(anew->facts))) {
		kube_unref(anew);
		return kube_ref(known->kube);
	}
	kube_unref(known->kube);
	known->kube = anew;
	return kube_ref(anew);
}

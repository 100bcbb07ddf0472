// SPDX-License-Identifier: GPL-2.0-only
/* Each container is looked for once, however many processes it has. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/util.h"
#include "kube/kube.h"
#include "kube/pods.h"

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
	struct kube_facts facts; /* it owns a share of the labels */
	uint64_t labelled;
	bool whole;
};

struct known {
	struct kube *kube;
	int64_t next; /* when to look again; CLOCK_MONOTONIC, ns */
	unsigned int looks;
};

struct kube_known {
	const char *logs;
	struct kube_pods *pods;
	char node[KUBE_SUBDOMAIN_MAX];
	struct known list[KNOWN_MAX];
	size_t count;
};

struct kube_known *kube_known_new(const char *logs, const char *node, struct kube_pods *pods)
{
	struct kube_known *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->logs = logs;
	k->pods = pods;
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
	if (!kube || atomic_fetch_sub(&kube->refs, 1) > 1)
		return;
	kube_labels_unref(kube->facts.labels);
	free(kube);
}

uint64_t kube_labelled(const struct kube *kube)
{
	return kube ? kube->labelled : 0;
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

/* One that has these labels, of which a share is taken over, and is all else that `kube` is. */
static struct kube *relabel(const struct kube *kube, struct kube_labels *labels, uint64_t labelled)
{
	struct kube *anew = calloc(1, sizeof(*anew));

	if (!anew) {
		kube_labels_unref(labels);
		return NULL;
	}
	anew->refs = 1;
	anew->place = kube->place;
	anew->facts = kube->facts;
	anew->facts.labels = labels;
	anew->labelled = labelled;
	anew->whole = kube->whole;
	return anew;
}

/*
 * Takes over `kube`, or gives back another one with the labels of now.  Those of a pod that is not
 * there any more stay.
 */
static struct kube *take_labels(const struct kube_known *k, struct kube *kube)
{
	struct kube_labels *labels;
	struct kube *anew;
	uint64_t labelled;

	if (!k->pods)
		return kube;
	labels = kube_pods_find(k->pods, &kube->facts, &labelled);
	if (!labels || labels == kube->facts.labels) {
		kube_labels_unref(labels);
		return kube;
	}
	anew = relabel(kube, labels, labelled);
	if (!anew)
		return kube;
	kube_unref(kube);
	return anew;
}

static bool facts_equal(const struct kube_facts *a, const struct kube_facts *b)
{
	return str_eq(a->namespace, b->namespace) && str_eq(a->pod, b->pod) &&
	       str_eq(a->pod_uid, b->pod_uid) && str_eq(a->container, b->container) &&
	       str_eq(a->node, b->node);
}

/* It is looked for anew, but has the labels that it had. */
static struct kube *look_again(const struct kube_known *k, pid_t pid, const struct known *known)
{
	struct kube *anew = look(k, pid, &known->kube->place);

	if (!anew)
		return NULL;
	anew->facts.labels = kube_labels_ref(known->kube->facts.labels);
	anew->labelled = known->kube->labelled;
	if (!facts_equal(&anew->facts, &known->kube->facts))
		return anew;
	kube_unref(anew);
	return kube_ref(known->kube);
}

static struct kube *renew_known(const struct kube_known *k, pid_t pid, struct known *known,
				int64_t now)
{
	struct kube *anew;

	if (known->kube->whole || now < known->next)
		return kube_ref(known->kube);
	anew = look_again(k, pid, known);
	if (!anew)
		return NULL;
	known->looks++;
	if (known->looks >= LOOKS_AT_FIRST)
		known->next =
			now + (NSEC_PER_SEC << MIN(known->looks - LOOKS_AT_FIRST, PAUSES_MAX));
	return anew;
}

struct kube *kube_known_get(struct kube_known *k, pid_t pid, const char *cgroup_text, int64_t now)
{
	struct kube_place place;
	struct known *known;
	struct kube *kube;

	if (!kube_place_parse(cgroup_text, &place))
		return NULL;
	known = find_known(k, &place);
	kube = known ? renew_known(k, pid, known, now) : look(k, pid, &place);
	if (!kube)
		return NULL;
	kube = take_labels(k, kube);
	if (!known)
		return add_known(k, kube, now);
	kube_unref(known->kube);
	known->kube = kube_ref(kube);
	return kube;
}

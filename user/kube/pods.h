/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pods of this node with their labels: one thread is told of them, and others look them up.
 * Nobody who looks waits for more than a look of somebody else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kube/kube.h"
#include "kube/labels.h"

/* A node has some hundreds. */
#define KUBE_PODS_MAX 4096

/* Which one: by `uid`, as a cgroup and the kubelet's files have it. */
struct kube_pod_id {
	char uid[KUBE_UID_MAX];
	char namespace[KUBE_LABEL_MAX];
	char name[KUBE_SUBDOMAIN_MAX];
};

struct kube_pods;

struct kube_pods *kube_pods_new(void); /* NULL: no memory */
void kube_pods_free(struct kube_pods *pods);

/*
 * A list of all begins; at its end those that were not put meanwhile are gone.  One that has no end
 * changes nothing else.
 */
void kube_pods_begin(struct kube_pods *pods);
void kube_pods_end(struct kube_pods *pods);
/* One has these labels now, of which a share is taken.  0, -E2BIG: there are too many, -ENOMEM. */
int kube_pods_put(struct kube_pods *pods, const struct kube_pod_id *id, struct kube_labels *labels);
void kube_pods_remove(struct kube_pods *pods, const struct kube_pod_id *id);

/*
 * A share of the labels of what is known to be that; NULL: they are not known.  *changed: the
 * change by which they came, 0: none.
 */
struct kube_labels *kube_pods_find(struct kube_pods *pods, const struct kube_facts *facts,
				   uint64_t *changed);
/* How often labels have come or changed. */
uint64_t kube_pods_changes(struct kube_pods *pods);
size_t kube_pods_count(struct kube_pods *pods);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The labels of a pod: keys with a value each, held to the form that Kubernetes gives them.
 * Whoever may make pods chooses them.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/text.h"

/* Of a pod: more are not taken. */
#define KUBE_LABELS_MAX 256
/* With the NUL, of a key. */
#define KUBE_LABEL_KEY_MAX 318

/* "app", "app.kubernetes.io/name": 63 characters, behind a DNS subdomain and a slash. */
bool kube_is_label_key(struct text key);
/* The same 63 characters, or none. */
bool kube_is_label_value(struct text value);

/* Shared by count; once there are several shares nothing of it changes. */
struct kube_labels {
	atomic_uint refs;
	struct kube_pair {
		char *key, *value;
	} * list;
	size_t count;
};

/* NULL: no memory. */
struct kube_labels *kube_labels_new(void);
/* 0, -EINVAL: it has not that form or is there already, -E2BIG or -ENOMEM. */
int kube_labels_add(struct kube_labels *labels, struct text key, struct text value);
/* NULL: there is none of that key, or `labels` is NULL. */
const char *kube_labels_get(const struct kube_labels *labels, const char *key);
/* The same in the same order? */
bool kube_labels_equal(const struct kube_labels *a, const struct kube_labels *b);
struct kube_labels *kube_labels_ref(struct kube_labels *labels); /* NULL is allowed */
void kube_labels_unref(struct kube_labels *labels);		 /* NULL is allowed */
DEFINE_CLEANUP(kube_labels_unrefp, struct kube_labels, kube_labels_unref);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Kubernetes calls a process, without asking its API server: which pod and container it is in
 * is in the name of its cgroup, and what these are called in the names of the kubelet's own files.
 * Pods are named by whoever may make them, so that all names are held to their form.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

/* With the NUL: a DNS label (RFC 1123), a DNS subdomain; 32 digits and hyphens; 64 digits. */
#define KUBE_LABEL_MAX 64
#define KUBE_SUBDOMAIN_MAX 254
#define KUBE_UID_MAX 37
#define KUBE_ID_MAX 65

/* Where a process is, as its cgroup says.  Empty: it does not. */
struct kube_place {
	char pod_uid[KUBE_UID_MAX]; /* of a static pod 32 digits without hyphens */
	char container_id[KUBE_ID_MAX];
};

struct kube_labels;

/* What is known of it.  Empty: nothing. */
struct kube_facts {
	char namespace[KUBE_LABEL_MAX];
	char pod[KUBE_SUBDOMAIN_MAX];
	char pod_uid[KUBE_UID_MAX];
	char container[KUBE_LABEL_MAX]; /* its name */
	char node[KUBE_SUBDOMAIN_MAX];
	struct kube_labels *labels; /* NULL: not known */
};

/* kube_parse.c: names; false: it is none, and `out`, if there is one, is as before. */
bool kube_is_label(struct text name);
bool kube_is_subdomain(struct text name);
/* With hyphens at their places, or 32 digits without any. */
bool kube_is_uid(struct text name);
/* "NAMESPACE_POD_UID", a directory of /var/log/pods. */
bool kube_parse_pod(struct text name, struct kube_facts *out);
/* "POD_NAMESPACE_CONTAINER-ID.log" of that container, a link of /var/log/containers. */
bool kube_parse_log(struct text name, const char *container_id, struct kube_facts *out);
/* ".../NAMESPACE_POD_UID/CONTAINER/0.log", where such a link leads to. */
bool kube_parse_log_target(struct text path, struct kube_facts *out);
/*
 * The container, among those of that pod, whose files of the kubelet's are mounted, in the text of
 * a /proc/PID/mountinfo: its name.  false: there is none, or there are several.
 */
bool kube_parse_mounts(const char *mountinfo, const char *pod_uid, char name[KUBE_LABEL_MAX]);

/*
 * kube_place.c: the place in the text of a /proc/PID/cgroup; false: it is in no pod, as far as can
 * be seen from here.
 */
bool kube_place_parse(const char *cgroup_text, struct kube_place *out);

/*
 * kube_find.c: fills in the names of what is at that place, where a process is, all but the node;
 * `logs`: /var/log, of the host.  Is it all that there is to know?
 */
bool kube_find(const char *logs, pid_t pid, const struct kube_place *place, struct kube_facts *out);

/*
 * kube_known.c: places that were looked for; of each the names are the same for good.  Labels are
 * those that it has now, or had last.
 */
struct kube_known;
/* One of them, shared by count: nothing of it changes. */
struct kube;

struct kube_pods;

/*
 * The text is borrowed, and so is `pods`, which has the labels (NULL: nobody does).  node: NULL, or
 * none: not known.  NULL: no memory.
 */
struct kube_known *kube_known_new(const char *logs, const char *node, struct kube_pods *pods);
void kube_known_free(struct kube_known *k);
/*
 * A share of what the process is in, whose /proc/PID/cgroup has that text; NULL: it is in no pod,
 * or no memory.  What is not all known is looked for anew, but not often; now: CLOCK_MONOTONIC, ns.
 */
struct kube *kube_known_get(struct kube_known *k, pid_t pid, const char *cgroup_text, int64_t now);
/* The change of `pods` by which its labels came; 0: none. */
uint64_t kube_labelled(const struct kube *kube);
/* Are there names still to be found? */
bool kube_is_part(const struct kube *kube); /* NULL is allowed, in all of these */
/* NULL: nothing is known. */
const struct kube_facts *kube_facts(const struct kube *kube);
struct kube *kube_ref(struct kube *kube);
void kube_unref(struct kube *kube);

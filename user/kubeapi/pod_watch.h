/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Follows the pods of this node and their labels at the API server, in a thread of its own, as the
 * service account of the pod that this runs in.  Nothing waits for it, and where there is no server
 * labels are not known; it is asked again and again.
 */
#pragma once

#include <stdint.h>

#include "kube/pods.h"

/* As a pod finds it. */
#define POD_WATCH_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

struct pod_watch;

enum pod_watch_state {
	POD_WATCH_OFF,
	POD_WATCH_CONNECTING, /* nothing is known yet */
	POD_WATCH_WATCHING,
	POD_WATCH_FAILING, /* what was known is */
	NR_POD_WATCH_STATES
};
extern const char *const pod_watch_state_names[NR_POD_WATCH_STATES];

struct pod_watch_status {
	enum pod_watch_state state;
	uint64_t restarts; /* after an error, or as what was told last was too old */
	uint64_t refused;  /* pods whose labels are not known for what was said of them */
	size_t pods;	   /* that are known */
	char error[256];   /* the last one; "": there was none since it began to watch */
};

/*
 * All is borrowed until it is stopped.  account: NULL, as a pod finds it; node: NULL, not known, as
 * is said then.  NULL: no memory, or no thread.
 */
struct pod_watch *pod_watch_start(const char *account, const char *node, struct kube_pods *pods);
/* Waits until its thread has ended: a second at the most. */
void pod_watch_stop(struct pod_watch *w); /* NULL is allowed, here and below: it is off */
void pod_watch_status(struct pod_watch *w, struct pod_watch_status *out);

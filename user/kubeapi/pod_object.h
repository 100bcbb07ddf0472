/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the API server says of pods, as JSON: of each only its metadata is looked at.  Text is
 * anybody's who may make pods, so that all of it is held to its form.
 */
#pragma once

#include <stddef.h>

#include "kube/labels.h"
#include "kube/pods.h"

/* With the NUL: a resourceVersion; where a list goes on. */
#define POD_VERSION_MAX 64
#define POD_CONTINUE_MAX 4096

struct pod_object {
	struct kube_pod_id id;
	struct kube_labels
		*labels; /* owned; NULL: they have not their form, or there are too many */
};

struct pod_page {
	char version[POD_VERSION_MAX];
	char more[POD_CONTINUE_MAX]; /* "": it is the last one */
	size_t refused;		     /* objects that have not their form */
};

/*
 * A page of a list.  Calls `fn` for each pod, whose labels it may take over; it returns 0 or
 * -errno.  -EPROTO: it is no list; -ENOMEM; or what `fn` returned.
 */
int pod_page_parse(const char *text, size_t len, int (*fn)(void *ctx, struct pod_object *pod),
		   void *ctx, struct pod_page *out);

enum pod_event_kind { POD_PUT, POD_GONE, POD_BOOKMARK, POD_EXPIRED, POD_FAILED };

/* What a watch tells. */
struct pod_event {
	enum pod_event_kind kind;
	struct pod_object pod;	       /* POD_PUT, POD_GONE */
	char version[POD_VERSION_MAX]; /* "" of POD_EXPIRED and POD_FAILED */
	char why[128];		       /* POD_FAILED: what the server says, not to be trusted */
};

/*
 * A line of it.  0, -EPROTO: it is none, or of a pod that has not its form, or -ENOMEM.  Its labels
 * are the caller's.
 */
int pod_event_parse(const char *text, size_t len, struct pod_event *out);

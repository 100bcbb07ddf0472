/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the API server answers, put into the list of pods: pages of a list, and a watch as its bytes
 * come in.  What it says is bounded here: what is too much is counted and left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "kubeapi/pod_object.h"

/* Of a page, and of an event; a pod has 1.5 MB at the most where the server keeps it. */
#define POD_BYTES_MAX ((size_t)4 * 1024 * 1024)

struct pod_feed {
	struct kube_pods *pods;	       /* borrowed */
	char version[POD_VERSION_MAX]; /* up to which all is known; "": nothing is */
	struct buf bytes;	       /* of the page, or of an event that has not ended */
	bool skips;		       /* the rest of an event that is too long */
	uint64_t refused; /* pods whose labels are not known for what was said of them */
};

void pod_feed_init(struct pod_feed *f, struct kube_pods *pods);
void pod_feed_fini(struct pod_feed *f);

/* An answer begins. */
void pod_feed_begin(struct pod_feed *f);
/* Bytes of a page; false: it is too much. */
bool pod_feed_page(struct pod_feed *f, const char *data, size_t len);
/*
 * All of it is there: `more` (POD_CONTINUE_MAX) is where it goes on, "" if nowhere.  -EPROTO or
 * -ENOMEM with a sentence.
 */
int pod_feed_page_end(struct pod_feed *f, char *more, struct err *err);
/*
 * Bytes of a watch.  0; -ESTALE: all has to be listed anew; -EREMOTEIO, -EPROTO or -ENOMEM with a
 * sentence, and the watch is of no use any more.
 */
int pod_feed_watch(struct pod_feed *f, const char *data, size_t len, struct err *err);

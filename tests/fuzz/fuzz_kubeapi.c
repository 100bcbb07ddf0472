// SPDX-License-Identifier: GPL-2.0-only
/* What the API server says of pods: a page of a list, or a watch in pieces. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kubeapi/pod_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool held)
{
	if (!held)
		abort();
}

static struct text as_text(const char *s)
{
	return (struct text){ s, strlen(s) };
}

static int check_pod(void *ctx, struct pod_object *pod)
{
	check(kube_is_uid(as_text(pod->id.uid)) && kube_is_label(as_text(pod->id.namespace)) &&
	      kube_is_subdomain(as_text(pod->id.name)));
	check(!pod->labels || pod->labels->count <= KUBE_LABELS_MAX);
	for (size_t i = 0; pod->labels && i < pod->labels->count; i++) {
		const struct kube_pair *pair = &pod->labels->list[i];

		check(kube_is_label_key(as_text(pair->key)) &&
		      kube_is_label_value(as_text(pair->value)));
		check(kube_labels_get(pod->labels, pair->key) == pair->value);
	}
	return 0;
}

static void check_version(const char *version)
{
	check(strlen(version) < POD_VERSION_MAX && !strpbrk(version, "&%/ \r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kube_pods *pods = kube_pods_new();
	struct pod_page page;
	struct pod_event ev;
	struct pod_feed f;
	struct err err;

	if (!pod_page_parse((const char *)data, size, check_pod, NULL, &page))
		check_version(page.version);
	if (!pod_event_parse((const char *)data, size, &ev)) {
		check_version(ev.version);
		if (ev.kind == POD_PUT || ev.kind == POD_GONE)
			check_pod(NULL, &ev.pod);
		kube_labels_unref(ev.pod.labels);
	}
	pod_feed_init(&f, pods);
	for (size_t at = 0, n; at < size; at += n) {
		n = MIN(size - at, (size_t)1 + data[at] % 64);
		if (pod_feed_watch(&f, (const char *)data + at, n, &err))
			break;
	}
	check_version(f.version);
	pod_feed_fini(&f);
	kube_pods_free(pods);
	return 0;
}

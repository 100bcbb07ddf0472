// SPDX-License-Identifier: GPL-2.0-only
#include "kubeapi/pod_feed.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

void pod_feed_init(struct pod_feed *f, struct kube_pods *pods)
{
	*f = (struct pod_feed){ .pods = pods };
}

void pod_feed_fini(struct pod_feed *f)
{
	buf_fini(&f->bytes);
}

void pod_feed_begin(struct pod_feed *f)
{
	buf_reset(&f->bytes);
	f->skips = false;
}

/* Without labels it is as if it were not there. */
static int put_pod(void *ctx, struct pod_object *pod)
{
	struct pod_feed *f = ctx;
	int ret;

	if (!pod->labels) {
		kube_pods_remove(f->pods, &pod->id);
		return 0;
	}
	ret = kube_pods_put(f->pods, &pod->id, pod->labels);
	f->refused += ret == -E2BIG;
	return ret == -E2BIG ? 0 : ret;
}

bool pod_feed_page(struct pod_feed *f, const char *data, size_t len)
{
	if (len > POD_BYTES_MAX - f->bytes.len)
		return false;
	buf_add(&f->bytes, data, len);
	return !f->bytes.failed;
}

int pod_feed_page_end(struct pod_feed *f, char *more, struct err *err)
{
	struct pod_page page;
	int ret = f->bytes.failed
			  ? -ENOMEM
			  : pod_page_parse(f->bytes.data ?: "", f->bytes.len, put_pod, f, &page);

	if (ret)
		return err_set(err, ret, "%s",
			       ret == -ENOMEM ? "out of memory" : "what it answers is no list");
	f->refused += page.refused;
	strcpy(more, page.more);
	/* Of each page it is that of the whole list. */
	strcpy(f->version, page.version);
	buf_reset(&f->bytes);
	return 0;
}

static int take_event(struct pod_feed *f, const char *line, size_t len, struct err *err)
{
	struct pod_event ev;
	int ret = pod_event_parse(line, len, &ev);

	if (ret)
		return err_set(err, ret, "%s",
			       ret == -ENOMEM ? "out of memory" : "what it tells is of no pod");
	switch (ev.kind) {
	case POD_EXPIRED:
		return err_set(err, -ESTALE, "what it had told is too old to go on from");
	case POD_FAILED:
		return err_set(err, -EREMOTEIO, "it ends the watch: %s", ev.why);
	case POD_GONE:
		kube_pods_remove(f->pods, &ev.pod.id);
		break;
	case POD_PUT:
		f->refused += !ev.pod.labels;
		ret = put_pod(f, &ev.pod);
		break;
	case POD_BOOKMARK:
		break;
	}
	kube_labels_unref(ev.pod.labels);
	if (ret)
		return err_set(err, ret, "out of memory");
	strcpy(f->version, ev.version);
	return 0;
}

/* Keeps a piece of a line, as long as that is not too long. */
static void keep(struct pod_feed *f, const char *data, size_t len)
{
	if (f->skips)
		return;
	if (len <= POD_BYTES_MAX - f->bytes.len) {
		buf_add(&f->bytes, data, len);
		return;
	}
	f->skips = true;
	f->refused++;
	buf_reset(&f->bytes);
}

int pod_feed_watch(struct pod_feed *f, const char *data, size_t len, struct err *err)
{
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t n = end ? (size_t)(end - data) : len;
		int ret = 0;

		keep(f, data, n);
		if (f->bytes.failed)
			return err_set(err, -ENOMEM, "out of memory");
		if (end && !f->skips && f->bytes.len)
			ret = take_event(f, f->bytes.data, f->bytes.len, err);
		if (ret)
			return ret;
		if (end)
			pod_feed_begin(f);
		n += end != NULL;
		data += n;
		len -= n;
	}
	return 0;
}

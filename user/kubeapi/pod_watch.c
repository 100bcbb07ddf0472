// SPDX-License-Identifier: GPL-2.0-only
#include "kubeapi/pod_watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/inherited.h"
#include "base/log.h"
#include "base/util.h"
#include "kubeapi/pod_feed.h"
#include "kubeapi/pod_query.h"

/* Pods of a page at first; where they are too large there are fewer. */
#define PAGE_PODS 128
/* A list that goes on for longer is none. */
#define PAGES_MAX (4 * KUBE_PODS_MAX)
#define PAGE_MS 30000
/* The server ends a watch after so many seconds, so that not all tracers come at once. */
#define WATCH_S 240
#define WATCH_MORE_S 120
#define WATCH_LATE_S 30
/* Between tries after errors; ms.  Each time it is up to twice as long. */
#define PAUSE_MS 500
#define PAUSES_MAX 7
/* A watch that went so long was a good one; ns. */
#define GOOD_NS (5 * NSEC_PER_SEC)

const char *const pod_watch_state_names[NR_POD_WATCH_STATES] = {
	[POD_WATCH_OFF] = "off",
	[POD_WATCH_CONNECTING] = "connecting",
	[POD_WATCH_WATCHING] = "watching",
	[POD_WATCH_FAILING] = "failing",
};

struct pod_watch {
	struct pod_query query;
	struct kube_pods *pods;
	pthread_t thread;
	atomic_bool stopping;
	pthread_mutex_t lock; /* of these two */
	pthread_cond_t stop;
	struct pod_watch_status status;

	/* The thread's own. */
	struct pod_feed feed;
	struct err feed_error; /* why it wanted no more */
	int feed_result;
	unsigned int limit;
	unsigned int failures; /* since it was well */
	int64_t began;	       /* the watch; ns */
	bool warned;
};

static void set_state(struct pod_watch *w, enum pod_watch_state state, const char *error)
{
	pthread_mutex_lock(&w->lock);
	w->status.state = state;
	w->status.refused = w->feed.refused;
	w->status.restarts += *error != '\0';
	snprintf(w->status.error, sizeof(w->status.error), "%.*s", (int)sizeof(w->status.error) - 1,
		 error);
	pthread_mutex_unlock(&w->lock);
}

/* It has gone on for a while: what comes next is something new. */
static void is_well(struct pod_watch *w)
{
	w->failures = 0;
	if (w->warned)
		log_info("labels of pods: the API server answers again");
	w->warned = false;
}

static bool take_page(void *ctx, const char *data, size_t len)
{
	struct pod_watch *w = ctx;

	if (pod_feed_page(&w->feed, data, len))
		return true;
	w->feed_result = w->feed.bytes.failed ? -ENOMEM : -EFBIG;
	return false;
}

static bool page_goes_on(void *ctx, bool answered)
{
	const struct pod_watch *w = ctx;

	return !w->stopping;
}

static bool take_events(void *ctx, const char *data, size_t len)
{
	struct pod_watch *w = ctx;

	w->feed_result = pod_feed_watch(&w->feed, data, len, &w->feed_error);
	return !w->feed_result;
}

static bool watch_goes_on(void *ctx, bool answered)
{
	struct pod_watch *w = ctx;

	if (answered)
		set_state(w, POD_WATCH_WATCHING, "");
	if (answered && clock_now_ns() - w->began > GOOD_NS)
		is_well(w);
	return !w->stopping;
}

/* Asks, and says what the feed had to say of the answer. */
static int ask(struct pod_watch *w, const char *more, const char *kind,
	       const struct curl_feed *feed, struct err *err)
{
	_cleanup_buf_ struct buf url = { 0 };
	int ret = pod_query_url(&w->query, more, &url, err);

	if (ret)
		return ret;
	w->feed_result = 0;
	pod_feed_begin(&w->feed);
	ret = pod_query_ask(&w->query, url.data, kind, feed, err);
	if (ret != -ECANCELED || !w->feed_result)
		return ret;
	if (w->feed_result == -EFBIG)
		return err_set(err, -EFBIG, "a pod of its list is too large");
	if (w->feed_result == -ENOMEM)
		return err_set(err, -ENOMEM, "out of memory");
	*err = w->feed_error;
	return w->feed_result;
}

static int list_page(struct pod_watch *w, char *more, struct err *err)
{
	const struct curl_feed feed = { take_page, page_goes_on, w, PAGE_MS };
	_cleanup_buf_ struct buf query = { 0 };
	int ret;

	buf_printf(&query, "&limit=%u", w->limit);
	if (*more)
		buf_adds(&query, "&continue=");
	pod_query_escape(&query, more);
	if (query.failed)
		return err_set(err, -ENOMEM, "out of memory");
	ret = ask(w, query.data, "PartialObjectMetadataList", &feed, err);
	return ret ? ret : pod_feed_page_end(&w->feed, more, err);
}

static int list_pages(struct pod_watch *w, struct err *err)
{
	char more[POD_CONTINUE_MAX] = "";
	int ret = 0;

	kube_pods_begin(w->pods);
	for (unsigned int i = 0; !ret && (!i || *more); i++)
		ret = i < PAGES_MAX ? list_page(w, more, err)
				    : err_set(err, -EPROTO, "its list has no end");
	if (!ret)
		kube_pods_end(w->pods);
	return ret;
}

static int list(struct pod_watch *w, struct err *err)
{
	int ret;

	w->limit = PAGE_PODS;
	/* Never 0, which is any number. */
	while ((ret = list_pages(w, err)) == -EFBIG && w->limit > 1)
		w->limit = MAX(w->limit / 4, 1u);
	return ret;
}

static unsigned int random_below(unsigned int n)
{
	unsigned int r = 0;

	if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != sizeof(r))
		r = (unsigned int)clock_now_ns();
	return r % n;
}

static int watch(struct pod_watch *w, struct err *err)
{
	unsigned int seconds = WATCH_S + random_below(WATCH_MORE_S);
	const struct curl_feed feed = { take_events, watch_goes_on, w,
					(seconds + WATCH_LATE_S) * 1000 };
	char more[POD_VERSION_MAX + 128];

	snprintf(more, sizeof(more),
		 "&watch=1&allowWatchBookmarks=true&timeoutSeconds=%u&resourceVersion=%s", seconds,
		 w->feed.version);
	w->began = clock_now_ns();
	return ask(w, more, "PartialObjectMetadata", &feed, err);
}

/* Half of the time that failures call for, and up to as much again. */
static void rest(struct pod_watch *w)
{
	unsigned int half = (PAUSE_MS << MIN(w->failures, (unsigned int)PAUSES_MAX)) / 2;
	int64_t end = clock_ns(CLOCK_MONOTONIC) + (half + random_below(half)) * NSEC_PER_MSEC;
	struct timespec until = { end / NSEC_PER_SEC, end % NSEC_PER_SEC };

	pthread_mutex_lock(&w->lock);
	while (!w->stopping && pthread_cond_timedwait(&w->stop, &w->lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&w->lock);
}

static void has_failed(struct pod_watch *w, int ret, const struct err *err)
{
	/* It may have told of what has not come: all is asked for again. */
	if (ret == -ESTALE || ret == -EPROTO || ret == -EREMOTEIO)
		w->feed.version[0] = '\0';
	set_state(w, POD_WATCH_FAILING, err->msg);
	/* A connection that ends, or what is too old, is nobody's fault, once. */
	if (!w->warned && w->failures) {
		w->warned = true;
		log_warn("labels of pods are as they were last known, if at all, and are asked for "
			 "again and again: %s",
			 err->msg);
	}
	w->failures++;
}

static int list_then(struct pod_watch *w, struct err *err)
{
	int ret = list(w, err);

	/* Only a whole one is something to go on from. */
	if (ret)
		w->feed.version[0] = '\0';
	else
		set_state(w, POD_WATCH_WATCHING, "");
	return ret;
}

static void *run(void *ctx)
{
	struct pod_watch *w = ctx;
	struct err err;

	inherited_lower_priority();
	while (!w->stopping) {
		bool lists = !*w->feed.version;
		int ret = lists ? list_then(w, &err) : watch(w, &err);

		if (w->stopping)
			break;
		if (ret)
			has_failed(w, ret, &err);
		else if (!lists && clock_now_ns() - w->began < GOOD_NS)
			w->failures++;
		else
			continue;
		rest(w);
	}
	return NULL;
}

struct pod_watch *pod_watch_start(const char *account, const char *node, struct kube_pods *pods)
{
	struct pod_watch *w = calloc(1, sizeof(*w));
	pthread_condattr_t attr;

	if (!w)
		return NULL;
	w->query = (struct pod_query){ account ?: POD_WATCH_ACCOUNT, node };
	w->pods = pods;
	w->status.state = POD_WATCH_CONNECTING;
	pod_feed_init(&w->feed, pods);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&w->stop, &attr);
	pthread_condattr_destroy(&attr);
	if (!pthread_create(&w->thread, NULL, run, w))
		return w;
	free(w);
	return NULL;
}

void pod_watch_stop(struct pod_watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_signal(&w->stop);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pod_feed_fini(&w->feed);
	pthread_cond_destroy(&w->stop);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void pod_watch_status(struct pod_watch *w, struct pod_watch_status *out)
{
	*out = (struct pod_watch_status){ .state = POD_WATCH_OFF };
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	*out = w->status;
	pthread_mutex_unlock(&w->lock);
	out->pods = kube_pods_count(w->pods);
}

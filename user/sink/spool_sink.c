// SPDX-License-Identifier: GPL-2.0-only
#include "sink/spool_sink.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/event_fd.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "sink/spool.h"

/* Alerts that were given to the sender and are not delivered yet. */
#define GIVEN_MAX (2 * SINK_BATCH)
/* Between two tries to have a spool that another output is about to let go of. */
#define ASK_MS 20
/* After so long something is wrong. */
#define AWAIT_MS 5000
/* How long the sender has to end, once it was asked to. */
#define STOP_MS 100

struct spool_sink {
	struct spool *spool; /* NULL: it is another output's yet */
	const struct sink_config *config;
	int64_t since_ms, asked_ms; /* when it was opened, and when last asked for that */
	struct sink *sender;
	int changed_fd;		   /* the sender has done something */
	uint64_t given[GIVEN_MAX]; /* their numbers, a ring */
	size_t first, nr_given;
	int stuck;     /* errno of why nothing more could be given */
	uint64_t done; /* what of all that it was ever given the sender is done with */
	/* For the main thread. */
	atomic_ullong left, dropped, refused, sent, unmoved_s;
	atomic_bool failing;
};

static void note_counts(struct spool_sink *s)
{
	struct sink_counts sender = sink_counts(s->sender);

	atomic_store(&s->left, spool_left(s->spool));
	atomic_store(&s->dropped, spool_dropped(s->spool));
	atomic_store(&s->refused, sink_refused(s->sender));
	atomic_store(&s->sent, sender.sent);
	atomic_store(&s->unmoved_s, sender.unmoved_s);
	atomic_store(&s->failing, sink_error(s->sender, NULL) != 0);
}

static void take_back(struct spool_sink *s)
{
	uint64_t done = sink_done(s->sender);
	size_t n = (size_t)MIN(done - s->done, s->nr_given);

	for (size_t i = 0; i < n; i++)
		spool_taken(s->spool, s->given[(s->first + i) % GIVEN_MAX]);
	if (n)
		spool_note(s->spool);
	s->first = (s->first + n) % GIVEN_MAX;
	s->nr_given -= n;
	s->done = done;
}

/* Says it once.  What cannot be given stays where it is, and is tried again with the next look. */
static void is_stuck(struct spool_sink *s, int code)
{
	if (code != s->stuck && code)
		log_warn("%s: alerts stay in its spool, which cannot be read: %s",
			 sink_place(s->sender), strerror(code));
	s->stuck = code;
}

static int give_one(struct spool_sink *s)
{
	struct written *w;
	struct text text;
	uint64_t number;
	int ret = spool_next(s->spool, &text, &number);

	if (ret)
		return ret;
	w = written_of(text);
	if (!w) {
		spool_put_back(s->spool);
		return -ENOMEM;
	}
	sink_put(s->sender, w);
	written_unref(w);
	s->given[(s->first + s->nr_given++) % GIVEN_MAX] = number;
	return 0;
}

/* Gives the sender what it has room for. */
static void feed_sender(struct spool_sink *s)
{
	int ret = 0;

	if (!s->spool)
		return;
	take_back(s);
	while (!ret && s->nr_given < GIVEN_MAX && !sink_refuses(s->sender))
		ret = give_one(s);
	is_stuck(s, ret == -ENOENT ? 0 : -ret);
	sink_flush(s->sender);
	note_counts(s);
}

static void stop_sender(void *out)
{
	struct spool_sink *s = out;

	if (!s->sender)
		return;
	sink_stop(s->sender);
	sink_join(s->sender, clock_now_ms() + STOP_MS);
	if (s->spool) {
		take_back(s);
		note_counts(s);
		spool_sync(s->spool);
	}
	sink_free(TAKE_PTR(s->sender));
}

static void close_it(void *out)
{
	struct spool_sink *s = out;

	stop_sender(s);
	if (s->spool)
		spool_close(s->spool);
	if (s->changed_fd >= 0)
		close(s->changed_fd);
	free(s);
}

/* -EBUSY: it is another output's. */
static int take_spool(struct spool_sink *s, struct err *err)
{
	const char *path = s->config->spool.path;
	int ret = spool_open(path, s->config->spool.size, &s->spool, err);

	if (ret)
		return ret;
	if (spool_left(s->spool))
		log_info(s->config->spool.awaited ? "%s: %llu alerts that are in it are sent first"
						  : "%s: %llu alerts of an earlier run are sent "
						    "first",
			 path, (unsigned long long)spool_left(s->spool));
	return 0;
}

/* Alerts wait in the queue meanwhile; after some seconds it is said. */
static int await_spool(struct spool_sink *s, struct err *err)
{
	int64_t now = clock_now_ms();
	bool late = now >= s->since_ms + AWAIT_MS;
	int ret;

	if (!late && now < s->asked_ms + ASK_MS)
		return -EAGAIN;
	s->asked_ms = now;
	ret = take_spool(s, err);
	if (ret != -EBUSY || late)
		return ret;
	*err->msg = '\0';
	return -EAGAIN;
}

static int open_it(const struct sink_config *config, void **out, struct err *err)
{
	struct spool_sink *s = calloc(1, sizeof(*s));
	struct sink_config sender = *config;
	int ret;

	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	sender.ops = config->spool.sender;
	sender.spool.path = NULL;
	sender.spool.sender = NULL;
	sender.spool.kept = true;
	sender.queue = GIVEN_MAX;
	s->config = config;
	s->since_ms = clock_now_ms();
	s->changed_fd = event_fd_open(err);
	ret = s->changed_fd < 0 ? s->changed_fd : take_spool(s, err);
	if (ret == -EBUSY && config->spool.awaited)
		ret = 0;
	if (!ret)
		ret = sink_start(&sender, s->changed_fd, &s->sender, err);
	if (ret) {
		close_it(s);
		return ret;
	}
	sink_tells(s->sender);
	feed_sender(s);
	*out = s;
	return 0;
}

static const char *sender_place(const void *out)
{
	const struct spool_sink *s = out;

	return sink_place(s->sender);
}

static int write_it(void *out, struct written *const *alerts, size_t count, struct sink_step *step)
{
	struct spool_sink *s = out;
	struct text texts[SINK_BATCH];
	int ret = s->spool ? 0 : await_spool(s, &step->err);

	if (ret)
		return ret;
	count = MIN(count, (size_t)SINK_BATCH);
	for (size_t i = 0; i < count; i++)
		texts[i] = (struct text){ alerts[i]->text, alerts[i]->len };
	ret = spool_put(s->spool, texts, count, &step->err);
	step->done = ret < 0 ? 0 : (size_t)ret;
	feed_sender(s);
	return ret < 0 ? ret : 0;
}

static int wake_fd(const void *out)
{
	const struct spool_sink *s = out;

	return s->changed_fd;
}

static void sender_woke(void *out)
{
	struct spool_sink *s = out;

	event_fd_take(s->changed_fd);
	feed_sender(s);
}

static void look_at_sender(void *out)
{
	struct spool_sink *s = out;
	struct err err;

	if (!s->spool && take_spool(s, &err))
		return;
	spool_sync(s->spool);
	feed_sender(s);
}

static void finish_spool(void *out)
{
	struct spool_sink *s = out;

	sink_finish(s->sender);
}

/* Is all delivered, or can it not be now? */
static bool is_finished(void *out)
{
	struct spool_sink *s = out;

	return !atomic_load(&s->left) ||
	       (sink_is_finished(s->sender) && sink_error(s->sender, NULL));
}

static struct sink_spooled count_spooled(void *out)
{
	struct spool_sink *s = out;

	return (struct sink_spooled){ atomic_load(&s->left),	  atomic_load(&s->dropped),
				      atomic_load(&s->refused),	  atomic_load(&s->sent),
				      atomic_load(&s->unmoved_s), atomic_load(&s->failing) };
}

const struct sink_ops spool_sink_ops = {
	.type = "spool",
	.open = open_it,
	.place = sender_place,
	.write = write_it,
	.look = look_at_sender,
	.wake_fd = wake_fd,
	.woken = sender_woke,
	.finish = finish_spool,
	.stop = stop_sender,
	.is_finished = is_finished,
	.spooled = count_spooled,
	.close = close_it,
};

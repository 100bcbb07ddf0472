// SPDX-License-Identifier: GPL-2.0-only
#include "sink/spool_sink.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "sink/spool.h"

/* Alerts that were given to the sender and are not delivered yet. */
#define GIVEN_MAX (2 * SINK_BATCH)
/* How long the sender has to end, once it was asked to. */
#define STOP_MS 100

struct spool_sink {
	struct spool *spool;
	struct sink *sender;
	int changed_fd;		   /* the sender has done something */
	uint64_t given[GIVEN_MAX]; /* their numbers, a ring */
	size_t first, nr_given;
	uint64_t done; /* what of all that it was ever given the sender is done with */
	/* For the main thread. */
	atomic_ullong left, dropped, refused;
};

static void note(struct spool_sink *s)
{
	atomic_store(&s->left, spool_left(s->spool));
	atomic_store(&s->dropped, spool_dropped(s->spool));
	atomic_store(&s->refused, sink_refused(s->sender));
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

/* Gives the sender what it has room for. */
static void feed(struct spool_sink *s)
{
	struct text text;
	uint64_t number;

	take_back(s);
	while (s->nr_given < GIVEN_MAX && !sink_refuses(s->sender) &&
	       !spool_next(s->spool, &text, &number)) {
		struct written *w = written_of(text);

		sink_put(s->sender, w);
		/* Without memory it would be lost: then it stays where it is until the next start. */
		written_unref(w);
		s->given[(s->first + s->nr_given++) % GIVEN_MAX] = number;
	}
	sink_flush(s->sender);
	note(s);
}

static void stop_sender(void *out)
{
	struct spool_sink *s = out;

	if (!s->sender)
		return;
	sink_stop(s->sender);
	sink_join(s->sender, clock_now_ms() + STOP_MS);
	take_back(s);
	note(s);
	spool_sync(s->spool);
	sink_free(TAKE_PTR(s->sender));
}

static void close_it(void *out)
{
	struct spool_sink *s = out;

	stop_sender(s);
	spool_close(s->spool);
	if (s->changed_fd >= 0)
		close(s->changed_fd);
	free(s);
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
	s->changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = s->changed_fd < 0
		      ? err_set(err, -errno, "cannot make an eventfd: %s", strerror(errno))
		      : spool_open(config->spool.path, config->spool.size, &s->spool, err);
	if (!ret)
		ret = sink_start(&sender, s->changed_fd, &s->sender, err);
	if (ret) {
		close_it(s);
		return ret;
	}
	sink_tells(s->sender);
	if (spool_left(s->spool))
		log_info("%s: %llu alerts of an earlier run are sent first", config->spool.path,
			 (unsigned long long)spool_left(s->spool));
	feed(s);
	*out = s;
	return 0;
}

static const char *place(const void *out)
{
	const struct spool_sink *s = out;

	return sink_place(s->sender);
}

static int write_it(void *out, struct written *const *alerts, size_t count, struct sink_step *step)
{
	struct spool_sink *s = out;
	struct text texts[SINK_BATCH];
	int ret;

	count = MIN(count, (size_t)SINK_BATCH);
	for (size_t i = 0; i < count; i++)
		texts[i] = (struct text){ alerts[i]->text, alerts[i]->len };
	ret = spool_put(s->spool, texts, count, &step->err);
	step->done = ret ? 0 : count;
	feed(s);
	return ret;
}

static int wake_fd(const void *out)
{
	const struct spool_sink *s = out;

	return s->changed_fd;
}

static void woken(void *out)
{
	struct spool_sink *s = out;
	uint64_t times;

	if (read(s->changed_fd, &times, sizeof(times)) > 0)
		feed(s);
}

static void look(void *out)
{
	struct spool_sink *s = out;

	spool_sync(s->spool);
	feed(s);
}

static void finish(void *out)
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

static struct sink_spooled spooled(void *out)
{
	struct spool_sink *s = out;

	return (struct sink_spooled){ atomic_load(&s->left), atomic_load(&s->dropped),
				      atomic_load(&s->refused) };
}

const struct sink_ops spool_sink_ops = {
	.type = "spool",
	.open = open_it,
	.place = place,
	.write = write_it,
	.look = look,
	.wake_fd = wake_fd,
	.woken = woken,
	.finish = finish,
	.stop = stop_sender,
	.is_finished = is_finished,
	.spooled = spooled,
	.close = close_it,
};

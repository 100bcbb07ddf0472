// SPDX-License-Identifier: GPL-2.0-only
#include "sink/sinks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event_fd.h"
#include "base/util.h"
#include "sink/http.h"
#include "sink/journald.h"
#include "sink/kafka.h"
#include "sink/spool_sink.h"
#include "sink/stream.h"
#include "sink/syslog.h"

/* How long threads have to end that were asked to, in all. */
#define STOP_MS 200

/* One row for each type. */
static const struct sink_ops *const types[] = { &stream_file_ops,  &stream_stdout_ops,
						&syslog_ops,	   &journald_ops,
						&http_webhook_ops, &http_console_ops,
						&kafka_ops };

struct sinks {
	struct sink **sinks;
	size_t count;
	int changed_fd;
	bool given_up;
	struct buf scratch;
};

const struct sink_ops *sink_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (str_eq(types[i]->type, name))
			return types[i];
	}
	return NULL;
}

static int start_one(const struct sink_config *config, int changed, struct sink **out,
		     struct err *err)
{
	struct sink_config with_spool = *config;

	if (!config->spool.path)
		return sink_start(config, changed, out, err);
	with_spool.ops = &spool_sink_ops;
	with_spool.spool.sender = config->ops;
	return sink_start(&with_spool, changed, out, err);
}

int sinks_start(const struct sink_config *configs, size_t count, struct sinks **out,
		struct err *err)
{
	struct sinks *s = calloc(1, sizeof(*s));
	int ret = 0;

	*out = NULL;
	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	s->changed_fd = event_fd_open(err);
	s->sinks = calloc(count, sizeof(*s->sinks));
	if (!s->sinks)
		ret = err_set(err, -ENOMEM, "out of memory");
	else if (s->changed_fd < 0)
		ret = s->changed_fd;
	while (!ret && s->count < count) {
		ret = start_one(&configs[s->count], s->changed_fd, &s->sinks[s->count], err);
		s->count += !ret;
	}
	if (ret) {
		sinks_free(s);
		return ret;
	}
	*out = s;
	return 0;
}

void sinks_free(struct sinks *s)
{
	if (!s)
		return;
	sinks_give_up(s);
	for (size_t i = 0; i < s->count; i++)
		sink_free(s->sinks[i]);
	free(s->sinks);
	if (s->changed_fd >= 0)
		close(s->changed_fd);
	buf_fini(&s->scratch);
	free(s);
}

void sinks_alert(struct sinks *s, const struct alert *alert)
{
	struct written *forms[NR_WRITTEN_FORMS] = { 0 };

	for (size_t i = 0; i < s->count; i++) {
		struct written **w = &forms[sink_form(s->sinks[i])];

		if (alert->rule->level < sink_level(s->sinks[i]))
			continue;
		/* What nobody takes need not be written out. */
		if (!*w && !sink_refuses(s->sinks[i]))
			*w = written_make(sink_form(s->sinks[i]), alert, &s->scratch);
		sink_put(s->sinks[i], *w);
	}
	for (size_t i = 0; i < NR_WRITTEN_FORMS; i++)
		written_unref(forms[i]);
}

void sinks_flush(struct sinks *s)
{
	for (size_t i = 0; i < s->count; i++)
		sink_flush(s->sinks[i]);
}

void sinks_reopen(struct sinks *s, const char *why)
{
	for (size_t i = 0; i < s->count; i++)
		sink_reopen(s->sinks[i], why);
}

int sinks_fd(const struct sinks *s)
{
	return s->changed_fd;
}

void sinks_changed(struct sinks *s)
{
	event_fd_take(s->changed_fd);
}

bool sinks_are_full(struct sinks *s)
{
	bool full = true;

	for (size_t i = 0; i < s->count && full; i++)
		full = sink_is_full(s->sinks[i]);
	return full;
}

int sinks_gone(struct sinks *s, struct err *err)
{
	for (size_t i = 0; i < s->count; i++) {
		if (!sink_is_gone(s->sinks[i]))
			return 0;
	}
	return sinks_error(s, err);
}

void sinks_finish(struct sinks *s)
{
	for (size_t i = 0; i < s->count; i++)
		sink_finish(s->sinks[i]);
}

bool sinks_are_finished(struct sinks *s)
{
	bool finished = true;

	for (size_t i = 0; i < s->count; i++)
		finished &= sink_is_finished(s->sinks[i]);
	return finished;
}

void sinks_give_up(struct sinks *s)
{
	int64_t deadline;

	if (s->given_up)
		return;
	s->given_up = true;
	for (size_t i = 0; i < s->count; i++)
		sink_stop(s->sinks[i]);
	deadline = clock_now_ms() + STOP_MS;
	for (size_t i = 0; i < s->count; i++)
		sink_join(s->sinks[i], deadline);
}

uint64_t sinks_lost(struct sinks *s)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < s->count; i++)
		lost += sink_lost(s->sinks[i]);
	return lost;
}

uint64_t sinks_refused(struct sinks *s)
{
	uint64_t refused = 0;

	for (size_t i = 0; i < s->count; i++)
		refused += sink_refused(s->sinks[i]);
	return refused + sinks_spooled(s).refused;
}

size_t sinks_counts(struct sinks *s, struct sink_counts *out, size_t max)
{
	size_t n = MIN(s->count, max);

	for (size_t i = 0; i < n; i++)
		out[i] = sink_counts(s->sinks[i]);
	return n;
}

struct sink_spooled sinks_spooled(struct sinks *s)
{
	struct sink_spooled sum = { 0 };

	for (size_t i = 0; i < s->count; i++) {
		struct sink_spooled one = sink_spooled(s->sinks[i]);

		sum.left += one.left;
		sum.dropped += one.dropped;
		sum.refused += one.refused;
	}
	return sum;
}

uint64_t sinks_not_rotated(const struct sinks *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->count; i++)
		sum += sink_not_rotated(s->sinks[i]);
	return sum;
}

void sinks_watch(struct sinks *s)
{
	for (size_t i = 0; i < s->count; i++)
		sink_watch(s->sinks[i]);
}

int sinks_error(struct sinks *s, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < s->count && !ret; i++)
		ret = sink_error(s->sinks[i], err);
	return ret;
}

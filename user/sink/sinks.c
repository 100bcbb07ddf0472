// SPDX-License-Identifier: GPL-2.0-only
#include "sink/sinks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event_fd.h"
#include "base/log.h"
#include "base/util.h"
#include "sink/http.h"
#include "sink/journald.h"
#include "sink/kafka.h"
#include "sink/sinks_priv.h"
#include "sink/spool_sink.h"
#include "sink/stream.h"
#include "sink/syslog.h"

/* One row for each type. */
static const struct sink_ops *const types[] = { &stream_file_ops,  &stream_stdout_ops,
						&syslog_ops,	   &journald_ops,
						&http_webhook_ops, &http_console_ops,
						&kafka_ops };

const struct sink_ops *sink_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (str_eq(types[i]->type, name))
			return types[i];
	}
	return NULL;
}

int sinks_start(const struct sink_config *configs, size_t count, struct sinks **out,
		struct err *err)
{
	struct sinks *s = calloc(1, sizeof(*s));
	struct sinks_change *change;
	int ret;

	*out = NULL;
	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	pthread_mutex_init(&s->lock, NULL);
	s->changed_fd = event_fd_open(err);
	ret = s->changed_fd < 0 ? s->changed_fd : sinks_prepare(s, configs, count, &change, err);
	if (ret) {
		sinks_free(s);
		return ret;
	}
	sinks_change(s, change);
	sinks_change_free(change);
	*out = s;
	return 0;
}

static void free_one(struct output *o)
{
	sink_free(o->sink);
	free(o);
}

void sinks_free(struct sinks *s)
{
	struct output_name *name;
	struct output *o;

	if (!s)
		return;
	sinks_give_up(s);
	for (size_t i = 0; i < s->count; i++)
		free_one(s->list[i]);
	free(s->list);
	while ((o = s->going)) {
		s->going = o->next;
		free_one(o);
	}
	while ((name = s->names)) {
		s->names = name->next;
		free(name);
	}
	if (s->changed_fd >= 0)
		close(s->changed_fd);
	buf_fini(&s->scratch);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void sinks_alert(struct sinks *s, const struct alert *alert)
{
	struct written *forms[NR_WRITTEN_FORMS] = { 0 };

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++) {
		struct sink *sink = s->list[i]->sink;
		struct written **w = &forms[sink_form(sink)];

		if (alert->rule->level < sink_level(sink))
			continue;
		/* What nobody takes need not be written out. */
		if (!*w && !sink_refuses(sink))
			*w = written_make(sink_form(sink), alert, &s->scratch);
		sink_put(sink, *w);
	}
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < NR_WRITTEN_FORMS; i++)
		written_unref(forms[i]);
}

void sinks_flush(struct sinks *s)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++)
		sink_flush(s->list[i]->sink);
	pthread_mutex_unlock(&s->lock);
}

void sinks_reopen(struct sinks *s, const char *why)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++)
		sink_reopen(s->list[i]->sink, why);
	pthread_mutex_unlock(&s->lock);
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

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count && full; i++)
		full = sink_is_full(s->list[i]->sink);
	pthread_mutex_unlock(&s->lock);
	return full;
}

int sinks_gone(struct sinks *s, struct err *err)
{
	bool gone = true;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count && gone; i++)
		gone = sink_is_gone(s->list[i]->sink);
	pthread_mutex_unlock(&s->lock);
	return gone ? sinks_error(s, err) : 0;
}

void sinks_finish(struct sinks *s)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++)
		sink_finish(s->list[i]->sink);
	pthread_mutex_unlock(&s->lock);
}

bool sinks_are_finished(struct sinks *s)
{
	bool finished = true;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++)
		finished &= sink_is_finished(s->list[i]->sink);
	for (struct output *o = s->going; o; o = o->next)
		finished &= sinks_is_over(o);
	pthread_mutex_unlock(&s->lock);
	return finished;
}

static void end_one(const struct output *o, int64_t deadline_ms)
{
	bool left = sink_join(o->sink, deadline_ms);

	/* Of one that fails it was said. */
	if (left && !sink_error(o->sink, NULL))
		log_warn("%s: alerts are lost: whoever reads them does not", sink_label(o->sink));
}

void sinks_give_up(struct sinks *s)
{
	int64_t deadline;

	pthread_mutex_lock(&s->lock);
	if (!s->given_up) {
		s->given_up = true;
		for (size_t i = 0; i < s->count; i++)
			sink_stop(s->list[i]->sink);
		for (struct output *o = s->going; o; o = o->next)
			sink_stop(o->sink);
		deadline = clock_now_ms() + SINKS_STOP_MS;
		for (size_t i = 0; i < s->count; i++)
			end_one(s->list[i], deadline);
		for (struct output *o = s->going; o; o = o->next)
			end_one(o, deadline);
	}
	pthread_mutex_unlock(&s->lock);
}

void sinks_add_up(struct sinks_totals *t, const struct output *o)
{
	struct sink_spooled spooled = sink_spooled(o->sink);

	t->lost += sink_lost(o->sink);
	t->refused += sink_refused(o->sink) + spooled.refused;
	t->not_rotated += sink_not_rotated(o->sink);
	t->spooled += spooled.left;
	t->spool_dropped += spooled.dropped;
}

struct sinks_totals sinks_totals(struct sinks *s)
{
	struct sinks_totals t;

	pthread_mutex_lock(&s->lock);
	t = s->past;
	for (size_t i = 0; i < s->count; i++)
		sinks_add_up(&t, s->list[i]);
	for (struct output *o = s->going; o; o = o->next)
		sinks_add_up(&t, o);
	pthread_mutex_unlock(&s->lock);
	return t;
}

size_t sinks_counts(struct sinks *s, struct sink_counts *out, const char **names, size_t max)
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = MIN(s->count, max);
	for (size_t i = 0; i < n; i++) {
		out[i] = sink_counts(s->list[i]->sink);
		names[i] = s->list[i]->name;
	}
	pthread_mutex_unlock(&s->lock);
	return n;
}

void sinks_watch(struct sinks *s)
{
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++)
		sink_watch(s->list[i]->sink);
	pthread_mutex_unlock(&s->lock);
}

int sinks_error(struct sinks *s, struct err *err)
{
	int ret = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count && !ret; i++)
		ret = sink_error(s->list[i]->sink, err);
	pthread_mutex_unlock(&s->lock);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Other outputs take the place of those in force.  What may fail or take its time is done before,
 * and after; in between a list is another one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/event_fd.h"
#include "base/log.h"
#include "base/util.h"
#include "sink/ca_file.h"
#include "sink/sinks_priv.h"
#include "sink/spool_sink.h"

/* So long one that goes is written to; where another one waits for its spool, that is enough. */
#define GOING_MS 5000
#define HANDING_ON_MS 1000

/* Of one that is to be. */
struct row {
	const char *name;
	bool stays;
};

struct sinks_change {
	struct sinks *of;
	struct output **list; /* to be in force; then what was */
	struct row *rows;
	size_t count, was;
	bool done;
};

static bool is_equal(const struct output *o, const struct sink_config *config)
{
	return sink_config_equal(sink_config_of(o->sink), config) &&
	       o->stamp == sink_config_stamp(config);
}

static bool is_taken(const struct sinks_change *c, const struct output *o)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->list[i] == o)
			return true;
	}
	return false;
}

/* One in force that is as this; NULL: there is none. */
static struct output *find_equal(struct sinks_change *c, const struct sink_config *config)
{
	const struct sinks *s = c->of;

	for (size_t i = 0; i < s->count; i++) {
		if (is_equal(s->list[i], config) && !is_taken(c, s->list[i]))
			return s->list[i];
	}
	return NULL;
}

static bool has_spool(const struct output *o, const char *path)
{
	const char *own = sink_config_of(o->sink)->spool.path;

	return own && path && str_eq(own, path);
}

/* Has an output that there is this spool?  Where another one is to have it, it goes. */
static bool is_in_use(const struct sinks *s, const char *path)
{
	for (size_t i = 0; i < s->count; i++) {
		if (has_spool(s->list[i], path))
			return true;
	}
	for (const struct output *o = s->going; o; o = o->next) {
		if (has_spool(o, path))
			return true;
	}
	return false;
}

static const char *type_of(const struct sink_config *config)
{
	return config->spool.path ? config->spool.sender->type : config->ops->type;
}

static int start_one(struct sinks *s, struct sink_config *config, struct output **out,
		     struct err *err)
{
	struct output *o;
	int ret = config->ca_file ? ca_file_check(config->ca_file, err) : 0;

	if (ret)
		return err_prefix(err, ret, "output %s", config->name ?: type_of(config));
	o = calloc(1, sizeof(*o));
	if (!o)
		return err_set(err, -ENOMEM, "out of memory");
	o->stamp = sink_config_stamp(config);
	config->spool.awaited = is_in_use(s, config->spool.path);
	ret = sink_start(config, s->changed_fd, &o->sink, err);
	if (ret) {
		free(o);
		return ret;
	}
	*out = o;
	return 0;
}

/* What is started first has the alerts, and the threads of others beneath it. */
static struct sink_config with_spool(const struct sink_config *config)
{
	struct sink_config c = *config;

	if (config->spool.path) {
		c.ops = &spool_sink_ops;
		c.spool.sender = config->ops;
	}
	return c;
}

/* The name as it is kept; NULL: no memory. */
static const char *keep_name(struct sinks *s, const char *text)
{
	struct output_name *name;

	for (name = s->names; name; name = name->next) {
		if (str_eq(name->text, text))
			return name->text;
	}
	name = malloc(sizeof(*name) + strlen(text) + 1);
	if (!name)
		return NULL;
	strcpy(name->text, text);
	name->next = s->names;
	s->names = name;
	return name->text;
}

static bool is_name_of_one(const struct sinks_change *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++) {
		if (c->rows[i].name && str_eq(c->rows[i].name, name))
			return true;
	}
	return false;
}

/* An output without a name is called by its type, and by a number if there are several. */
static const char *make_name(const struct sinks_change *c, const char *type)
{
	char text[64];

	snprintf(text, sizeof(text), "%s", type);
	for (int n = 2; is_name_of_one(c, text); n++)
		snprintf(text, sizeof(text), "%s-%d", type, n);
	return keep_name(c->of, text);
}

static int name_all(struct sinks_change *c, const struct sink_config *configs)
{
	bool failed = false;

	for (size_t i = 0; i < c->count; i++)
		c->rows[i].name = configs[i].name ? keep_name(c->of, configs[i].name) : NULL;
	/* What stays is called as it was. */
	for (size_t i = 0; i < c->count; i++) {
		struct row *row = &c->rows[i];

		if (row->stays && !row->name && !is_name_of_one(c, c->list[i]->name))
			row->name = c->list[i]->name;
	}
	for (size_t i = 0; i < c->count; i++) {
		if (!c->rows[i].name)
			c->rows[i].name = make_name(c, configs[i].ops->type);
		failed |= !c->rows[i].name;
	}
	return failed ? -ENOMEM : 0;
}

static int take_one(struct sinks_change *c, const struct sink_config *given, struct err *err)
{
	struct sink_config config = with_spool(given);
	struct output **place = &c->list[c->count];

	*place = find_equal(c, &config);
	c->rows[c->count].stays = *place;
	return *place ? 0 : start_one(c->of, &config, place, err);
}

int sinks_prepare(struct sinks *s, const struct sink_config *configs, size_t count,
		  struct sinks_change **out, struct err *err)
{
	struct sinks_change *c = calloc(1, sizeof(*c));
	int ret = 0;

	*out = NULL;
	if (!c)
		return err_set(err, -ENOMEM, "out of memory");
	c->of = s;
	c->list = calloc(count, sizeof(struct output *));
	c->rows = calloc(count, sizeof(*c->rows));
	if (!c->list || !c->rows)
		ret = err_set(err, -ENOMEM, "out of memory");
	while (!ret && c->count < count) {
		ret = take_one(c, &configs[c->count], err);
		c->count += !ret;
	}
	if (!ret && name_all(c, configs))
		ret = err_set(err, -ENOMEM, "out of memory");
	if (ret)
		sinks_change_free(c);
	else
		*out = c;
	return ret;
}

/* Wants the lock. */
static void begin_to_go(struct sinks *s, struct output *o)
{
	o->lost_before = sink_lost(o->sink);
	o->until_ms = clock_now_ms() + GOING_MS;
	o->next = s->going;
	s->going = o;
	sink_finish(o->sink);
}

/* The same. */
static void hand_spools_on(const struct sinks_change *c)
{
	for (struct output *o = c->of->going; o; o = o->next) {
		for (size_t i = 0; i < c->count && !o->hands_on; i++)
			o->hands_on = has_spool(o, sink_config_of(c->list[i]->sink)->spool.path);
		if (o->hands_on)
			o->until_ms = MIN(o->until_ms, clock_now_ms() + HANDING_ON_MS);
	}
}

void sinks_change(struct sinks *s, struct sinks_change *change)
{
	struct output **former = s->list;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->count; i++) {
		if (!is_taken(change, s->list[i]))
			begin_to_go(s, s->list[i]);
	}
	hand_spools_on(change);
	for (size_t i = 0; i < change->count; i++)
		change->list[i]->name = change->rows[i].name;
	change->was = s->count;
	s->list = change->list;
	s->count = change->count;
	pthread_mutex_unlock(&s->lock);
	change->list = former;
	change->done = true;
}

static void give_back(struct output *o)
{
	sink_stop(o->sink);
	sink_join(o->sink, clock_now_ms() + SINKS_STOP_MS);
	sink_free(o->sink);
	free(o);
}

void sinks_change_free(struct sinks_change *change)
{
	if (!change)
		return;
	for (size_t i = 0; i < change->count; i++) {
		if (change->rows[i].stays)
			continue;
		if (!change->done)
			give_back(change->list[i]);
		else if (change->was)
			log_info("%s: alerts go there from now on",
				 sink_label(change->of->list[i]->sink));
	}
	free(change->list);
	free(change->rows);
	free(change);
}

bool sinks_is_over(const struct output *o)
{
	return o->stopping || clock_now_ms() >= o->until_ms ||
	       (o->hands_on ? sink_is_drained(o->sink) : sink_is_finished(o->sink));
}

static void say_gone(const struct output *o, uint64_t lost, uint64_t left)
{
	const char *label = sink_label(o->sink);

	if (lost)
		log_warn("%s: no alerts go there any more; %llu that did could not be written: "
			 "they are lost",
			 label, (unsigned long long)lost);
	else
		log_info("%s: no alerts go there any more", label);
	if (left && !o->hands_on)
		log_warn("%s: %llu alerts stay in its spool %s, and nobody sends them", label,
			 (unsigned long long)left, sink_config_of(o->sink)->spool.path);
}

/* Its thread has ended, or had its time to. */
static void end_one(struct sinks *s, struct output *o)
{
	/* One that has ended is gone in no time. */
	sink_join(o->sink, clock_now_ms() + (sink_has_ended(o->sink) ? SINKS_STOP_MS : 0));
	say_gone(o, sink_lost(o->sink) - o->lost_before, sink_spooled(o->sink).left);
	pthread_mutex_lock(&s->lock);
	sinks_add_up(&s->past, o);
	/* What is left in its spool is no output's any more, or another one's. */
	s->past.spooled = 0;
	pthread_mutex_unlock(&s->lock);
	/* A library may want to hear of others before it lets go. */
	sink_free_apart(o->sink);
	free(o);
}

/* The next one that has gone; NULL: there is none. */
static struct output *take_gone(struct sinks *s)
{
	struct output **place = &s->going, *o = NULL;
	int64_t now = clock_now_ms();

	pthread_mutex_lock(&s->lock);
	while (!s->given_up && (o = *place)) {
		if (o->stopping && (sink_has_ended(o->sink) || now >= o->until_ms))
			break;
		if (!o->stopping && sinks_is_over(o)) {
			sink_stop(o->sink);
			o->stopping = true;
			o->until_ms = now + SINKS_STOP_MS;
			/* Whoever waits for outputs at the end need not wait for this one. */
			event_fd_tell(s->changed_fd);
		}
		place = &o->next;
	}
	if (o)
		*place = o->next;
	pthread_mutex_unlock(&s->lock);
	return o;
}

bool sinks_let_go(struct sinks *s)
{
	struct output *o;
	bool more;

	while ((o = take_gone(s)))
		end_one(s, o);
	pthread_mutex_lock(&s->lock);
	more = s->going && !s->given_up;
	pthread_mutex_unlock(&s->lock);
	return more;
}

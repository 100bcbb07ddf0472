// SPDX-License-Identifier: GPL-2.0-only
/* What the main thread does with an output. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/event_fd.h"
#include "base/log.h"
#include "base/util.h"
#include "sink/sink_priv.h"

/* Longer than anything takes that has a time limit of its own. */
#define STALLS_S 30

/* With so many bytes to write the thread is not left to sleep until sink_flush(). */
#define BYTES_TO_WAKE_FOR ((size_t)64 * 1024)

/* These want the lock. */
static size_t bytes_max(const struct sink *s)
{
	return s->error ? SINK_KEPT : SINK_BYTES;
}

static bool has_room(const struct sink *s)
{
	return !s->gone && s->queue.count < s->queue.capacity && s->queue.bytes <= bytes_max(s);
}

static bool is_finished(const struct sink *s)
{
	return s->gone || (s->finishing && s->tried && (!s->queue.count || s->error) &&
			   (!s->ops->is_finished || s->ops->is_finished(s->out)));
}

void sink_put(struct sink *s, struct written *w)
{
	bool much = false;

	pthread_mutex_lock(&s->lock);
	if (w && has_room(s)) {
		much = s->queue.bytes <= BYTES_TO_WAKE_FOR;
		queue_push(&s->queue, w);
		much &= s->queue.bytes > BYTES_TO_WAKE_FOR;
	} else {
		s->lost++;
	}
	pthread_mutex_unlock(&s->lock);
	if (much)
		event_fd_tell(s->wake_fd);
}

bool sink_refuses(struct sink *s)
{
	bool room;

	pthread_mutex_lock(&s->lock);
	room = has_room(s);
	pthread_mutex_unlock(&s->lock);
	return !room;
}

void sink_flush(struct sink *s)
{
	bool something;

	pthread_mutex_lock(&s->lock);
	something = s->queue.count > 0 && !s->error;
	pthread_mutex_unlock(&s->lock);
	if (something)
		event_fd_tell(s->wake_fd);
}

const struct sink_config *sink_config_of(const struct sink *s)
{
	return &s->config;
}

const char *sink_label(const struct sink *s)
{
	return s->label;
}

unsigned int sink_form(const struct sink *s)
{
	return s->form;
}

enum rule_level sink_level(const struct sink *s)
{
	return s->level;
}

void sink_reopen(struct sink *s, const char *why)
{
	pthread_mutex_lock(&s->lock);
	s->reopen = why;
	pthread_mutex_unlock(&s->lock);
	event_fd_tell(s->wake_fd);
}

bool sink_is_full(struct sink *s)
{
	bool full;

	pthread_mutex_lock(&s->lock);
	full = !s->error && !has_room(s);
	s->asked |= full;
	pthread_mutex_unlock(&s->lock);
	return full;
}

void sink_finish(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	s->finishing = true;
	pthread_mutex_unlock(&s->lock);
	event_fd_tell(s->wake_fd);
}

bool sink_is_finished(struct sink *s)
{
	bool finished;

	pthread_mutex_lock(&s->lock);
	finished = is_finished(s);
	s->asked |= !finished;
	pthread_mutex_unlock(&s->lock);
	return finished;
}

bool sink_is_drained(struct sink *s)
{
	bool drained;

	pthread_mutex_lock(&s->lock);
	drained = s->gone || s->error || !s->queue.count;
	s->asked |= !drained;
	pthread_mutex_unlock(&s->lock);
	return drained;
}

bool sink_is_gone(struct sink *s)
{
	bool gone;

	pthread_mutex_lock(&s->lock);
	gone = s->gone;
	pthread_mutex_unlock(&s->lock);
	return gone;
}

uint64_t sink_lost(struct sink *s)
{
	uint64_t lost;

	pthread_mutex_lock(&s->lock);
	lost = s->lost;
	pthread_mutex_unlock(&s->lock);
	return lost;
}

uint64_t sink_refused(struct sink *s)
{
	uint64_t refused;

	pthread_mutex_lock(&s->lock);
	refused = s->refused;
	pthread_mutex_unlock(&s->lock);
	return refused;
}

uint64_t sink_done(struct sink *s)
{
	uint64_t done;

	pthread_mutex_lock(&s->lock);
	done = s->done;
	pthread_mutex_unlock(&s->lock);
	return done;
}

void sink_tells(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	s->tells = true;
	pthread_mutex_unlock(&s->lock);
}

const char *sink_place(const struct sink *s)
{
	return s->ops->place(s->out);
}

struct sink_spooled sink_spooled(struct sink *s)
{
	return s->ops->spooled ? s->ops->spooled(s->out) : (struct sink_spooled){ 0 };
}

const char *const sink_state_names[NR_SINK_STATES] = {
	[SINK_OK] = "ok",
	[SINK_FAILING] = "failing",
	[SINK_GONE] = "gone",
};

struct sink_counts sink_counts(struct sink *s)
{
	struct sink_spooled spooled = sink_spooled(s);
	struct sink_counts c;

	pthread_mutex_lock(&s->lock);
	c = (struct sink_counts){
		.queued = s->queue.count + spooled.left,
		.sent = s->ops->spooled ? spooled.sent : s->done - s->refused,
		.dropped = s->lost + s->refused + spooled.dropped + spooled.refused,
		.unmoved_s = MAX(spooled.unmoved_s,
				 (uint64_t)MAX(clock_now_ms() - s->moved_ms, 0) / 1000),
		.state = s->gone		       ? SINK_GONE
			 : s->error || spooled.failing ? SINK_FAILING
						       : SINK_OK,
	};
	pthread_mutex_unlock(&s->lock);
	return c;
}

void sink_watch(struct sink *s)
{
	uint64_t unmoved = sink_counts(s).unmoved_s;
	bool stalls = unmoved >= STALLS_S;

	if (stalls && !s->stalls)
		log_warn("%s: its thread has not gone on for %llu s: whoever takes its alerts "
			 "neither does so nor refuses to",
			 s->label, (unsigned long long)unmoved);
	else if (!stalls && s->stalls)
		log_info("%s: its thread goes on again", s->label);
	s->stalls = stalls;
}

uint64_t sink_not_rotated(const struct sink *s)
{
	return s->ops->not_rotated ? s->ops->not_rotated(s->out) : 0;
}

int sink_error(struct sink *s, struct err *err)
{
	bool gone;
	int code;

	pthread_mutex_lock(&s->lock);
	code = s->error;
	gone = s->gone;
	pthread_mutex_unlock(&s->lock);
	if (!code)
		return 0;
	return gone ? err_set(err, -EIO, "whoever reads the alerts has gone: %s", strerror(code))
		    : err_set(err, -EIO, "alerts could not be written to %s: %s", s->label,
			      strerror(code));
}

void sink_stop(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_mutex_unlock(&s->lock);
	event_fd_tell(s->wake_fd);
}

bool sink_has_ended(struct sink *s)
{
	bool ended;

	pthread_mutex_lock(&s->lock);
	ended = s->ended;
	pthread_mutex_unlock(&s->lock);
	return ended;
}

size_t sink_join(struct sink *s, int64_t deadline_ms)
{
	struct timespec until = { deadline_ms / 1000, deadline_ms % 1000 * 1000000 };
	bool late = pthread_clockjoin_np(s->thread, NULL, CLOCK_MONOTONIC, &until);
	size_t left;

	pthread_mutex_lock(&s->lock);
	s->left = late;
	left = s->queue.count;
	s->lost += left;
	pthread_mutex_unlock(&s->lock);
	if (late)
		pthread_detach(s->thread);
	return left;
}

void sink_free(struct sink *s)
{
	bool ended;

	pthread_mutex_lock(&s->lock);
	s->freed = true;
	ended = s->ended;
	pthread_mutex_unlock(&s->lock);
	if (ended)
		sink_release(s);
}

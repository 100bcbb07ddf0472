// SPDX-License-Identifier: GPL-2.0-only
#include "sink/sink.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/event_fd.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "sink/sink_priv.h"

#define LOOK_INTERVAL_MS 1000
#define RETRY_MAX_MS 60000

/* Wants the lock. */
static void drop_all(struct sink *s)
{
	s->lost += s->queue.count;
	queue_drop(&s->queue, s->queue.count);
}

void sink_release(struct sink *s)
{
	queue_fini(&s->queue);
	if (s->out)
		s->ops->close(s->out);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	free(s->label);
	sink_config_fini(&s->config);
	free(s);
}

/* Once the thread is left behind the descriptor may be closed. */
static void say_changed(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	if (!s->left)
		event_fd_tell(s->changed_fd);
	pthread_mutex_unlock(&s->lock);
}

static bool is_lasting(const struct sink *s)
{
	return !s->ops->is_lasting || s->ops->is_lasting(s->out);
}

/* Says when it is tried again. */
static void put_off(struct sink *s, unsigned int pause_ms)
{
	int64_t delay = LOOK_INTERVAL_MS;

	for (unsigned int i = 0; s->ops->backs_off && i < s->failures && delay < RETRY_MAX_MS; i++)
		delay *= 2;
	s->failures++;
	s->paused = pause_ms;
	s->retry_due = clock_now_ms() + MAX((int64_t)pause_ms, MIN(delay, RETRY_MAX_MS));
}

static void fail_write(struct sink *s, int code, const struct sink_step *step)
{
	bool lasting = is_lasting(s);

	if (code != s->error && lasting && s->kept)
		log_warn("alerts cannot be written to %s: %s: they are kept in its spool", s->label,
			 *step->err.msg ? step->err.msg : strerror(code));
	else if (code != s->error && lasting)
		log_warn("alerts cannot be written to %s: %s: %zu KiB of them are kept until they "
			 "can, more will be lost",
			 s->label, *step->err.msg ? step->err.msg : strerror(code),
			 SINK_KEPT / 1024);
	put_off(s, step->pause_ms);
	pthread_mutex_lock(&s->lock);
	if (!s->error)
		s->lost_before = s->lost;
	s->error = code;
	if (!lasting) {
		s->gone = true;
		drop_all(s);
	}
	pthread_mutex_unlock(&s->lock);
	if (!lasting)
		say_changed(s);
}

static void recover_sink(struct sink *s)
{
	uint64_t lost;

	pthread_mutex_lock(&s->lock);
	s->error = 0;
	s->failures = 0;
	s->paused = false;
	lost = s->lost - s->lost_before;
	pthread_mutex_unlock(&s->lock);
	log_info("%s: alerts can be written again; %llu were lost", s->label,
		 (unsigned long long)lost);
}

/* The alerts to be written next; they stay in the queue, which nobody else takes any out of. */
static size_t next_batch(struct sink *s, struct written *batch[SINK_BATCH])
{
	size_t n;

	pthread_mutex_lock(&s->lock);
	n = queue_peek(&s->queue, batch, SINK_BATCH);
	pthread_mutex_unlock(&s->lock);
	return n;
}

static void write_batch(struct sink *s)
{
	struct written *batch[SINK_BATCH];
	size_t n = next_batch(s, batch);
	struct sink_step step = { 0 };
	int ret = n ? s->ops->write(s->out, batch, n, &step) : 0;

	pthread_mutex_lock(&s->lock);
	queue_drop(&s->queue, step.done);
	s->refused += step.refused;
	s->done += step.done;
	pthread_mutex_unlock(&s->lock);
	s->stalled = ret == -EAGAIN;
	if (ret && ret != -EAGAIN)
		fail_write(s, -ret, &step);
	else if (s->error)
		recover_sink(s);
}

/*
 * The descriptor has an error or was hung up.  With nothing to write there is no error to be had.
 */
static void hung_up(struct sink *s)
{
	static const struct sink_step nothing = { 0 };

	write_batch(s);
	if (!s->error && !is_lasting(s))
		fail_write(s, EPIPE, &nothing);
}

/* Is there something that can be written without waiting for anything? */
static bool is_writable(struct sink *s)
{
	bool something;

	pthread_mutex_lock(&s->lock);
	something = s->queue.count > 0 && !s->stalled && !s->error;
	pthread_mutex_unlock(&s->lock);
	return something;
}

static void wait_for_work(struct sink *s)
{
	int64_t due = s->error ? MIN(s->look_due, s->retry_due) : s->look_due;
	int64_t left = due - clock_now_ms();
	bool watched = s->ops->fd && (s->stalled || (!s->gone && !is_lasting(s)));
	struct pollfd fds[] = {
		{ .fd = s->wake_fd, .events = POLLIN },
		{ .fd = watched ? s->ops->fd(s->out) : -1, .events = s->stalled ? POLLOUT : 0 },
		{ .fd = s->ops->wake_fd ? s->ops->wake_fd(s->out) : -1, .events = POLLIN }
	};

	if (poll(fds, ARRAY_SIZE(fds), is_writable(s) ? 0 : (int)MAX(left, 0)) <= 0)
		return;
	if (fds[0].revents)
		event_fd_take(s->wake_fd);
	if (fds[2].revents)
		s->ops->woken(s->out);
	if (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))
		hung_up(s);
	if (fds[1].revents & POLLOUT)
		s->stalled = false;
}

/* What was asked of the thread. */
static bool take_orders(struct sink *s, const char **reopen, bool *try)
{
	bool goes_on;

	pthread_mutex_lock(&s->lock);
	s->moved_ms = clock_now_ms();
	*reopen = TAKE_PTR(s->reopen);
	*try = s->finishing && !s->tried;
	goes_on = !s->stopping;
	pthread_mutex_unlock(&s->lock);
	return goes_on;
}

static void tell_main(struct sink *s, bool tried)
{
	bool asked;

	pthread_mutex_lock(&s->lock);
	s->tried |= tried;
	asked = s->asked || s->tells;
	s->asked = false;
	pthread_mutex_unlock(&s->lock);
	if (asked)
		say_changed(s);
}

/* asked: now, unless the receiver said not to. */
static bool is_to_be_tried(const struct sink *s, bool asked)
{
	return !s->error || (asked && !s->paused) || clock_now_ms() >= s->retry_due;
}

static void *sink_main(void *arg)
{
	struct sink *s = arg;
	const char *reopen;
	bool last_try, freed;

	s->look_due = clock_now_ms() + LOOK_INTERVAL_MS;
	for (;;) {
		bool look;

		wait_for_work(s);
		if (!take_orders(s, &reopen, &last_try))
			break;
		if (reopen && s->ops->reopen)
			s->ops->reopen(s->out, reopen);
		look = reopen || last_try || clock_now_ms() >= s->look_due;
		if (look) {
			if (last_try && s->ops->finish)
				s->ops->finish(s->out);
			if (s->ops->look)
				s->ops->look(s->out);
			s->look_due = clock_now_ms() + LOOK_INTERVAL_MS;
		}
		/* What failed is tried again from time to time, not for each alert. */
		if (!s->gone && is_to_be_tried(s, reopen || last_try))
			write_batch(s);
		tell_main(s, last_try);
	}
	if (s->ops->stop)
		s->ops->stop(s->out);
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	freed = s->freed;
	pthread_mutex_unlock(&s->lock);
	if (freed)
		sink_release(s);
	return NULL;
}

/* Signals are the main thread's. */
static int start_thread(pthread_t *thread, void *(*main)(void *), struct sink *s)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(thread, NULL, main, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!ret)
		pthread_setname_np(*thread, "phrude-output");
	return -ret;
}

static void *free_main(void *arg)
{
	pthread_detach(pthread_self());
	sink_free(arg);
	return NULL;
}

void sink_free_apart(struct sink *s)
{
	pthread_t thread;

	if (start_thread(&thread, free_main, s))
		sink_free(s);
}

static unsigned int choose_form(const struct sink *s, const struct sink_config *config)
{
	const struct sink_ops *ops = config->spool.sender ?: config->ops;
	enum sink_format format = config->format;
	static const enum written_form forms[NR_SINK_FORMATS] = {
		[SINK_JSON] = WRITTEN_JSON, [SINK_TEXT] = WRITTEN_TEXT, [SINK_ECS] = WRITTEN_ECS,
		[SINK_OCSF] = WRITTEN_OCSF, [SINK_CEF] = WRITTEN_CEF,	[SINK_OTLP] = WRITTEN_OTLP,
	};
	bool terminal = s->ops->is_terminal && s->ops->is_terminal(s->out);

	/* Logs are read line by line. */
	if ((ops->envelope == WRITTEN_SYSLOG || ops->envelope == WRITTEN_JOURNAL) &&
	    format <= SINK_TEXT && format != SINK_JSON)
		return WRITTEN_IN(ops->envelope, WRITTEN_BRIEF);
	if (format == SINK_AUTO)
		format = terminal ? SINK_TEXT : SINK_JSON;
	return WRITTEN_IN(ops->envelope,
			  format == SINK_TEXT && terminal ? WRITTEN_COLORED : forms[format]);
}

/* What the thread will need, once it is open. */
static bool prepare_sink(struct sink *s, const struct sink_config *config)
{
	const char *place = s->ops->place(s->out);
	int n;

	s->form = choose_form(s, config);
	s->kept = config->spool.kept;
	s->level = config->level;
	n = config->name ? asprintf(&s->label, "output %s (%s)", config->name, place)
			 : asprintf(&s->label, "%s", place);
	if (n < 0)
		s->label = NULL;
	return queue_init(&s->queue, config->queue ?: SINK_QUEUE) && s->label;
}

/* What is opened may go by the text of its configuration for as long as it is there. */
static int open_sink(struct sink *s, const struct sink_config *config, struct err *err)
{
	int ret;

	if (sink_config_copy(config, &s->config))
		return err_set(err, -ENOMEM, "out of memory");
	s->wake_fd = event_fd_open(err);
	ret = s->wake_fd < 0 ? s->wake_fd : s->ops->open(&s->config, &s->out, err);
	if (!ret && !prepare_sink(s, &s->config))
		ret = err_set(err, -ENOMEM, "out of memory");
	return ret;
}

int sink_start(const struct sink_config *config, int changed, struct sink **out, struct err *err)
{
	struct sink *s = calloc(1, sizeof(*s));
	int ret;

	*out = NULL;
	if (!s)
		return err_set(err, -ENOMEM, "out of memory");
	s->ops = config->ops;
	s->changed_fd = changed;
	s->wake_fd = -1;
	s->moved_ms = clock_now_ms();
	pthread_mutex_init(&s->lock, NULL);
	ret = open_sink(s, config, err);
	if (!ret) {
		ret = start_thread(&s->thread, sink_main, s);
		if (ret)
			err_set(err, ret, "cannot start a thread: %s", strerror(-ret));
	}
	if (ret) {
		sink_release(s);
		return ret;
	}
	*out = s;
	return 0;
}

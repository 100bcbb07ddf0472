// SPDX-License-Identifier: GPL-2.0-only
#include "sink/sink.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "sink/queue.h"

#define LOOK_INTERVAL_MS 1000
/* With so many bytes to write the thread is not left to sleep until sink_flush(). */
#define BYTES_TO_WAKE_FOR ((size_t)64 * 1024)

const char *const sink_format_names[NR_SINK_FORMATS] = {
	[SINK_JSON] = "json", [SINK_TEXT] = "text", [SINK_ECS] = "ecs",
	[SINK_OCSF] = "ocsf", [SINK_CEF] = "cef",   [SINK_OTLP] = "otlp"
};

struct sink {
	const struct sink_ops *ops;
	void *out; /* the thread's alone */
	enum written_form form;
	enum rule_level level;
	char *label; /* for messages: where alerts go, and the output's name if it has one */
	pthread_t thread;
	int wake_fd; /* the thread has something to do */
	int changed_fd;

	/* The thread's alone. */
	int64_t look_due; /* ms, monotonic */
	bool stalled;	  /* what is left can be written once the descriptor is ready */
	uint64_t lost_before;

	pthread_mutex_t lock; /* of all below */
	struct queue queue;
	uint64_t lost;
	int error;  /* errno of the write that failed; 0: the last one did not */
	bool gone;  /* it is for good */
	bool asked; /* whoever asked how it is wants to hear of a change */
	bool finishing, tried, stopping;
	bool ended;	    /* the thread */
	bool left, freed;   /* it was not waited for any longer, and has to free all this */
	const char *reopen; /* why; NULL: not asked for */
};

static void count_up(int eventfd)
{
	uint64_t one = 1;

	/* It fails only when it is readable anyway. */
	if (write(eventfd, &one, sizeof(one)) < 0)
		return;
}

/* The functions down to is_finished() want the lock. */

static size_t bytes_max(const struct sink *s)
{
	return s->error ? SINK_KEPT : SINK_BYTES;
}

static bool has_room(const struct sink *s)
{
	return !s->gone && s->queue.count < s->queue.capacity && s->queue.bytes <= bytes_max(s);
}

static void drop_all(struct sink *s)
{
	s->lost += s->queue.count;
	queue_drop(&s->queue, s->queue.count);
}

static bool is_finished(const struct sink *s)
{
	return s->gone || (s->finishing && s->tried && (!s->queue.count || s->error));
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
		count_up(s->wake_fd);
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
		count_up(s->wake_fd);
}

/* Once the thread is left behind the descriptor may be closed. */
static void say_changed(struct sink *s)
{
	pthread_mutex_lock(&s->lock);
	if (!s->left)
		count_up(s->changed_fd);
	pthread_mutex_unlock(&s->lock);
}

static void fail(struct sink *s, int code)
{
	bool lasting = s->ops->is_lasting(s->out);

	if (code != s->error && lasting)
		log_warn("alerts cannot be written to %s: %s: %zu KiB of them are kept until they "
			 "can, more will be lost",
			 s->label, strerror(code), SINK_KEPT / 1024);
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

static void recover(struct sink *s)
{
	uint64_t lost;

	pthread_mutex_lock(&s->lock);
	s->error = 0;
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
	size_t n = next_batch(s, batch), done = 0;
	int ret = n ? s->ops->write(s->out, batch, n, &done) : 0;

	pthread_mutex_lock(&s->lock);
	queue_drop(&s->queue, done);
	pthread_mutex_unlock(&s->lock);
	s->stalled = ret == -EAGAIN;
	if (ret && ret != -EAGAIN)
		fail(s, -ret);
	else if (s->error)
		recover(s);
}

/* The descriptor has an error or was hung up.  With nothing to write there is no error to be had. */
static void hung_up(struct sink *s)
{
	write_batch(s);
	if (!s->error && !s->ops->is_lasting(s->out))
		fail(s, EPIPE);
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
	int64_t left = s->look_due - clock_now_ms();
	bool watched = s->stalled || (!s->gone && !s->ops->is_lasting(s->out));
	struct pollfd fds[] = { { .fd = s->wake_fd, .events = POLLIN },
				{ .fd = watched ? s->ops->fd(s->out) : -1,
				  .events = s->stalled ? POLLOUT : 0 } };
	uint64_t times;

	if (poll(fds, ARRAY_SIZE(fds), is_writable(s) ? 0 : (int)MAX(left, 0)) <= 0)
		return;
	if (fds[0].revents && read(s->wake_fd, &times, sizeof(times)) < 0)
		return;
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
	*reopen = TAKE_PTR(s->reopen);
	*try = s->finishing && !s->tried;
	goes_on = !s->stopping;
	pthread_mutex_unlock(&s->lock);
	return goes_on;
}

static void tell(struct sink *s, bool tried)
{
	bool asked;

	pthread_mutex_lock(&s->lock);
	s->tried |= tried;
	asked = s->asked;
	s->asked = false;
	pthread_mutex_unlock(&s->lock);
	if (asked)
		say_changed(s);
}

static void release(struct sink *s)
{
	queue_fini(&s->queue);
	if (s->out)
		s->ops->close(s->out);
	if (s->wake_fd >= 0)
		close(s->wake_fd);
	free(s->label);
	free(s);
}

static void *serve(void *arg)
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
		if (reopen)
			s->ops->reopen(s->out, reopen);
		look = reopen || last_try || clock_now_ms() >= s->look_due;
		if (look) {
			s->ops->look(s->out);
			s->look_due = clock_now_ms() + LOOK_INTERVAL_MS;
		}
		/* What failed is tried again at a look, not for each alert. */
		if (!s->gone && (look || !s->error))
			write_batch(s);
		tell(s, last_try);
	}
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	freed = s->freed;
	pthread_mutex_unlock(&s->lock);
	if (freed)
		release(s);
	return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct sink *s)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&s->thread, NULL, serve, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!ret)
		pthread_setname_np(s->thread, "phrude-output");
	return -ret;
}

static enum written_form choose_form(const struct sink *s, enum sink_format format)
{
	static const enum written_form forms[NR_SINK_FORMATS] = {
		[SINK_JSON] = WRITTEN_JSON, [SINK_TEXT] = WRITTEN_TEXT, [SINK_ECS] = WRITTEN_ECS,
		[SINK_OCSF] = WRITTEN_OCSF, [SINK_CEF] = WRITTEN_CEF,	[SINK_OTLP] = WRITTEN_OTLP,
	};
	bool terminal = s->ops->is_terminal(s->out);

	if (format == SINK_AUTO)
		format = terminal ? SINK_TEXT : SINK_JSON;
	return format == SINK_TEXT && terminal ? WRITTEN_COLORED : forms[format];
}

/* What the thread will need, once it is open. */
static bool prepare(struct sink *s, const struct sink_config *config)
{
	const char *place = s->ops->place(s->out);
	int n;

	s->form = choose_form(s, config->format);
	s->level = config->level;
	n = config->name ? asprintf(&s->label, "output %s (%s)", config->name, place)
			 : asprintf(&s->label, "%s", place);
	if (n < 0)
		s->label = NULL;
	return queue_init(&s->queue, config->queue ?: SINK_QUEUE) && s->label;
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
	pthread_mutex_init(&s->lock, NULL);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = s->wake_fd < 0 ? err_set(err, -errno, "cannot make an eventfd: %s", strerror(errno))
			     : s->ops->open(config, &s->out, err);
	if (!ret && !prepare(s, config))
		ret = err_set(err, -ENOMEM, "out of memory");
	if (!ret) {
		ret = start_thread(s);
		if (ret)
			err_set(err, ret, "cannot start a thread: %s", strerror(-ret));
	}
	if (ret) {
		release(s);
		return ret;
	}
	*out = s;
	return 0;
}

enum written_form sink_form(const struct sink *s)
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
	count_up(s->wake_fd);
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
	count_up(s->wake_fd);
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
	count_up(s->wake_fd);
}

void sink_join(struct sink *s, int64_t deadline_ms)
{
	struct timespec until = { deadline_ms / 1000, deadline_ms % 1000 * 1000000 };
	bool late = pthread_clockjoin_np(s->thread, NULL, CLOCK_MONOTONIC, &until), read;

	pthread_mutex_lock(&s->lock);
	s->left = late;
	read = s->error || !s->queue.count;
	s->lost += s->queue.count;
	pthread_mutex_unlock(&s->lock);
	if (late)
		pthread_detach(s->thread);
	if (!read)
		log_warn("%s: alerts are lost: whoever reads them does not", s->label);
}

void sink_free(struct sink *s)
{
	bool ended;

	pthread_mutex_lock(&s->lock);
	s->freed = true;
	ended = s->ended;
	pthread_mutex_unlock(&s->lock);
	if (ended)
		release(s);
}

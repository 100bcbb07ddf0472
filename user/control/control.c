// SPDX-License-Identifier: GPL-2.0-only
#include "control/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/event_fd.h"
#include "base/inherited.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/util.h"
#include "control/control_client.h"

/* With so many open the oldest makes room for another one. */
#define CLIENTS_MAX 8
/* Numbers come at once; who has waited for so long gets the last ones.  ms */
#define PATIENCE_MS 1000
/* The main thread is not asked more often. */
#define ASK_INTERVAL_MS 50
/* Without a free descriptor connections wait for so long. */
#define ACCEPT_PAUSE_MS 1000

enum { POLL_STOP, POLL_GIVEN, POLL_LISTEN, POLL_CLIENTS };

struct control {
	struct control_config config;
	pthread_t thread;
	bool started;
	int listen_fd, stop_fd, given_fd;
	_Atomic(struct control_processes *) given; /* not yet taken by the thread */

	/* The thread's alone. */
	struct control_client clients[CLIENTS_MAX];
	struct control_processes *processes; /* the last ones; NULL: none yet */
	int timed_fd;			     /* the kernel times programs; -1: not for us */
	bool timing_refused;
	bool wanted;		     /* the main thread is to be asked */
	int64_t asked_at, accept_at; /* ms: when it was; when the next one may come */
};

/* Has the kernel time programs while somebody watches. */
static void update_timing(struct control *c)
{
	bool watched = false;

	for (size_t i = 0; i < CLIENTS_MAX; i++)
		watched |= c->clients[i].fd >= 0 && c->clients[i].watches;
	if (!watched && c->timed_fd >= 0)
		close(TAKE_FD(c->timed_fd));
	if (!watched || c->timed_fd >= 0 || c->timing_refused)
		return;
	c->timed_fd = c->config.time_programs(c->config.ctx);
	if (c->timed_fd >= 0)
		return;
	c->timing_refused = true;
	log_warn("`phrude-trace top` has no times of probes: the kernel does not count them for "
		 "this process: %s (it takes CAP_SYS_ADMIN, or sysctl kernel.bpf_stats_enabled=1)",
		 strerror(-c->timed_fd));
}

static void answer_client(struct control *c, struct control_client *client)
{
	struct metrics_now now;
	struct control_state state = {
		.facts = c->config.facts,
		.now = &now,
		.alerts = c->config.published->alerts,
		.processes = c->processes,
		.ready = published_is_ready(c->config.published),
		.timed = c->timed_fd >= 0,
	};
	unsigned long number;

	published_get(c->config.published, &now, &number);
	for (enum metrics_thread t = 0; t < NR_METRICS_THREADS; t++)
		state.ages[t] = published_age(c->config.published, t);
	control_write(&client->out, &state);
	control_client_answered(client);
}

static void refuse_client(struct control_client *client, const char *sentence)
{
	control_write_error(&client->out, sentence);
	control_client_answered(client);
	client->ends = true;
}

/* Handles the requests of a client as far as they have come. */
static void take_request(struct control *c, struct control_client *client)
{
	enum control_request request;

	switch (control_client_line(client, &request)) {
	case -E2BIG:
		refuse_client(client,
			      "that is no request: there are `status` and `watch`, a line each");
		return;
	case -EAGAIN:
		return;
	}
	if (request == CONTROL_UNKNOWN) {
		refuse_client(client, "unknown request: there are `status` and `watch`");
		return;
	}
	client->watches |= request == CONTROL_WATCH;
	client->state = CLIENT_WAITING;
	client->since = clock_now_ms();
	client->asked = false;
	c->wanted = true;
}

/* The main thread has published. */
static void take_given(struct control *c)
{
	struct control_processes *given = atomic_exchange(&c->given, NULL);

	event_fd_take(c->given_fd);
	if (given) {
		control_processes_free(c->processes);
		c->processes = given;
	}
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct control_client *client = &c->clients[i];

		if (client->fd >= 0 && client->state == CLIENT_WAITING && client->asked)
			answer_client(c, client);
	}
}

static void ask_if_due(struct control *c, int64_t now)
{
	if (!c->wanted || now - c->asked_at < ASK_INTERVAL_MS)
		return;
	c->wanted = false;
	c->asked_at = now;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		c->clients[i].asked |= c->clients[i].state == CLIENT_WAITING;
	c->config.ask(c->config.ctx);
}

/* A free place, or that of the one who has come first. */
static struct control_client *find_place(struct control *c)
{
	struct control_client *oldest = &c->clients[0];

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		if (c->clients[i].fd < 0)
			return &c->clients[i];
		if (c->clients[i].came < oldest->came)
			oldest = &c->clients[i];
	}
	control_client_close(oldest);
	return oldest;
}

static void take_connection(struct control *c)
{
	int fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct control_client *client;

	if (fd < 0) {
		/* It would be tried again without a pause where there is no descriptor for it. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			c->accept_at = clock_now_ms() + ACCEPT_PAUSE_MS;
		return;
	}
	client = find_place(c);
	control_client_open(client, fd);
	if (!listen_peer_is_trusted(fd))
		refuse_client(client, "only root may ask");
}

/* What time has brought; returns when it is to be looked at again, in ms. */
static int64_t handle_times(struct control *c, int64_t now)
{
	int64_t next = now + 60 * 1000;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct control_client *client = &c->clients[i];
		bool waits = client->state == CLIENT_WAITING;
		int64_t until;

		if (client->fd < 0)
			continue;
		until = client->since + (waits ? PATIENCE_MS : CONTROL_IDLE_MS);
		if (now >= until && waits)
			answer_client(c, client);
		else if (now >= until)
			control_client_close(client);
		else
			next = MIN(next, until);
	}
	if (c->wanted)
		next = MIN(next, c->asked_at + ASK_INTERVAL_MS);
	if (c->accept_at > now)
		next = MIN(next, c->accept_at);
	return next;
}

static void handle_client(struct control *c, struct control_client *client, short events)
{
	if (client->fd < 0 || !events)
		return;
	if (client->state == CLIENT_WAITING)
		control_client_close(client); /* it is gone */
	else if (client->state == CLIENT_WRITING)
		control_client_write(client);
	else
		control_client_read(client);
	if (client->fd >= 0 && client->state == CLIENT_READING)
		take_request(c, client);
}

static void *control_main(void *ctx)
{
	struct control *c = ctx;
	struct pollfd fds[POLL_CLIENTS + CLIENTS_MAX] = {
		[POLL_STOP] = { c->stop_fd, POLLIN, 0 },
		[POLL_GIVEN] = { c->given_fd, POLLIN, 0 },
	};

	/* Whoever asks must not have it take the processor from those who trace. */
	inherited_lower_priority();
	for (;;) {
		int64_t now = clock_now_ms(), next;

		ask_if_due(c, now);
		next = handle_times(c, now);
		update_timing(c);
		fds[POLL_LISTEN] =
			(struct pollfd){ c->accept_at > now ? -1 : c->listen_fd, POLLIN, 0 };
		for (size_t i = 0; i < CLIENTS_MAX; i++)
			fds[POLL_CLIENTS + i] =
				(struct pollfd){ c->clients[i].fd,
						 control_client_events(&c->clients[i]), 0 };
		if (poll(fds, ARRAY_SIZE(fds), (int)MAX(next - now, 0)) < 0)
			continue;
		if (fds[POLL_STOP].revents)
			return NULL;
		if (fds[POLL_GIVEN].revents)
			take_given(c);
		for (size_t i = 0; i < CLIENTS_MAX; i++)
			handle_client(c, &c->clients[i], fds[POLL_CLIENTS + i].revents);
		if (fds[POLL_LISTEN].revents)
			take_connection(c);
	}
}

int control_start(const struct control_config *config, struct control **out, struct err *err)
{
	_cleanup_(control_stopp) struct control *c = calloc(1, sizeof(*c));
	int ret;

	if (!c)
		return err_set(err, -ENOMEM, "out of memory");
	c->config = *config;
	c->timed_fd = c->listen_fd = -1;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		c->clients[i].fd = -1;
	c->stop_fd = event_fd_open(err);
	c->given_fd = event_fd_open(err);
	if (c->stop_fd < 0 || c->given_fd < 0)
		return MIN(c->stop_fd, c->given_fd);
	c->listen_fd = listen_unix(config->path, 0600, err);
	if (c->listen_fd == -EADDRINUSE)
		return err_set(err, -EADDRINUSE,
			       "another program listens at %s already, most likely another "
			       "phrude-trace: end that one, or give this one another path",
			       config->path);
	if (c->listen_fd < 0)
		return c->listen_fd;
	/* All signals that anybody waits for are blocked already. */
	ret = pthread_create(&c->thread, NULL, control_main, c);
	if (ret)
		return err_set(err, -ret, "cannot start a thread: %s", strerror(ret));
	c->started = true;
	pthread_setname_np(c->thread, "phrude-control");
	*out = TAKE_PTR(c);
	return 0;
}

void control_stop(struct control *c)
{
	if (!c)
		return;
	if (c->started) {
		event_fd_tell(c->stop_fd);
		pthread_join(c->thread, NULL);
	}
	if (c->listen_fd >= 0) {
		close(c->listen_fd);
		listen_unix_end(c->config.path);
	}
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		control_client_close(&c->clients[i]);
	if (c->timed_fd >= 0)
		close(c->timed_fd);
	if (c->stop_fd >= 0)
		close(c->stop_fd);
	if (c->given_fd >= 0)
		close(c->given_fd);
	control_processes_free(atomic_load(&c->given));
	control_processes_free(c->processes);
	free(c);
}

void control_give(struct control *c, struct control_processes *processes)
{
	control_processes_free(atomic_exchange(&c->given, processes));
	event_fd_tell(c->given_fd);
}

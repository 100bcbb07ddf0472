// SPDX-License-Identifier: GPL-2.0-only
/* Records into alerts, alerts to their reader, who may be slow or not there: nothing else waits for him. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "engine/engine_priv.h"

/* So long he may still take, once the tracer was asked to end. */
#define PATIENCE_MS 1000

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void engine_asked_to_end(struct engine *e)
{
	e->stop = true;
	if (!e->patience_until)
		e->patience_until = now_ms() + PATIENCE_MS;
}

bool engine_has_terminal(void)
{
	_cleanup_close_ int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	return fd >= 0;
}

static void reopen(struct engine *e, const char *signal)
{
	struct err err;

	if (!e->output.path)
		log_info("%s: alerts go to standard output, there is no file to open anew", signal);
	else if (output_reopen(&e->output, &err))
		log_warn("%s: %s %s", signal, e->output.path, err.msg);
	else
		log_info("%s: %s is opened anew", signal, e->output.path);
	output_look(&e->output);
}

static void on_signal(struct engine *e, uint32_t number)
{
	switch (number) {
	case SIGCHLD:
		break;
	case SIGUSR1:
		reopen(e, "SIGUSR1");
		break;
	case SIGHUP:
		/* Whoever started it there is gone, and did not say nohup. */
		if (e->had_terminal && !engine_has_terminal())
			engine_asked_to_end(e);
		else
			reopen(e, "SIGHUP");
		break;
	default:
		engine_asked_to_end(e);
	}
}

void engine_on_signals(struct engine *e)
{
	struct signalfd_siginfo si;

	while (read(e->signal_fd, &si, sizeof(si)) == sizeof(si))
		on_signal(e, si.ssi_signo);
	if (e->launch)
		launch_step(e->launch);
	else
		stops_collect(&e->stops);
}

void engine_consume(struct engine *e)
{
	output_flush(&e->output);
	/* A reader who is behind has records stay where they are: the kernel side counts those that find no room. */
	while (!output_is_full(&e->output)) {
		int ret = kern_consume(e->kern);

		output_flush(&e->output);
		if (ret != -ECANCELED || e->stop)
			break;
	}
}

static void set_events(int epoll_fd, int fd, uint32_t events, uint32_t *was)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	if (events == *was)
		return;
	if (!epoll_ctl(epoll_fd,
		       !*was	 ? EPOLL_CTL_ADD
		       : !events ? EPOLL_CTL_DEL
				 : EPOLL_CTL_MOD,
		       fd, &ev) ||
	    errno == EPERM) /* it is never waited for */
		*was = events;
}

void engine_wait_for_reader(struct engine *e, int epoll_fd)
{
	/* That he has gone comes anyway; asked for alone, it is all that comes. */
	uint32_t events = output_is_lasting(&e->output) ? 0 : EPOLLERR;

	if (output_is_stalled(&e->output))
		events |= EPOLLOUT;
	/* One that was closed is no longer waited for. */
	if (e->output_opened != e->output.opened)
		e->output_events = 0;
	e->output_opened = e->output.opened;
	set_events(epoll_fd, e->output.fd, events, &e->output_events);
	set_events(epoll_fd, kern_ring_fd(e->kern), output_is_full(&e->output) ? 0 : EPOLLIN,
		   &e->ring_events);
}

/* Waits until the reader has taken all, or has had his time. */
static void write_out(struct engine *e)
{
	while (output_is_stalled(&e->output)) {
		bool asked = e->patience_until;
		int64_t left = asked ? e->patience_until - now_ms() : -1;
		struct pollfd fds[] = { { .fd = e->output.fd, .events = POLLOUT },
					{ .fd = e->signal_fd, .events = POLLIN },
					{ .fd = asked ? -1 : e->end_fd, .events = POLLIN } };

		if (asked && left <= 0) {
			output_give_up(&e->output);
			return;
		}
		if (poll(fds, ARRAY_SIZE(fds), (int)left) <= 0)
			continue;
		if (fds[1].revents)
			engine_on_signals(e);
		if (fds[2].revents)
			engine_asked_to_end(e);
		output_flush(&e->output);
	}
}

void engine_consume_all(struct engine *e)
{
	int ret;

	do {
		write_out(e);
		ret = kern_consume(e->kern);
	} while (ret == -ECANCELED && output_is_full(&e->output));
}

void engine_write_out(struct engine *e)
{
	uint64_t lost = e->output.lost;

	output_look(&e->output);
	write_out(e);
	if (e->output.error)
		output_give_up(&e->output);
	if (e->output.lost > lost && !e->output.error)
		log_warn("alerts are lost: whoever reads them does not");
}

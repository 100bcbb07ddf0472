// SPDX-License-Identifier: GPL-2.0-only
/* Signals, and the way from records to outputs: what becomes of it while these are full, and at the end. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/util.h"
#include "engine/engine_priv.h"

/* So long he may still take, once the tracer was asked to end. */
#define PATIENCE_MS 1000

void engine_asked_to_end(struct engine *e)
{
	e->stop = e->asked_to_end = true;
	/* To take the probes away is none of the reader's time. */
	if (e->ended && !e->patience_until)
		e->patience_until = clock_now_ms() + PATIENCE_MS;
}

static void on_signal(struct engine *e, uint32_t number)
{
	switch (number) {
	case SIGCHLD:
		break;
	case SIGUSR1:
		sinks_reopen(e->sinks, "SIGUSR1");
		break;
	case SIGHUP:
		/* Whoever started it there is gone, and did not say nohup. */
		if (e->had_terminal && !signals_have_terminal())
			engine_asked_to_end(e);
		else
			sinks_reopen(e->sinks, "SIGHUP");
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
		stops_collect(targets_stops(e->targets));
}

void engine_consume(struct engine *e)
{
	/* When there is nobody to take alerts records stay where they are: the kernel side shares out what room there is among
	 * processes, and counts those that find none. */
	if (sinks_are_full(e->sinks))
		return;
	kern_consume(e->kern);
	sinks_flush(e->sinks);
}

int engine_wait_for_records(struct engine *e, int epoll_fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = kern_ring_fd(e->kern) };
	bool wait = !sinks_are_full(e->sinks);

	if (wait == e->waits_for_ring)
		return 0;
	e->waits_for_ring = wait;
	return epoll_ctl(epoll_fd, wait ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, ev.data.fd, &ev) ? -errno
											  : 0;
}

/* Waits until the outputs have something new to tell; false: their time is over. */
static bool wait_for_outputs(struct engine *e)
{
	int64_t left = e->patience_until ? e->patience_until - clock_now_ms() : -1;
	struct pollfd fds[] = { { .fd = sinks_fd(e->sinks), .events = POLLIN },
				{ .fd = e->signal_fd, .events = POLLIN },
				{ .fd = e->asked_to_end ? -1 : e->end_fd, .events = POLLIN } };

	if (e->patience_until && left <= 0)
		return false;
	if (poll(fds, ARRAY_SIZE(fds), (int)left) <= 0)
		return true;
	if (fds[0].revents)
		sinks_changed(e->sinks);
	if (fds[1].revents)
		engine_on_signals(e);
	if (fds[2].revents)
		engine_asked_to_end(e);
	return true;
}

static void consume_all(struct engine *e)
{
	bool in_time = true;
	int ret;

	do {
		while (in_time && sinks_are_full(e->sinks))
			in_time = wait_for_outputs(e);
		/* Who asks to end asks not to wait, and for no records to be left. */
		e->stop = false;
		ret = kern_consume(e->kern);
		sinks_flush(e->sinks);
	} while (ret == -ECANCELED && !pipeline_has_enough(&e->pipeline));
}

void engine_write_out(struct engine *e)
{
	e->ended = true;
	if (e->asked_to_end)
		engine_asked_to_end(e);
	if (!pipeline_has_enough(&e->pipeline))
		consume_all(e);
	sinks_finish(e->sinks);
	while (!sinks_are_finished(e->sinks) && wait_for_outputs(e))
		;
	sinks_give_up(e->sinks);
}

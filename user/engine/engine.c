// SPDX-License-Identifier: GPL-2.0-only
#include "engine/engine.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/inherited.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/util.h"
#include "base/worker.h"
#include "engine/engine_priv.h"
#include "policy/plan.h"

/* Seconds between looks whether targets are gone of which the kernel's word was lost. */
#define CHECK_INTERVAL 1
/* Milliseconds between looks at programs just exec'ed. */
#define LOOK_INTERVAL_MS 10

static int engine_attach(struct engine *e, struct err *err)
{
	const struct engine_opts *o = e->opts;
	int ret = targets_attach(e->targets, err);

	if (ret || !o->argv)
		return ret;
	return launch_start(e->kern, targets_stops(e->targets), o->argv, o->user,
			    targets_take_started, e->targets, &e->launch, err);
}

static int add_fd(int epoll_fd, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int open_timer(double first, double interval)
{
	struct itimerspec spec = {
		.it_value = { first, fmod(first, 1) * NSEC_PER_SEC },
		.it_interval = { interval, fmod(interval, 1) * NSEC_PER_SEC },
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0)
		timerfd_settime(fd, 0, &spec, NULL);
	return fd;
}

static void on_tick(struct engine *e)
{
	targets_tick(e->targets, !sinks_are_full(e->sinks));
	if (e->launch)
		launch_look_again(e->launch);
}

/* Is there nothing left that could be traced? */
static bool all_gone(const struct engine *e)
{
	int status;

	if (targets_are_alive(e->targets))
		return false;
	return !e->launch || (launch_ended(e->launch, &status) && !launch_followed(e->launch));
}

/* How long epoll may wait, in ms; -1: for ever. */
static int patience(const struct engine *e)
{
	if (kern_polling(e->kern) && !sinks_are_full(e->sinks))
		return KERN_POLL_MS;
	return targets_are_undecided(e->targets) ? LOOK_INTERVAL_MS : -1;
}

static int engine_loop(struct engine *e, struct err *err)
{
	_cleanup_close_ int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	_cleanup_close_ int check_fd = open_timer(CHECK_INTERVAL, CHECK_INTERVAL);
	int launch_fd = e->launch ? launch_result_fd(e->launch) : -1;
	int64_t looked = 0;
	uint64_t ticks;

	if (e->opts->config->duration > 0)
		e->end_fd = open_timer(e->opts->config->duration, 0);
	if (epoll_fd < 0 || check_fd < 0 || add_fd(epoll_fd, e->signal_fd) ||
	    add_fd(epoll_fd, check_fd) || add_fd(epoll_fd, sinks_fd(e->sinks)) ||
	    (e->end_fd >= 0 && add_fd(epoll_fd, e->end_fd)) ||
	    (launch_fd >= 0 && add_fd(epoll_fd, launch_fd)))
		return err_set(err, -errno, "cannot wait for events: %s", strerror(errno));
	while (!e->stop && !all_gone(e)) {
		struct epoll_event events[6];
		int n;

		if (engine_wait_for_records(e, epoll_fd))
			return err_set(err, -errno, "cannot wait for events: %s", strerror(errno));
		n = epoll_wait(epoll_fd, events, ARRAY_SIZE(events), patience(e));
		if (n < 0 && errno != EINTR)
			return err_set(err, -errno, "cannot wait for events: %s", strerror(errno));
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == e->signal_fd) {
				engine_on_signals(e);
			} else if (fd == e->end_fd) {
				engine_asked_to_end(e);
			} else if (fd == launch_fd) {
				launch_step(e->launch);
			} else if (fd == check_fd) {
				if (read(check_fd, &ticks, sizeof(ticks)) > 0)
					on_tick(e);
			} else if (fd == sinks_fd(e->sinks)) {
				sinks_changed(e->sinks);
			}
		}
		if (e->launch && launch_failed(e->launch, err))
			return -ENOEXEC;
		/* Asked to end: what is left in the ring is for engine_finish(), once the probes are gone. */
		if (e->stop)
			break;
		if (targets_are_undecided(e->targets) &&
		    clock_now_ns() - looked > LOOK_INTERVAL_MS * NSEC_PER_MSEC) {
			targets_look_again(e->targets);
			looked = clock_now_ns();
		}
		engine_consume(e);
		if (sinks_gone(e->sinks, err))
			return -EIO;
	}
	return 0;
}

/* Probes are taken away before the last look into the ring, so that nothing is left behind. */
static void engine_finish(struct engine *e)
{
	targets_end(e->targets);
	engine_write_out(e);
	engine_say_summary(e);
	targets_disarm(e->targets);
}

static void engine_fini(struct engine *e)
{
	launch_free(e->launch);
	targets_free(e->targets);
	sinks_free(e->sinks);
	if (e->end_fd >= 0)
		close(e->end_fd);
	pipeline_fini(&e->pipeline);
	kern_close(e->kern);
	worker_stop();
}

static int engine_start(struct engine *e, bool *kernel, struct err *err)
{
	const struct config *c = e->opts->config;
	struct sink_config outputs[CONFIG_OUTPUTS_MAX];
	struct targets_config targets = {
		.rules = e->opts->rules,
		.choice = plan_choice(c->probe, c->no_arm),
		.pids = c->pids.list,
		.nr_pids = c->pids.count,
	};
	int ret;

	worker_start(); /* while there is little to copy */
	inherited_raise_descriptors();
	e->request = config_request(c);
	e->pipeline = (struct pipeline){ .ops = &engine_pipeline_ops,
					 .ctx = e,
					 .rules = e->opts->rules,
					 .request = &e->request,
					 .wanted = c->count };
	if (pipeline_init(&e->pipeline))
		return err_set(err, -ENOMEM, "out of memory");
	ret = sinks_start(outputs, config_sinks(c, outputs), &e->sinks, err);
	if (ret)
		return err_prefix(err, -EIO, c->outputs.count ? "outputs" : "--output");
	if (c->no_arm && c->probe == PROBE_ARM)
		return err_set(err, -EINVAL, "--no-arm and --probe arm contradict each other");
	if (c->probe == PROBE_ARM && targets.choice.no_arm) {
		*kernel = true;
		return err_set(err, -EOPNOTSUPP, "%s", targets.choice.no_arm);
	}
	ret = kern_open(plan_kinds(targets.rules, &targets.choice), c->rate, &e->kern, err);
	if (ret) {
		*kernel = ret != -EMFILE;
		return ret;
	}
	ret = targets_new(e->kern, &targets, &e->targets, err);
	return ret ? ret : kern_on_record(e->kern, engine_record, e, err);
}

int engine_run(const struct engine_opts *opts, bool *kernel, struct err *err)
{
	struct engine e = { .opts = opts, .end_fd = -1 };
	_cleanup_close_ int signal_fd = signals_open();
	int ret, status;

	*kernel = false;
	e.signal_fd = signal_fd;
	e.had_terminal = signals_have_terminal();
	if (signal_fd < 0)
		return err_set(err, -errno, "cannot receive signals: %s", strerror(errno));
	ret = engine_start(&e, kernel, err);
	if (!ret)
		ret = engine_attach(&e, err);
	if (!ret) {
		ret = engine_loop(&e, err);
		if (!e.launch || !launch_failed(e.launch, NULL))
			engine_finish(&e);
		if (!ret)
			ret = sinks_error(e.sinks, err);
		if (!ret && opts->argv && !targets_are_ready(e.targets) &&
		    launch_ended(e.launch, &status))
			ret = err_set(
				err, -ENOEXEC,
				"%s ended, and no CPython was seen in it or in what it started",
				opts->argv[0]);
	}
	engine_fini(&e);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "engine/engine.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/inherited.h"
#include "base/signals.h"
#include "base/util.h"
#include "base/worker.h"
#include "base/loop.h"
#include "guard/guard.h"
#include "launch/launch.h"
#include "report/report.h"
#include "policy/plan.h"

/* The main thread traces processes, and starts and ends all; alerts are made by another one. */
struct engine {
	const struct engine_opts *opts;
	struct kern *kern;
	struct targets *targets;
	struct launch *launch; /* NULL: nothing was started */
	struct sinks *sinks;
	struct request_opts request;
	struct intake *intake;
	struct guard *guard; /* NULL: costs do not matter */
	struct report *report;
	struct reload *reload;
	struct loop loop;
	int signal_fd;	   /* SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD */
	bool had_terminal; /* of its session, at the start */
	bool stop, asked_to_end;
	bool ended; /* the probes are gone */
};

/* Seconds between looks whether targets are gone of which the kernel's word was lost. */
#define CHECK_INTERVAL 1
/* Milliseconds between looks at programs just exec'ed. */
#define LOOK_INTERVAL_MS 10
/* So long readers of alerts may still take, once the tracer was asked to end. */
#define PATIENCE_MS 1000

/* Somebody wants the tracer to end now. */
static void on_end(void *ctx)
{
	struct engine *e = ctx;

	e->stop = e->asked_to_end = true;
	/* To take the probes away is none of the readers' time. */
	if (e->ended)
		intake_hurry(e->intake, PATIENCE_MS);
}

/* What is in force may be another one now. */
static void engine_hang_up(struct engine *e)
{
	sinks_reopen(e->sinks, "SIGHUP");
	if (!e->ended)
		reload_ask(e->reload, "SIGHUP");
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
			on_end(e);
		else
			engine_hang_up(e);
		break;
	default:
		on_end(e);
	}
}

static void on_signals(void *ctx)
{
	struct engine *e = ctx;
	struct signalfd_siginfo si;

	while (read(e->signal_fd, &si, sizeof(si)) == sizeof(si))
		on_signal(e, si.ssi_signo);
	if (e->launch)
		launch_step(e->launch);
	else
		stops_collect(targets_stops(e->targets));
}

static void on_tick(void *ctx)
{
	struct engine *e = ctx;

	targets_tick(e->targets, !sinks_are_full(e->sinks));
	if (e->launch)
		launch_look_again(e->launch);
	if (!e->ended)
		reload_look(e->reload);
	if (targets_one_is_gone(e->targets))
		intake_roll_up(e->intake);
	sinks_watch(e->sinks);
	if (e->ended)
		sinks_let_go(e->sinks);
	if (e->guard && !e->ended)
		guard_tick(e->guard);
	report_tick(e->report);
}

static void on_result(void *ctx)
{
	struct engine *e = ctx;
	int fd = launch_result_fd(e->launch);

	launch_step(e->launch);
	/* It is closed once the result is known. */
	if (launch_result_fd(e->launch) < 0)
		loop_remove(&e->loop, fd);
}

static void on_records(void *ctx)
{
	struct engine *e = ctx;

	intake_trace(e->intake);
}

static void on_intake_over(void *ctx)
{
	struct engine *e = ctx;

	intake_heard(e->intake);
	e->stop = true;
}

static int engine_attach(struct engine *e, struct err *err)
{
	const struct engine_opts *o = e->opts;
	double duration = o->config->duration;
	int ret = 0;

	do {
		ret = loop_once(&e->loop, 0, err);
		if (!ret && !e->stop)
			ret = targets_attach_next(e->targets, err);
	} while (ret > 0);
	if (!ret)
		ret = loop_add(&e->loop, intake_trace_fd(e->intake), on_records, e, err);
	/* It is time under trace. */
	if (!ret && duration > 0)
		ret = loop_timer(&e->loop, duration, 0, on_end, e, err);
	if (ret || e->stop || !o->argv)
		return ret;
	ret = launch_start(e->kern, targets_stops(e->targets), o->argv, o->user,
			   targets_take_started, e->targets, &e->launch, err);
	if (ret)
		return ret;
	report_launched(e->report, e->launch);
	return loop_add(&e->loop, launch_result_fd(e->launch), on_result, e, err);
}

/* Is there nothing left that could be traced? */
static bool all_gone(const struct engine *e)
{
	int status;

	if (targets_are_alive(e->targets))
		return false;
	return !e->launch || (launch_ended(e->launch, &status) && !launch_followed(e->launch));
}

/* How long nothing need happen; ms. */
static int loop_patience(const struct engine *e)
{
	int ms = reload_wait(e->reload);

	if (!targets_are_undecided(e->targets))
		return ms;
	return ms < 0 ? LOOK_INTERVAL_MS : MIN(ms, LOOK_INTERVAL_MS);
}

static int engine_loop(struct engine *e, struct err *err)
{
	int64_t looked = 0;
	int ret = 0;

	while (!ret && !e->stop && !all_gone(e)) {
		report_ready(e->report);
		ret = loop_once(&e->loop, loop_patience(e), err);
		if (!ret && !e->stop)
			reload_go_on(e->reload);
		if (!ret && e->launch && launch_failed(e->launch, err))
			ret = -ENOEXEC;
		if (!ret && !e->stop && targets_are_undecided(e->targets) &&
		    clock_now_ns() - looked > LOOK_INTERVAL_MS * NSEC_PER_MSEC) {
			targets_look_again(e->targets);
			looked = clock_now_ns();
		}
	}
	return ret;
}

/* Probes are taken away before the last look into the ring, so that nothing is left behind. */
static void engine_finish(struct engine *e)
{
	struct err err;

	report_stopping(e->report);
	targets_end(e->targets);
	e->ended = true;
	if (e->asked_to_end)
		on_end(e);
	intake_finish(e->intake);
	while (!intake_is_over(e->intake) && !loop_once(&e->loop, -1, &err))
		;
	report_summary(e->report);
	targets_disarm(e->targets);
}

static void engine_fini(struct engine *e)
{
	intake_free(e->intake);
	reload_free(e->reload);
	report_free(e->report);
	guard_free(e->guard);
	launch_free(e->launch);
	targets_free(e->targets);
	sinks_free(e->sinks);
	loop_fini(&e->loop);
	kern_close(e->kern);
	worker_stop();
}

static int watch_events(struct engine *e, struct err *err)
{
	int ret = loop_add(&e->loop, e->signal_fd, on_signals, e, err);

	if (!ret)
		ret = loop_add(&e->loop, intake_over_fd(e->intake), on_intake_over, e, err);
	if (!ret)
		ret = loop_timer(&e->loop, CHECK_INTERVAL, CHECK_INTERVAL, on_tick, e, err);
	return ret
		       ?: report_watch(e->report,
				       &(struct report_parts){ .kern = e->kern,
							       .targets = e->targets,
							       .intake = e->intake,
							       .guard = e->guard },
				       err);
}

static int start_reload(struct engine *e, bool redacts, struct err *err)
{
	e->reload = reload_new(&(struct reload_config){ .load = e->opts->load,
							.ctx = e->opts->load_ctx,
							.config_file = e->opts->config_file,
							.targets = e->targets,
							.report = e->report,
							.intake = e->intake,
							.sinks = e->sinks,
							.guard = e->guard,
							.redacts = redacts },
			       e->opts->policy);
	return e->reload ? 0 : err_set(err, -ENOMEM, "out of memory");
}

static int engine_start(struct engine *e, bool *kernel, struct err *err)
{
	const struct config *c = e->opts->config;
	struct sink_config outputs[CONFIG_OUTPUTS_MAX];
	struct targets_config targets = {
		.choice = plan_choice(c->probe, c->no_arm),
		.pids = c->pids.list,
		.nr_pids = c->pids.count,
		.discovers = !e->opts->argv && !c->pids.count,
		.kube_logs = c->kube_logs ?: "/var/log",
		/* Who starts a tracer in a container says by it which machine this is. */
		.kube_node = c->kube_node ?: getenv("PHRUDE_HOST"),
		.kube_account = c->kube_account,
	};
	size_t nr_outputs = config_sinks(c, outputs);
	struct redact *redact = NULL;
	bool redacts;
	int ret;

	inherited_raise_priority();
	worker_start(); /* while there is little to copy */
	inherited_raise_descriptors();
	e->request = config_request(c);
	ret = sinks_start(outputs, nr_outputs, &e->sinks, err);
	if (ret)
		return err_prefix(err, -EIO, c->outputs.count ? "outputs" : "--output");
	ret = report_new(&(struct report_config){ .config = c,
						  .config_file = e->opts->config_file,
						  .sinks = e->sinks,
						  .discovers = targets.discovers,
						  .loop = &e->loop },
			 e->opts->policy, &e->report, err);
	if (ret)
		return ret;
	if (c->no_arm && c->probe == PROBE_ARM)
		return err_set(err, -EINVAL, "--no-arm and --probe arm contradict each other");
	if (c->probe == PROBE_ARM && targets.choice.no_arm) {
		*kernel = true;
		return err_set(err, -EOPNOTSUPP, "%s", targets.choice.no_arm);
	}
	ret = kern_open(plan_kinds(&e->opts->policy->rules, &targets.choice), c->rate,
			c->max_cpu > 0, &e->kern, err);
	if (ret) {
		*kernel = ret != -EMFILE;
		return ret;
	}
	ret = targets_new(e->kern, &targets, e->opts->policy, &e->targets, err);
	if (!ret && c->max_cpu > 0) {
		e->guard = guard_new(e->kern, e->targets, c->max_cpu / 100, c->sheds);
		ret = e->guard ? 0 : err_set(err, -ENOMEM, "out of memory");
	}
	if (!ret)
		ret = config_redactor(c, &redact, err);
	if (!ret && !redact)
		config_warn_unredacted();
	redacts = redact;
	if (!ret)
		ret = intake_start(
			&(struct intake_config){ .kern = e->kern,
						 .targets = e->targets,
						 .sinks = e->sinks,
						 .request = &e->request,
						 .redact = redact,
						 .counts = report_alert_counts(e->report),
						 .wanted = c->count,
						 .rate = c->limit },
			&e->intake, err);
	if (!ret)
		ret = start_reload(e, redacts, err);
	return ret ? ret : watch_events(e, err);
}

int engine_run(const struct engine_opts *opts, bool *kernel, struct err *err)
{
	struct engine e = { .opts = opts, .loop = LOOP_NONE };
	_cleanup_close_ int signal_fd = signals_open();
	int ret, status;

	*kernel = false;
	e.signal_fd = signal_fd;
	e.had_terminal = signals_have_terminal();
	if (signal_fd < 0)
		return err_set(err, -errno, "cannot receive signals: %s", strerror(errno));
	ret = loop_init(&e.loop, err);
	if (!ret)
		ret = engine_start(&e, kernel, err);
	if (!ret)
		ret = engine_attach(&e, err);
	if (!ret) {
		ret = engine_loop(&e, err);
		if (!e.launch || !launch_failed(e.launch, NULL))
			engine_finish(&e);
		if (!ret)
			ret = intake_error(e.intake, err);
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

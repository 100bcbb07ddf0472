// SPDX-License-Identifier: GPL-2.0-only
#include "engine/engine.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/inherited.h"
#include "base/log.h"
#include "base/util.h"
#include "base/worker.h"
#include "engine/engine_priv.h"
#include "policy/plan.h"

#define NSEC_PER_SEC 1000000000LL
/* Seconds between looks whether targets are gone of which the kernel's word was lost. */
#define CHECK_INTERVAL 1
/* Milliseconds between looks at programs just exec'ed. */
#define LOOK_INTERVAL_MS 10

static int64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* Every key and prefilter bit of the rules to the kernel side. */
static int engine_watch(struct engine *e, struct err *err)
{
	const struct rule_set *rules = e->opts->rules;

	for (size_t i = 0; i < rules->nr_rules; i++) {
		struct phrude_target_key keys[8];
		size_t n = rule_target_keys(&rules->rules[i], keys, ARRAY_SIZE(keys));
		int bit = rule_prefilter_bit(&rules->rules[i]);
		int ret = kern_watch(e->kern, (enum phrude_level)rules->rules[i].level, keys, n,
				     &bit, 1, err);

		if (ret)
			return ret;
		if (bit >= 0)
			e->names[bit / 64] |= 1ULL << bit % 64;
		if (rules->rules[i].condition)
			kern_expect_dismissals(e->kern);
	}
	return 0;
}

/* launch_look_fn */
static bool look(void *ctx, pid_t pid, uint64_t thread_pointer)
{
	struct engine *e = ctx;
	struct err err;
	int ret;

	if (e->ending)
		return false;
	ret = engine_add_target(e, pid, thread_pointer, &err);
	if (ret == 0) {
		if (!e->ready)
			engine_say_ready(e);
		return true;
	}
	if (ret != -ENOEXEC && ret != -ESRCH && ret != -EAGAIN)
		log_warn("pid %d is not traced: %s", pid, err.msg);
	return false;
}

static int engine_attach(struct engine *e, struct err *err)
{
	const struct engine_opts *o = e->opts;
	const struct config *c = o->config;
	int ret = 0;

	engine_expect_targets(e);
	for (size_t i = 0; i < c->pids.count; i++) {
		if (processes_find(&e->processes, c->pids.list[i]))
			continue;
		ret = engine_add_target(e, c->pids.list[i], 0, err);
		/* One that does not answer must not keep the others from being traced. */
		if (ret == -ETIMEDOUT && c->pids.count > 1) {
			log_warn("%s", err->msg);
			continue;
		}
		if (ret)
			return ret;
	}
	if (c->pids.count && !e->processes.count)
		return ret;
	if (o->argv)
		return launch_start(e->kern, &e->stops, o->argv, o->user, look, e, &e->launch, err);
	engine_take_children(e);
	engine_say_ready(e);
	return 0;
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

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	/* Blocked, it would come in spite of nohup. */
	if (!inherited_ignores(SIGHUP))
		sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Ignored, it would have the kernel reap what is to be waited for. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void on_tick(struct engine *e)
{
	/* What processes left in the ring is read before they are forgotten. */
	if (!sinks_are_full(e->sinks))
		engine_check_targets(e);
	engine_say_refused(e);
	elf_files_collect();
	groups_collect(&e->groups, &e->processes, e->direct, clock_ns(CLOCK_MONOTONIC) / 1000000);
	if (e->launch)
		launch_look_again(e->launch);
}

/* Is there nothing left that could be traced? */
static bool all_gone(const struct engine *e)
{
	int status;

	if (processes_alive(&e->processes))
		return false;
	return !e->launch || (launch_ended(e->launch, &status) && !launch_followed(e->launch));
}

/* How long epoll may wait, in ms; -1: for ever. */
static int patience(const struct engine *e)
{
	if (kern_polling(e->kern) && !sinks_are_full(e->sinks))
		return KERN_POLL_MS;
	return e->undecided ? LOOK_INTERVAL_MS : -1;
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
		if (e->undecided &&
		    clock_ns(CLOCK_MONOTONIC) - looked > LOOK_INTERVAL_MS * 1000000LL) {
			engine_look_again(e);
			looked = clock_ns(CLOCK_MONOTONIC);
		}
		engine_consume(e);
		if (sinks_gone(e->sinks, err))
			return -EIO;
	}
	return 0;
}

/* What covers all processes. */
static void engine_detach_all(struct engine *e)
{
	e->places_refused += direct_probes_refused(e->direct);
	direct_probes_free(e->direct);
	e->direct = NULL;
	groups_detach(&e->groups);
}

/* Probes are taken away before the last look into the ring, so that nothing is left behind. */
static void engine_finish(struct engine *e)
{
	e->ending = true;
	kern_stop(e->kern);
	for (size_t i = 0; i < PROCESS_BUCKETS; i++) {
		for (struct process *p = e->processes.buckets[i]; p; p = p->next) {
			for (int k = 0; k < NR_PROBES; k++) {
				attachment_free(p->attachments[k]);
				p->attachments[k] = NULL;
			}
			arm_free(p->arming);
			p->arming = NULL;
		}
	}
	engine_detach_all(e);
	kern_wait_released(e->kern);
	engine_write_out(e);
	engine_say_summary(e);
	engine_disarm(e);
}

static void engine_fini(struct engine *e)
{
	launch_free(e->launch);
	engine_detach_all(e);
	groups_fini(&e->groups);
	processes_fini(&e->processes);
	sinks_free(e->sinks);
	if (e->end_fd >= 0)
		close(e->end_fd);
	pipeline_fini(&e->pipeline);
	free(e->import_numbers);
	armer_free(e->armer);
	kern_close(e->kern);
	worker_stop();
}

/* Each target may need some.  What `run` starts gets the limit that was there before (base/inherited.h). */
#define DESCRIPTORS 65536

static void raise_descriptors(void)
{
	struct rlimit limit, more = { DESCRIPTORS, DESCRIPTORS };

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= DESCRIPTORS)
		return;
	/* Past the hard limit only with privilege. */
	if (limit.rlim_max >= DESCRIPTORS)
		more.rlim_max = limit.rlim_max;
	if (!setrlimit(RLIMIT_NOFILE, &more))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int engine_start(struct engine *e, bool *kernel, struct err *err)
{
	const struct config *c = e->opts->config;
	struct sink_config outputs[CONFIG_OUTPUTS_MAX];
	uint32_t kinds;
	int ret;

	worker_start(); /* while there is little to copy */
	raise_descriptors();
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
	e->choice = plan_choice(c->probe, c->no_arm);
	if (c->probe == PROBE_ARM && e->choice.no_arm) {
		*kernel = true;
		return err_set(err, -EOPNOTSUPP, "%s", e->choice.no_arm);
	}
	kinds = plan_kinds(e->opts->rules, &e->choice);
	ret = kern_open(kinds, c->rate, &e->kern, err);
	if (ret) {
		*kernel = ret != -EMFILE;
		return ret;
	}
	e->groups.kern = e->kern;
	e->direct = direct_probes_new(e->kern);
	if (!e->direct)
		return err_set(err, -ENOMEM, "out of memory");
	if (kern_is_sleepable(e->kern))
		ret = armer_new(e->kern, &e->armer, err);
	if (!ret)
		ret = kern_on_record(e->kern, engine_record, e, err);
	if (!ret)
		ret = engine_watch(e, err);
	return ret ? ret : engine_expect_imports(e, err);
}

int engine_run(const struct engine_opts *opts, bool *kernel, struct err *err)
{
	struct engine e = { .opts = opts, .end_fd = -1 };
	_cleanup_close_ int signal_fd = open_signals();
	int ret, status;

	*kernel = false;
	e.signal_fd = signal_fd;
	e.had_terminal = engine_has_terminal();
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
		if (!ret && opts->argv && !e.ready && launch_ended(e.launch, &status))
			ret = err_set(
				err, -ENOEXEC,
				"%s ended, and no CPython was seen in it or in what it started",
				opts->argv[0]);
	}
	engine_fini(&e);
	return ret;
}

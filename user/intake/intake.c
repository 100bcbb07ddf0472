// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread that turns records into alerts: what becomes of it while the outputs are full, and at
 * the end.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event_fd.h"
#include "base/util.h"
#include "intake/intake_priv.h"

/*
 * A program that is held up for longer than the kernel side reckons with (kern_polling()) puts its
 * record into the ring without a word: there is a look every now and then.
 */
#define LOOK_MS 250
/*
 * Once there is nothing else to be waited for, how often it is looked whether the other thread is
 * done with its records.
 */
#define RELAY_POLL_MS 10

static void on_wake(void *ctx)
{
	struct intake *in = ctx;

	event_fd_take(in->wake_fd);
}

static void on_resume(void *ctx)
{
	struct intake *in = ctx;

	event_fd_take(relay_resume_fd(in->relay));
}

static void on_outputs(void *ctx)
{
	struct intake *in = ctx;

	sinks_changed(in->config.sinks);
}

/* Records are read after each wait. */
static void on_records(void *ctx)
{
}

static int watch_events(struct intake *in)
{
	int ret = loop_add(&in->loop, in->wake_fd, on_wake, in, &in->err);

	if (!ret)
		ret = loop_add(&in->loop, sinks_fd(in->config.sinks), on_outputs, in, &in->err);
	if (!ret)
		ret = loop_add(&in->loop, relay_resume_fd(in->relay), on_resume, in, &in->err);
	return ret;
}

/* Has the loop wait for records, if these are to be read. */
static int watch_ring(struct intake *in, bool wanted)
{
	if (wanted == in->waits_for_ring)
		return 0;
	in->waits_for_ring = wanted;
	if (wanted)
		return loop_add(&in->loop, kern_ring_fd(in->config.kern), on_records, in, &in->err);
	loop_remove(&in->loop, kern_ring_fd(in->config.kern));
	return 0;
}

/*
 * When there is nobody to take alerts records stay where they are: the kernel side shares out what
 * room there is among processes, and counts those that find none.
 */
static int consume_records(struct intake *in)
{
	int ret = 0;

	intake_take_change(in);
	intake_resume(in);
	if (intake_may_read(in) && !relay_is_full(in->relay))
		ret = kern_consume(in->config.kern);
	if (atomic_exchange(&in->roll_up, false))
		pipeline_hurry(&in->pipeline);
	intake_write_held(in, clock_now_ns());
	sinks_flush(in->config.sinks);
	return ret;
}

/* Waits for `ms` at the most; that it does so is known to the other thread. */
static int wait_for_any(struct intake *in, int ms)
{
	int ret;

	atomic_store(&in->waits, true);
	ret = loop_once(&in->loop, ms, &in->err);
	atomic_fetch_add(&in->turns, 1);
	atomic_store(&in->waits, false);
	return ret;
}

/* How long nothing need come, in ms; -1: any time. */
static int ring_patience(const struct intake *in, bool may_read)
{
	if (!may_read)
		return -1;
	return kern_polling(in->config.kern) ? KERN_POLL_MS : LOOK_MS;
}

static int read_until_told(struct intake *in)
{
	int ret = 0;

	while (!ret && atomic_load(&in->task) == INTAKE_READS &&
	       !pipeline_has_enough(&in->pipeline)) {
		bool may_read = intake_may_read(in) && !relay_is_full(in->relay);

		ret = watch_ring(in, may_read);
		if (!ret)
			ret = wait_for_any(in, ring_patience(in, may_read));
		/*
		 * Told to finish: what is left in the ring is for afterwards, when the probes are
		 * gone.
		 */
		if (ret || atomic_load(&in->task) != INTAKE_READS)
			break;
		consume_records(in);
		ret = sinks_gone(in->config.sinks, &in->err);
	}
	return ret;
}

/*
 * Waits until outputs have something new to tell.  What they are waited for after somebody was in a
 * hurry is summed up: the time in which nobody waits for them is not theirs.
 */
static void wait_for_outputs(struct intake *in)
{
	int64_t patience = atomic_load(&in->patience_ms);
	int64_t left = patience - in->waited_ms, start = clock_now_ms();

	in->late = patience && left <= 0;
	if (in->late)
		return;
	wait_for_any(in, patience ? (int)left : -1);
	if (patience)
		in->waited_ms += clock_now_ms() - start;
}

/* Until outputs have room again, or nobody waits for them any more. */
static void wait_for_room(struct intake *in)
{
	while (!intake_may_read(in) && !pipeline_has_enough(&in->pipeline) &&
	       atomic_load(&in->task) == INTAKE_FINISHES)
		wait_for_outputs(in);
}

/* The other thread goes on handling what it was handed. */
static void consume_all(struct intake *in)
{
	bool more;

	do {
		wait_for_room(in);
		more = consume_records(in) == -ECANCELED;
		if (!more && !relay_is_empty(in->relay)) {
			more = true;
			wait_for_any(in, RELAY_POLL_MS);
		}
	} while (more && !pipeline_has_enough(&in->pipeline) &&
		 atomic_load(&in->task) == INTAKE_FINISHES);
}

/* Nothing more comes that it could stand for. */
static void write_all_held(struct intake *in)
{
	do {
		wait_for_room(in);
		intake_write_held(in, INT64_MAX);
		sinks_flush(in->config.sinks);
	} while (pipeline_holds(&in->pipeline) && !pipeline_has_enough(&in->pipeline) &&
		 atomic_load(&in->task) == INTAKE_FINISHES);
	pipeline_give_up(&in->pipeline);
}

/*
 * A reader of alerts who is behind is waited for until somebody asks to end, and then for a second;
 * what he has not taken by then is lost and counted.
 */
static void write_out(struct intake *in)
{
	if (!pipeline_has_enough(&in->pipeline))
		consume_all(in);
	write_all_held(in);
	sinks_finish(in->config.sinks);
	while (!sinks_are_finished(in->config.sinks) && !in->late &&
	       atomic_load(&in->task) == INTAKE_FINISHES)
		wait_for_outputs(in);
	sinks_give_up(in->config.sinks);
}

static void *intake_main(void *arg)
{
	struct intake *in = arg;

	in->ret = watch_events(in);
	if (!in->ret)
		in->ret = read_until_told(in);
	event_fd_tell(in->over_fd);
	watch_ring(in, false);
	while (atomic_load(&in->task) == INTAKE_READS && !wait_for_any(in, -1))
		;
	if (atomic_load(&in->task) == INTAKE_FINISHES)
		write_out(in);
	atomic_store(&in->over, true);
	event_fd_tell(in->over_fd);
	return NULL;
}

static void set_task(struct intake *in, enum intake_task task)
{
	atomic_store(&in->task, task);
	event_fd_tell(in->wake_fd);
}

static int start_thread(struct intake *in, struct err *err)
{
	int ret = loop_init(&in->loop, err);

	if (!ret)
		ret = relay_new(&in->relay, err);
	if (ret)
		return ret;
	in->wake_fd = event_fd_open(err);
	in->over_fd = event_fd_open(err);
	if (in->wake_fd < 0 || in->over_fd < 0)
		return MIN(in->wake_fd, in->over_fd);
	if (pipeline_init(&in->pipeline))
		return err_set(err, -ENOMEM, "out of memory");
	ret = kern_on_record(in->config.kern, intake_read, in, err);
	if (ret)
		return ret;
	/* All signals that anybody waits for are blocked already. */
	ret = -pthread_create(&in->thread, NULL, intake_main, in);
	if (ret)
		return err_set(err, ret, "cannot start a thread: %s", strerror(-ret));
	pthread_setname_np(in->thread, "phrude-alerts");
	in->running = true;
	return 0;
}

int intake_start(const struct intake_config *config, struct intake **out, struct err *err)
{
	_cleanup_(intake_freep) struct intake *in = calloc(1, sizeof(*in));
	int ret;

	if (!in) {
		redact_free(config->redact);
		return err_set(err, -ENOMEM, "out of memory");
	}
	*in = (struct intake){
		.config = *config,
		.pipeline = { .ops = &intake_pipeline_ops,
			      .ctx = in,
			      .request = config->request,
			      .redact = config->redact,
			      .wanted = config->wanted,
			      .rate = config->rate },
		.arena.limit = PIPELINE_ARENA_LIMIT,
		.loop = LOOP_NONE,
		.wake_fd = -1,
		.over_fd = -1,
	};
	ret = start_thread(in, err);
	if (!ret)
		*out = TAKE_PTR(in);
	return ret;
}

void intake_free(struct intake *in)
{
	if (!in)
		return;
	set_task(in, INTAKE_QUITS);
	if (in->running)
		pthread_join(in->thread, NULL);
	loop_fini(&in->loop);
	if (in->wake_fd >= 0)
		close(in->wake_fd);
	if (in->over_fd >= 0)
		close(in->over_fd);
	/* The thread may have taken one that nobody has heard of yet. */
	if (intake_is_changing(in))
		intake_change_fini(&in->change);
	redact_free(in->config.redact);
	pipeline_fini(&in->pipeline);
	arena_fini(&in->arena);
	relay_free(in->relay);
	free(in);
}

int intake_trace_fd(const struct intake *in)
{
	return relay_take_fd(in->relay);
}

int intake_over_fd(const struct intake *in)
{
	return in->over_fd;
}

void intake_heard(struct intake *in)
{
	event_fd_take(in->over_fd);
}

void intake_finish(struct intake *in)
{
	set_task(in, INTAKE_FINISHES);
}

void intake_roll_up(struct intake *in)
{
	atomic_store(&in->roll_up, true);
	event_fd_tell(in->wake_fd);
}

void intake_hurry(struct intake *in, unsigned int ms)
{
	atomic_store(&in->patience_ms, ms);
	event_fd_tell(in->wake_fd);
}

bool intake_moves(const struct intake *in, unsigned long *asked)
{
	unsigned long turns = atomic_load(&in->turns);
	bool moves = turns != *asked || atomic_load(&in->waits) || atomic_load(&in->over);

	*asked = turns;
	return moves;
}

bool intake_is_over(const struct intake *in)
{
	return atomic_load(&in->over);
}

int intake_error(const struct intake *in, struct err *err)
{
	return in->ret ? err_set(err, in->ret, "%s", in->err.msg) : 0;
}

void intake_count(const struct intake *in, uint64_t values[NR_COUNTERS])
{
	values[COUNTER_alerts] = in->pipeline.alerts;
	values[COUNTER_suppressed] = in->pipeline.suppressed;
	values[COUNTER_rolled_up] = in->pipeline.rolled_up;
	values[COUNTER_held] = in->pipeline.held_lost;
	values[COUNTER_lines_unknown] = in->pipeline.lines_unknown;
	intake_count_redacted(in, values);
	values[COUNTER_malformed] = atomic_load(&in->malformed);
}

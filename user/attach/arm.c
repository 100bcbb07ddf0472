// SPDX-License-Identifier: GPL-2.0-only
#include "attach/arm.h"
#include "attach/fetch_pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "base/worker.h"
#include "kern/holds.h"
#include "py/py_arm.h"
#include "py/py_arm_worker.h"

/*
 * How long a thread of the target may be held for what is pending; the rest is done at the next
 * hit.
 */
#define ENOUGH_NS (4 * 1000 * 1000)
/* How long to wait for the process to enter a function, before others are attended to. */
#define WAIT_MS 50
#define POLL_MS 100
/* Before the end of the time that a thread is held at most. */
#define MARGIN_NS (20 * 1000 * 1000)

/*
 * How long memory may take to answer while a thread is held, and how long it is not asked again if
 * it did not.
 */
#define ANSWER_MS 8
#define DEAF_NS (1000ULL * 1000 * 1000)

struct deaf {
	pid_t pid;
	uint64_t until;
};

struct armer {
	struct kern *kern;
	struct kern_requests *requests;
	struct holds *holds;
	pthread_t thread;
	bool started;
	atomic_bool stop;
	pthread_mutex_t lock; /* of the list and of what is in it */
	struct arming *list;
	struct fetch_pool *fetches;
	atomic_uint_least64_t given_up, late, cut;
	/* of our thread */
	struct deaf deaf[64];
	struct py_arm_item items[PY_ARM_ITEMS_MAX];
};

struct arming {
	struct arming *next;
	struct armer *armer;
	pid_t pid;
	struct attachment *hot;
	struct py_codes codes;
	uint64_t interpreters; /* as struct py_arm_job has them */
	uint16_t interp_next;
	bool undo;
	bool new_version; /* still to be made */
	size_t left;	  /* of codes: those that come first */
	size_t done, gone, failed, shared;
	atomic_bool finished;
};

static uint32_t left_of(const struct arming *a)
{
	return a->left + a->new_version;
}

static struct py_arm_job job_of(const struct armer *armer, const struct ev_hold *asked)
{
	struct py_arm_job job = { .pid = (pid_t)asked->hdr.pid,
				  .minor = asked->arm.minor,
				  .type_code = asked->arm.type_code,
				  .interp = asked->arm.interp,
				  .until = holds_until(asked) - MARGIN_NS,
				  .enough = asked->hdr.time_ns + ENOUGH_NS };

	job.state = holds_state(armer->holds, asked, &job.taken);
	return job;
}

/* Has it done, unless the process's memory has not answered lately. */
static int run_job(struct armer *armer, uint32_t target, struct py_arm_job *job)
{
	struct deaf *d = &armer->deaf[(unsigned int)job->pid % ARRAY_SIZE(armer->deaf)];
	uint64_t now = clock_now_ns();
	int ret;

	if (d->pid == job->pid && now < d->until) {
		atomic_fetch_add(&armer->given_up, 1);
		return -ETIMEDOUT;
	}
	worker_works_for(target);
	ret = py_arm_run(job, armer->items, ANSWER_MS);
	if (ret == -ETIMEDOUT || ret == -EAGAIN) {
		atomic_fetch_add(&armer->given_up, 1);
		*d = (struct deaf){ .pid = job->pid, .until = clock_now_ns() + DEAF_NS };
	}
	if (job->late)
		atomic_fetch_add(&armer->late, 1);
	return ret;
}

/*
 * The thread that asked is held: does what there is to do, but for the code object that it is just
 * entering.
 */
static void arm_existing(struct arming *a, const struct ev_hold *asked)
{
	struct py_arm_job job = job_of(a->armer, asked);
	size_t from[PY_ARM_ITEMS_MAX], i = a->left;

	job.undo = a->undo;
	job.interpreters = a->interpreters;
	job.interp_next = a->interp_next;
	job.new_version = a->new_version && !asked->arm.watched;
	while (i-- > 0 && job.count < PY_ARM_ITEMS_MAX) {
		const struct py_code *code = &a->codes.list[i];

		if (code->addr == asked->arm.code)
			continue;
		from[job.count] = i;
		a->armer->items[job.count++] =
			(struct py_arm_item){ code->addr, code->entry, code->name, 0 };
	}
	run_job(a->armer, asked->target, &job);
	if (!asked->arm.watched)
		a->new_version = job.new_version;
	/*
	 * From the end on, so that what takes the place of one that is done is none that is still
	 * to be counted.
	 */
	for (size_t k = 0; k < job.done; k++) {
		int ret = a->armer->items[k].result;

		if (ret == -ESTALE)
			a->gone++;
		else if (ret)
			a->failed++;
		else
			a->done++;
		a->codes.list[from[k]] = a->codes.list[--a->left];
	}
	if (job.shared) {
		a->shared += a->left;
		a->left = 0;
		if (!a->undo)
			atomic_fetch_add(&a->armer->given_up, 1);
	}
	kern_arm_set_pending(a->armer->kern, a->pid, left_of(a));
	if (!left_of(a))
		atomic_store(&a->finished, true);
}

/* The function that the thread is just entering: was it armed? */
static bool arm_one(struct armer *armer, const struct ev_hold *asked)
{
	struct py_arm_job job = job_of(armer, asked);

	job.enough = job.until;
	job.count = 1;
	armer->items[0] = (struct py_arm_item){ asked->arm.code, asked->arm.instr, 0, 0 };
	return !run_job(armer, asked->target, &job) && job.done && !armer->items[0].result;
}

static struct arming *find_unfinished(struct armer *armer, pid_t pid)
{
	struct arming *a = armer->list;

	while (a && (a->pid != pid || atomic_load(&a->finished)))
		a = a->next;
	return a;
}

/* An interpreter begins: was its version set? */
static bool make_version(struct armer *armer, const struct ev_hold *asked)
{
	struct py_arm_job job = job_of(armer, asked);

	job.new_version = true;
	return !run_job(armer, asked->target, &job) && !job.new_version;
}

/* What the thread that is held has asked for: is it done? */
static bool do_asked(struct armer *armer, const struct ev_hold *asked)
{
	struct arming *a;

	switch (asked->arm.why) {
	case ARM_UNARMED:
		return arm_one(armer, asked);
	case ARM_VERSION:
		return make_version(armer, asked);
	default:
		a = find_unfinished(armer, (pid_t)asked->hdr.pid);
		if (a)
			arm_existing(a, asked);
		return true;
	}
}

/* kern_request_fn */
static void answer_request(void *ctx, const struct ev_hold *asked)
{
	struct armer *armer = ctx;

	if (asked->kind == HOLD_FETCH) {
		fetch_pool_ask(armer->fetches, asked);
		return;
	}
	pthread_mutex_lock(&armer->lock);
	if (holds_take(armer->holds, asked)) {
		if (do_asked(armer, asked))
			holds_answer(armer->holds, asked, 0);
		else
			holds_give_up(armer->holds, asked);
	}
	pthread_mutex_unlock(&armer->lock);
}

/* The first job of a new process would be slowed down by its page faults. */
static void warm_up(void)
{
	static const uint64_t never_held;
	struct py_arm_job job = { .pid = getpid(), .state = &never_held, .taken = 1 };

	for (int i = 0; i < 3; i++)
		py_arm_run(&job, NULL, WORKER_PATIENCE_MS);
}

static void *armer_main(void *ctx)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct armer *armer = ctx;

	/*
	 * A thread of a target waits for every answer.  Not being allowed to makes it wait longer
	 * under load.
	 */
	pthread_setschedparam(pthread_self(), SCHED_RR, &first);
	warm_up();
	while (!atomic_load(&armer->stop))
		kern_requests_poll(armer->requests, POLL_MS);
	worker_stop();
	return NULL;
}

int armer_new(struct kern *kern, struct armer **out, struct err *err)
{
	_cleanup_(armer_freep) struct armer *armer = calloc(1, sizeof(*armer));
	int ret;

	if (!armer)
		return err_set(err, -ENOMEM, "out of memory");
	armer->kern = kern;
	armer->holds = kern_holds(kern);
	pthread_mutex_init(&armer->lock, NULL);
	ret = kern_requests_open(kern, answer_request, armer, &armer->requests, err);
	if (ret)
		return ret;
	armer->fetches = fetch_pool_new(armer->holds);
	if (!armer->fetches)
		return err_set(err, -ENOMEM, "cannot start the threads that fetch pages");
	ret = -pthread_create(&armer->thread, NULL, armer_main, armer);
	if (ret)
		return err_set(err, ret, "cannot start a thread: %s", strerror(-ret));
	armer->started = true;
	*out = TAKE_PTR(armer);
	return 0;
}

void armer_free(struct armer *armer)
{
	if (!armer)
		return;
	atomic_store(&armer->stop, true);
	if (armer->started)
		pthread_join(armer->thread, NULL);
	fetch_pool_free(armer->fetches);
	kern_requests_close(armer->requests);
	pthread_mutex_destroy(&armer->lock);
	free(armer);
}

void armer_losses(const struct armer *armer, uint64_t *given_up, uint64_t *late, uint64_t *cut)
{
	*cut = armer ? atomic_load(&armer->cut) : 0;
	*given_up = armer ? atomic_load(&armer->given_up) : 0;
	*late = armer ? atomic_load(&armer->late) : 0;
}

static void wait_a_little(const struct arming *a)
{
	static const struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < WAIT_MS && !arm_is_done(a); i++)
		nanosleep(&ms, NULL);
}

static int begin_arming(struct armer *armer, const struct arm_process *target, bool undo,
			struct arming **out, struct err *err)
{
	const struct py_interp *interp = target->interp;
	_cleanup_(arm_freep) struct arming *a = calloc(1, sizeof(*a));
	const struct py_arm_target t = { .mem = -1, .layout = &interp->proc.layout };
	uint64_t start = clock_now_ns();
	int ret;

	*out = NULL;
	if (!a)
		return err_set(err, -ENOMEM, "out of memory");
	a->armer = armer;
	a->pid = interp->pid;
	a->undo = undo;
	a->new_version = !undo && py_arm_wants_new_version(&t);
	if (interp->facts->gil_each) {
		a->interpreters = interp->runtime + interp->runtime_layout.interpreters_head;
		a->interp_next = interp->runtime_layout.interp_next;
	}
	ret = py_codes_find(interp, target->wanted, target->ctx, &a->codes, err);
	if (ret)
		return ret;
	a->left = a->codes.count;
	if (a->codes.cut) {
		atomic_fetch_add(&armer->cut, a->codes.cut);
		log_warn("pid %d: its memory has more that looks like functions than can be gone "
			 "into: %zu of these are left out, and calls of functions that a rule "
			 "names may be missed",
			 a->pid, a->codes.cut);
	}
	log_debug(
		"pid %d: %zu of %zu code objects are to be %s (%llu MiB looked through in %llu ms)",
		a->pid, a->left, a->codes.seen, undo ? "disarmed" : "armed",
		(unsigned long long)a->codes.bytes >> 20,
		(unsigned long long)(clock_now_ns() - start) / 1000000);
	if (!a->left && !a->new_version)
		return 0;
	pthread_mutex_lock(&armer->lock);
	a->next = armer->list;
	armer->list = a;
	pthread_mutex_unlock(&armer->lock);
	ret = kern_arm_set_pending(armer->kern, a->pid, left_of(a));
	if (ret)
		return err_set(err, ret, "cannot pass pid %d to the kernel: %s", a->pid,
			       strerror(-ret));
	ret = attach_process(armer->kern, a->pid, target->group, target->file, PROBE_ARM,
			     target->sites, target->nr_sites, 1u << PY_SITE_HOT, &a->hot, err);
	if (ret)
		return ret;
	if (target->patient)
		wait_a_little(a);
	if (!arm_is_done(a))
		*out = TAKE_PTR(a);
	return 0;
}

int arm_begin(struct armer *armer, const struct arm_process *target, struct arming **out,
	      struct err *err)
{
	return begin_arming(armer, target, false, out, err);
}

int arm_undo(struct armer *armer, const struct arm_process *target, struct arming **out,
	     struct err *err)
{
	return begin_arming(armer, target, true, out, err);
}

bool arm_is_done(const struct arming *a)
{
	return atomic_load(&a->finished);
}

static void unlist(struct arming *a)
{
	struct arming **at;

	pthread_mutex_lock(&a->armer->lock);
	for (at = &a->armer->list; *at && *at != a; at = &(*at)->next)
		;
	if (*at)
		*at = a->next;
	pthread_mutex_unlock(&a->armer->lock);
}

void arm_free(struct arming *a)
{
	if (!a)
		return;
	if (a->armer) {
		unlist(a);
		kern_arm_set_pending(a->armer->kern, a->pid, 0);
		log_debug("pid %d: %zu functions %s, %zu gone, %zu left", a->pid, a->done,
			  a->undo ? "disarmed" : "armed", a->gone, a->left);
		if (a->failed)
			log_warn("pid %d: %zu functions could not be %s: its memory cannot be "
				 "written; --no-arm does without",
				 a->pid, a->failed, a->undo ? "disarmed" : "armed");
	}
	if (a->shared && !a->undo)
		log_warn("pid %d: %zu functions are not armed, and calls of them may be missed: it "
			 "has made "
			 "sub-interpreters meanwhile, whose threads run beside others; --no-arm "
			 "does without",
			 a->pid, a->shared);
	attachment_free(a->hot);
	py_codes_fini(&a->codes);
	free(a);
}

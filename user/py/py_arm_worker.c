// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_arm_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/worker.h"
#include "py/py_arm.h"
#include "bpf/abi/pylayout.h"
#include "py/interp.h"

/* What stands in the area. */
struct arm_call {
	struct py_arm_job job;
	struct py_arm_item items[PY_ARM_ITEMS_MAX];
};
_Static_assert(sizeof(struct arm_call) <= WORKER_AREA, "a job fits into a worker's area");

static bool is_held(void *ctx)
{
	const struct py_arm_job *job = ctx;

	return __atomic_load_n(job->state, __ATOMIC_SEQ_CST) == job->taken &&
	       (uint64_t)clock_now_ns() < job->until;
}

static int open_memory(pid_t pid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int do_items(struct arm_call *c, const struct py_arm_target *t)
{
	struct py_arm_job *job = &c->job;

	/*
	 * A version that changes while a function enters could have it enter, and be seen, twice.
	 */
	if (job->new_version && !py_arm_new_version(t))
		job->new_version = false;
	if (job->count && job->interpreters) {
		bool alone;
		int ret = py_arm_is_alone(t, job->interpreters, job->interp_next, &alone);

		if (ret)
			return ret;
		job->shared = !alone;
		if (job->shared)
			return 0;
	}
	while (job->done < job->count && (uint64_t)clock_now_ns() < job->enough) {
		struct py_arm_item *i = &c->items[job->done];

		i->result = job->undo ? py_disarm(t, i->code, i->instr, i->name)
				      : py_arm(t, i->code, i->instr, i->name);
		if (i->result == -ETIMEDOUT)
			return -ECANCELED;
		job->done++;
	}
	return 0;
}

static int do_arm(struct worker_call *call)
{
	struct arm_call *c = call->area;
	_cleanup_close_ int mem = open_memory(c->job.pid);
	struct py_layout layout;
	const struct py_arm_target t = { .mem = mem,
					 .layout = &layout,
					 .type_code = c->job.type_code,
					 .interp = c->job.interp,
					 .held = is_held,
					 .ctx = &c->job };
	int ret = mem < 0 ? mem : py_layout_get(c->job.minor, &layout);

	if (ret)
		return ret;
	/* Held before and now: it was that thread's memory which was opened. */
	if (!is_held(&c->job))
		return -ECANCELED;
	ret = do_items(c, &t);
	c->job.late = c->job.done && !is_held(&c->job);
	return ret;
}

int py_arm_run(struct py_arm_job *job, struct py_arm_item *items, unsigned int ms)
{
	struct arm_call *c = worker_area();
	int ret;

	if (!c)
		return -EAGAIN;
	job->done = 0;
	job->late = job->shared = false;
	c->job = *job;
	if (job->count)
		memcpy(c->items, items, job->count * sizeof(*items));
	ret = worker_run(do_arm, ms, -1, NULL);
	if (ret && ret != -ECANCELED)
		return ret;
	*job = c->job;
	if (job->count)
		memcpy(items, c->items, job->count * sizeof(*items));
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rounds through all processes, for what the kernel side does not tell of changes: users, on a
 * kernel that has no kprobes, or whatever was too much at once.  They go on in a hundredth of the
 * time, so that nothing else waits for them, and note for a look who has another user than at the
 * last round.
 */
#include <dirent.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/util.h"
#include "targets/targets_priv.h"

/* Of each second. */
#define ROUND_NS (10 * NSEC_PER_MSEC)

struct seen {
	pid_t pid;
	uid_t uid;
	uint64_t start;
};

struct round {
	DIR *dir; /* NULL: none is going on */
	bool all; /* of this one each is noted */
	struct seen *last, *now;
	size_t nr_last, nr_now;
	uint64_t untold; /* changes, by the kernel side, when the last one began */
};

static int compare_seen(const void *a, const void *b)
{
	const struct seen *one = a, *other = b;

	return one->pid < other->pid ? -1 : one->pid > other->pid;
}

static void look_at_next(struct targets *t, struct round *r, pid_t pid)
{
	struct seen one = { .pid = pid, .uid = (uid_t)-1 }, *before, *more;

	if (proc_stat(pid, &one.start, NULL, NULL) || proc_uid(pid, &one.uid))
		return;
	before = bsearch(&one, r->last, r->nr_last, sizeof(one), compare_seen);
	if (r->all || !before || before->uid != one.uid || before->start != one.start)
		targets_note_changing(t, pid, true);
	more = reallocarray(r->now, r->nr_now + 1, sizeof(*more));
	if (!more)
		return;
	r->now = more;
	more[r->nr_now++] = one;
}

/* What was seen in this one is what the next one goes by. */
static void take_seen(struct round *r)
{
	free(r->last);
	r->last = r->now;
	r->nr_last = r->nr_now;
	r->now = NULL;
	r->nr_now = 0;
}

static void end_round(struct round *r)
{
	closedir(r->dir);
	r->dir = NULL;
	if (r->nr_now)
		qsort(r->now, r->nr_now, sizeof(*r->now), compare_seen);
	take_seen(r);
}

/* Is there a reason for one? */
static bool begin_round(struct targets *t, struct round *r)
{
	uint64_t untold = kern_changes_untold(t->kern);

	r->all = untold != r->untold;
	if (!r->all && !t->unseen_changes) {
		take_seen(r); /* nothing: it would be of long ago */
		return false;
	}
	r->dir = opendir("/proc");
	r->untold = untold;
	return r->dir;
}

void targets_go_round(struct targets *t)
{
	struct round *r = t->round ?: (t->round = calloc(1, sizeof(*r)));
	int64_t began = clock_now_ns();
	struct dirent *entry;

	if (!r || (!r->dir && !begin_round(t, r)))
		return;
	do {
		pid_t pid;

		entry = readdir(r->dir);
		pid = entry ? (pid_t)strtol(entry->d_name, NULL, 10) : 0;
		if (pid > 0)
			look_at_next(t, r, pid);
	} while (entry && clock_now_ns() - began < ROUND_NS);
	if (!entry)
		end_round(r);
}

void targets_round_free(struct round *r)
{
	if (!r)
		return;
	if (r->dir)
		closedir(r->dir);
	free(r->last);
	free(r->now);
	free(r);
}

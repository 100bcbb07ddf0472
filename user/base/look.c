// SPDX-License-Identifier: GPL-2.0-only
#include "base/look.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/util.h"

/* The clock is looked at once in so many reads: most find what they want in memory of ours. */
#define READS_A_CLOCK 64
/* What looking through memory takes on a slow machine. */
#define NS_PER_BYTE 4

static __thread struct look *current;
static atomic_uint_least64_t last_id;

void look_begin(struct look *look, pid_t pid, struct look_limits limits)
{
	int64_t now = clock_now_ns();

	*look = (struct look){ .pid = pid,
			       .began = now,
			       .began_busy = clock_ns(CLOCK_THREAD_CPUTIME_ID),
			       .until = now + LOOK_WALL * limits.ms * NSEC_PER_MSEC,
			       .patience = limits.ms * NSEC_PER_MSEC,
			       .reads_max = limits.reads,
			       .id = atomic_fetch_add(&last_id, 1) + 1 };
	if (!current)
		current = look;
}

int look_end(struct look *look)
{
	if (current == look)
		current = NULL;
	else
		look->failed = current ? current->failed : 0;
	return look->failed;
}

int64_t look_spent_ns(const struct look *look)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID) - look->began_busy + look->elsewhere;
}

static long long ms_since_begin(const struct look *look)
{
	return (clock_now_ns() - look->began) / NSEC_PER_MSEC;
}

const char *look_failure(const struct look *look, char *buf, size_t size)
{
	if (look->failed == -EAGAIN)
		snprintf(buf, size,
			 "no process can be started that reads it: too many still wait for memory "
			 "of targets that does not answer");
	else if (look->failed == -E2BIG)
		snprintf(buf, size, "what it holds has no end (%llu reads in %lld ms)",
			 (unsigned long long)look->reads, ms_since_begin(look));
	else if (look->last_known)
		snprintf(buf, size, "its memory does not answer (0x%llx, for %lld ms)",
			 (unsigned long long)look->last, ms_since_begin(look));
	else
		snprintf(buf, size, "its files do not answer (for %lld ms)", ms_since_begin(look));
	return buf;
}

struct look *look_current(void)
{
	return current;
}

/* Notes so many more; -ETIMEDOUT: it has read, or waited, too much. */
static int count_reads(unsigned int reads)
{
	if (current->failed)
		return -ETIMEDOUT;
	current->reads += reads;
	if (current->reads > current->reads_max)
		current->failed = -E2BIG;
	else if (current->patience <= 0)
		current->failed = -ETIMEDOUT;
	return current->failed ? -ETIMEDOUT : 0;
}

/* Nanoseconds; a look without any has failed. */
static int64_t time_left(void)
{
	int64_t left = current->until - clock_now_ns();

	if (left <= 0)
		current->failed = -E2BIG;
	return left;
}

int look_allows(unsigned int *ms)
{
	int64_t left;

	if (!current)
		return 0;
	if (count_reads(LOOK_READS_A_CALL))
		return -ETIMEDOUT;
	left = time_left();
	if (left <= 0)
		return -ETIMEDOUT;
	*ms = (unsigned int)MIN((int64_t)*ms, left / NSEC_PER_MSEC + 1);
	return 0;
}

int look_read(uint64_t addr)
{
	if (!current)
		return 0;
	if (count_reads(1))
		return -ETIMEDOUT;
	current->last = addr;
	current->last_known = true;
	return current->reads % READS_A_CLOCK || time_left() > 0 ? 0 : -ETIMEDOUT;
}

unsigned int look_patience(void)
{
	return current && current->patience > 0 ? (unsigned int)(current->patience / NSEC_PER_MSEC)
						: 0;
}

void look_waited(int64_t ns)
{
	if (!current)
		return;
	current->patience -= ns;
	current->elsewhere += ns;
}

void look_worked(int64_t ns)
{
	if (current)
		current->elsewhere += ns;
}

void look_failed(int error)
{
	if (current && !current->failed)
		current->failed = error == -EAGAIN ? -EAGAIN : -ETIMEDOUT;
}

void look_progress(uint64_t bytes)
{
	if (current)
		current->until += (int64_t)bytes * NS_PER_BYTE * LOOK_WALL;
}

void look_afresh(void)
{
	if (current)
		current->id = atomic_fetch_add(&last_id, 1) + 1;
}

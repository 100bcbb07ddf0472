// SPDX-License-Identifier: GPL-2.0-only
#include "console/schedule.h"

#include "base/util.h"
#include "console/when.h"

#define FIRST_PAUSE (5 * WHEN_SECOND)
/* The epoch was a Thursday. */
#define FIRST_MONDAY (4 * WHEN_DAY)

int64_t schedule_last(int64_t span, int64_t now)
{
	/* Before the first Monday, too, the division goes downwards. */
	int64_t since = now - FIRST_MONDAY % span + span;

	return since / span * span + FIRST_MONDAY % span - span;
}

int64_t schedule_next(int64_t span, int64_t noted, int64_t now)
{
	return MAX(noted + span, schedule_last(span, now) - (SCHEDULE_MISSED_MAX - 1) * span);
}

int64_t schedule_pause(int64_t tries)
{
	/* 5 s, ten times doubled, is more than an hour. */
	return MIN(FIRST_PAUSE << MIN(MAX(tries - 1, (int64_t)0), (int64_t)10), WHEN_HOUR);
}

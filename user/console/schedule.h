/* SPDX-License-Identifier: GPL-2.0-only */
/* When reports are due, and what failed is tried again.  Pure; times and spans as in when.h. */
#pragma once

#include <stdint.h>

/* Of periods that nobody was there for, so many are made up for. */
#define SCHEDULE_MISSED_MAX 7
/* So often something is tried: for more than a week. */
#define SCHEDULE_TRIES_MAX 200

/*
 * The end of the last period that is over by `now`.  Periods follow each other without a gap from
 * 1970 on, and one ends at the beginning of a Monday, UTC: days end at midnight, weeks on Sunday.
 */
int64_t schedule_last(int64_t span, int64_t now);
/* The end of the first one that is owed, given that of the last one that was noted. */
int64_t schedule_next(int64_t span, int64_t noted, int64_t now);
/* How long to wait after so many tries: 5 s, twice as long each time, an hour at the most. */
int64_t schedule_pause(int64_t tries);

// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "test.h"

#include "console/schedule.h"
#include "console/when.h"

static int64_t at(const char *s)
{
	int64_t time = -1;

	when_parse((struct text){ s, strlen(s) }, &time);
	return time;
}

TEST(periods_end_at_midnight_and_on_mondays)
{
	int64_t now = at("2026-11-28T09:32:56.5Z");

	ASSERT_EQ(schedule_last(WHEN_DAY, now), at("2026-11-28T00:00:00Z"));
	ASSERT_EQ(schedule_last(7 * WHEN_DAY, now), at("2026-11-23T00:00:00Z"));
	ASSERT_EQ(schedule_last(WHEN_HOUR, now), at("2026-11-28T09:00:00Z"));
	ASSERT_EQ(schedule_last(7 * WHEN_DAY, at("2026-11-23T00:00:00Z")),
		  at("2026-11-23T00:00:00Z"));
	ASSERT_EQ(schedule_last(7 * WHEN_DAY, at("1970-01-05T00:00:00Z")),
		  at("1970-01-05T00:00:00Z"));
}

TEST(periods_follow_each_other_without_a_gap)
{
	static const int64_t spans[] = { WHEN_SECOND, 3 * WHEN_HOUR, WHEN_DAY, 10 * WHEN_DAY,
					 3650 * WHEN_DAY };

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		for (int64_t now = spans[i]; now < 4 * spans[i]; now += spans[i] / 7) {
			int64_t last = schedule_last(spans[i], now);

			ASSERT(last <= now);
			ASSERT(last > now - spans[i]);
			ASSERT_EQ(schedule_last(spans[i], last), last);
			ASSERT_EQ(schedule_last(spans[i], last + spans[i]), last + spans[i]);
		}
	}
}

TEST(makes_up_for_some_of_what_was_missed)
{
	int64_t now = at("2026-11-28T09:00:00Z"), last = schedule_last(WHEN_DAY, now);

	ASSERT_EQ(schedule_next(WHEN_DAY, last, now), last + WHEN_DAY);
	ASSERT_EQ(schedule_next(WHEN_DAY, last - WHEN_DAY, now), last);
	ASSERT_EQ(schedule_next(WHEN_DAY, last - 7 * WHEN_DAY, now), last - 6 * WHEN_DAY);
	ASSERT_EQ(schedule_next(WHEN_DAY, last - 90 * WHEN_DAY, now), last - 6 * WHEN_DAY);
}

TEST(waits_longer_each_time)
{
	ASSERT_EQ(schedule_pause(0), 5 * WHEN_SECOND);
	ASSERT_EQ(schedule_pause(1), 5 * WHEN_SECOND);
	ASSERT_EQ(schedule_pause(2), 10 * WHEN_SECOND);
	ASSERT_EQ(schedule_pause(10), 2560 * WHEN_SECOND);
	ASSERT_EQ(schedule_pause(11), WHEN_HOUR);
	ASSERT_EQ(schedule_pause(INT64_MAX), WHEN_HOUR);
}

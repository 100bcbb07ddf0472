// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "test.h"

#include "console/throttle.h"
#include "console/when.h"

TEST(some_failures_cost_nothing_then_ever_more)
{
	int64_t now = 100 * WHEN_DAY;
	unsigned int last = 0;

	for (int i = 0; i < THROTTLE_FREE - 1; i++)
		throttle_failed("a", now);
	ASSERT_EQ(throttle_wait("a", now), 0);
	for (int i = 0; i < 12; i++) {
		throttle_failed("a", now);
		ASSERT(throttle_wait("a", now) > last || throttle_wait("a", now) == THROTTLE_MAX_S);
		last = throttle_wait("a", now);
	}
	ASSERT_EQ(last, THROTTLE_MAX_S);
	ASSERT_EQ(throttle_wait("b", now), 0);
	ASSERT_EQ(throttle_wait("a", now + THROTTLE_MAX_S * WHEN_SECOND), 0);
	throttle_succeeded("a");
	ASSERT_EQ(throttle_wait("a", now), 0);
}

TEST(many_names_do_not_make_it_grow)
{
	int64_t now = 200 * WHEN_DAY;
	char name[32];

	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "name %d", i);
		throttle_failed(name, now + i);
	}
	for (int i = 0; i < THROTTLE_FREE; i++)
		throttle_failed("name 4999", now + 5000);
	ASSERT(throttle_wait("name 4999", now + 5000) > 0);
}

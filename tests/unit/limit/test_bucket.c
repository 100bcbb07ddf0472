// SPDX-License-Identifier: GPL-2.0-only
/* How often something may happen. */
#include "limit/bucket.h"

#include "test.h"

#define S 1000000000ULL

/* Of `tries` evenly spread over a time: how many are let through. */
static unsigned int taken(struct bucket *b, const struct limit_rate *rate, uint64_t from,
			  uint64_t span, unsigned int tries)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < tries; i++)
		n += bucket_take(b, rate, from + span * i / tries);
	return n;
}

TEST(burst_then_rate)
{
	struct limit_rate rate = { S / 10, 5 };
	struct bucket b = { 0 };

	ASSERT(bucket_is_full(&b, 100 * S));
	ASSERT_EQ(taken(&b, &rate, 100 * S, 0, 100), 5);
	ASSERT(!bucket_is_full(&b, 100 * S));
	/* Ten seconds of a flood: ten of each. */
	ASSERT_EQ(taken(&b, &rate, 100 * S, 10 * S, 100000), 99);
	ASSERT(bucket_take(&b, &rate, 110 * S));
	/* After a pause it is as at first, and no more than that. */
	ASSERT(!bucket_is_full(&b, 110 * S + S / 2 - 1));
	ASSERT(bucket_is_full(&b, 110 * S + S / 2));
	ASSERT_EQ(taken(&b, &rate, 1000 * S, 0, 100), 5);
}

TEST(a_burst_of_one)
{
	struct limit_rate rate = { 36 * S, 1 };
	struct bucket b = { 0 };

	ASSERT(bucket_take(&b, &rate, S));
	ASSERT(!bucket_take(&b, &rate, S));
	ASSERT(!bucket_take(&b, &rate, 37 * S - 1));
	ASSERT(bucket_take(&b, &rate, 37 * S));
	ASSERT(!bucket_take(&b, &rate, 37 * S));
}

/* The slowest rate with the largest burst that can be configured. */
TEST(no_overflow)
{
	struct limit_rate rate = { 3600 * S, 1000000 };
	struct bucket b = { 0 };

	ASSERT_EQ(taken(&b, &rate, S, 0, 1000001), 1000000);
	ASSERT(!bucket_take(&b, &rate, 3600 * S));
	ASSERT(bucket_take(&b, &rate, 3601 * S));
}

TEST(time_that_goes_back)
{
	struct limit_rate rate = { S, 2 };
	struct bucket b = { 0 };

	ASSERT(bucket_take(&b, &rate, 10 * S));
	ASSERT(bucket_take(&b, &rate, 10 * S - S / 2 + S));
	ASSERT(!bucket_take(&b, &rate, 9 * S));
	ASSERT(bucket_take(&b, &rate, 12 * S));
}

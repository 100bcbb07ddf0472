// SPDX-License-Identifier: GPL-2.0-only
#include "limit/bucket.h"

#include "base/util.h"

bool bucket_is_full(const struct bucket *b, uint64_t time_ns)
{
	return b->full_ns <= time_ns;
}

bool bucket_take(struct bucket *b, const struct limit_rate *rate, uint64_t time_ns)
{
	uint64_t full = MAX(b->full_ns, time_ns);

	/* Of `burst` there are still so many there as intervals fit between now and then. */
	if (full - time_ns > (rate->burst - 1) * rate->interval_ns)
		return false;
	b->full_ns = full + rate->interval_ns;
	return true;
}

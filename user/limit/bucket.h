/* SPDX-License-Identifier: GPL-2.0-only */
/* How often something may happen: so many at once, and then so many in a time.  Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct limit_rate {
	uint64_t interval_ns; /* between two, in the long run; 0: there is no limit */
	uint64_t burst;	      /* at once; 1 or more */
};

/* One that is zero is full. */
struct bucket {
	uint64_t full_ns; /* when it is full again */
};

/* May it happen at this time?  Times may go back a little. */
bool bucket_take(struct bucket *b, const struct limit_rate *rate, uint64_t time_ns);
/* Is it as one that nothing was ever taken from? */
bool bucket_is_full(const struct bucket *b, uint64_t time_ns);

// SPDX-License-Identifier: GPL-2.0-only
#include "alert/alert_id.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define NS_PER_MS 1000000

int alert_id_make(char out[ALERT_ID_MAX], uint64_t time_ns)
{
	uint64_t ms = time_ns / NS_PER_MS, random;
	/* The fraction of the millisecond in the 12 bits of rand_a (RFC 9562, 6.2, method 3). */
	unsigned int fraction = time_ns % NS_PER_MS * 4096 / NS_PER_MS;
	ssize_t n = getrandom(&random, sizeof(random), 0);

	if (n != sizeof(random))
		return n < 0 ? -errno : -EIO;
	random = (random & 0x3fffffffffffffff) | 1ULL << 63;
	snprintf(out, ALERT_ID_MAX, "%08x-%04x-%04x-%04x-%012llx", (unsigned int)(ms >> 16),
		 (unsigned int)(ms & 0xffff), 0x7000 | fraction, (unsigned int)(random >> 48),
		 (unsigned long long)(random & 0xffffffffffff));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "alert/alert_time.h"

#include <stdio.h>
#include <time.h>

void alert_time(char out[ALERT_TIME_MAX], uint64_t time_ns, char separator)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	unsigned int micro = time_ns % 1000000000 / 1000;
	struct tm tm = { .tm_mday = 1 };

	gmtime_r(&seconds, &tm);
	snprintf(out, ALERT_TIME_MAX, "%04d-%02d-%02d%c%02d:%02d:%02d.%06uZ", tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, separator, tm.tm_hour, tm.tm_min, tm.tm_sec, micro);
}

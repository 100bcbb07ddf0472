/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to user/alert. */
#pragma once

#include <stdint.h>

#define ALERT_TIME_MAX 96

/* "2026-01-02T03:04:05.678901Z", with `separator` for the T. */
void alert_time(char out[ALERT_TIME_MAX], uint64_t time_ns, char separator);

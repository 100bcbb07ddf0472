/* SPDX-License-Identifier: GPL-2.0-only */
/* Times: everywhere in the console microseconds since the epoch, UTC.  Pure, but for when_now(). */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"

#define WHEN_SECOND ((int64_t)1000000)
#define WHEN_MINUTE (60 * WHEN_SECOND)
#define WHEN_HOUR (60 * WHEN_MINUTE)
#define WHEN_DAY (24 * WHEN_HOUR)

int64_t when_now(void);
/* "2026-01-02T03:04:05[.678901](Z|+01:00)", years 1970 to 2099.  -EINVAL if it is none. */
int when_parse(struct text s, int64_t *out);
/*
 * A span of time, as "30s", "15m", "24h", "7d", "2w".  -EINVAL if it is none, or more than ten
 * years.
 */
int when_parse_span(struct text s, int64_t *out);
/* Appends "2026-01-02T03:04:05.678901Z". */
void when_put(struct buf *out, int64_t time);

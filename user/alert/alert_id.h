/* SPDX-License-Identifier: GPL-2.0-only */
/* What tells alerts apart, wherever they are gathered. */
#pragma once

#include <stdint.h>

/* A UUID in its written form, with its NUL. */
#define ALERT_ID_MAX 37

/*
 * A UUID of version 7 (RFC 9562) for an alert of that time, in ns since the epoch: ids are ordered
 * by time, those of one quarter of a microsecond by chance.  0, or -errno where the kernel has no
 * random numbers.
 */
int alert_id_make(char out[ALERT_ID_MAX], uint64_t time_ns);

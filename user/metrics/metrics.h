/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An HTTP server in a thread of its own, for those who watch the tracer: /metrics, /healthz,
 * /readyz.  It looks at nothing but what is published here, and nobody waits for it: neither for
 * clients, nor for its thread.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "metrics/published.h"

struct metrics;

/* Is it an address to listen at: "ADDRESS:PORT", or "unix:PATH"?  -EINVAL with a sentence. */
int metrics_check_address(const char *address, struct err *err);
/* Both are borrowed, until metrics_stop().  -errno with a sentence. */
int metrics_start(const char *address, struct published *published, struct metrics **out,
		  struct err *err);
void metrics_stop(struct metrics *m); /* NULL is allowed */
DEFINE_CLEANUP(metrics_stopp, struct metrics, metrics_stop);

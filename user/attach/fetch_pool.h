/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that answer requests for pages (HOLD_FETCH).  Pages that never come take up some of them
 * for a while, never all: so many are for one target at most that others always find one.
 */
#pragma once

#include "base/cleanup.h"
#include "kern/holds.h"

struct fetch_pool;

struct fetch_pool *fetch_pool_new(struct holds *holds); /* NULL: no memory, or no thread */
void fetch_pool_free(struct fetch_pool *pool);
/* Never waits.  With too many requests at once the later ones are left unanswered. */
void fetch_pool_ask(struct fetch_pool *pool, const struct ev_hold *asked);

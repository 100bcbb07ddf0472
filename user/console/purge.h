/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forgetting alerts: the old ones, so that the store stays as small as it was told to, and those of
 * a session.
 */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"

struct store;
struct purge;

/* Alerts of one transaction: others who write wait so long. */
#define PURGE_BATCH 200

/*
 * Starts a thread that looks now and once a minute: alerts that came longer ago than `keep` (see
 * when.h; 0: ever) go, and then the oldest as long as the store has more than `size` bytes (0: any
 * size).
 */
int purge_start(struct store *store, int64_t keep, int64_t size, struct purge **out,
		struct err *err);
void purge_stop(struct purge *p);
DEFINE_CLEANUP(purge_stopp, struct purge, purge_stop);

/* Forgets all alerts of a session. *count: how many. */
int purge_session(struct store *store, struct text session, int64_t *count, struct err *err);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the first page shows: a span of time at a glance, from what each hour counts (see tally.h).
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct db;

/* Of rules, paths, addresses and applications so many, the most frequent. */
#define OVERVIEW_TOP 10
/* Of techniques. */
#define OVERVIEW_TECHNIQUES_MAX 500

/*
 * Appends
 * {"since","until","oldest","total","unseen","series":[{"since","until","info","warn","alert"}],
 * "rule":[{"name","alerts"}],"path","addr","app","technique","senders"}: the last `span` (see
 * when.h), rounded up to hours.
 */
int overview_put(struct db *db, int64_t span, int64_t now, struct buf *out, struct err *err);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Sessions: what one did, in order of time, on whichever server. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

struct db;
struct filter;

/* Alerts that the list of sessions is made of: the newest that have one. */
#define SESSIONS_LOOKED_AT 5000
#define SESSIONS_SHOWN 100
/* Alerts of one session that are shown at once. */
#define SESSIONS_STORY_MAX 500

/*
 * Appends
 * {"sessions":[{"session","app","addr","first","last","alerts","hosts","level"}],"looked","more"},
 * the last one active first.
 */
int sessions_put(struct db *db, const struct filter *f, struct buf *out, struct err *err);
/*
 * Appends {"session","alerts":[...],"next","total","first","last","span"}: a page of what the
 * session that the filter names did, the oldest first; how many alerts it has in all, and how many
 * all sessions have from its first to its last, up to SESSIONS_SPAN_MAX.
 */
#define SESSIONS_SPAN_MAX 100000
int sessions_story_put(struct db *db, const struct filter *f, struct buf *out, struct err *err);

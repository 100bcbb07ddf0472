/* SPDX-License-Identifier: GPL-2.0-only */
/* What a person says of an alert, with a note, and who said so when. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

struct db;

enum state { STATE_NEW, STATE_SEEN, STATE_FALSE_ALARM, STATE_INCIDENT, NR_STATES };

/* Bytes of a note. */
#define STATE_NOTE_MAX 4000
/* Notes of an alert that are shown. */
#define STATE_NOTES_SHOWN 200

/* "new", "seen", "false-alarm", "incident" */
const char *state_name(enum state state);
/* -EINVAL: no state is called so. */
int state_parse(struct text name, enum state *out);

/*
 * Between store_begin() and store_commit(): gives an alert a state, and notes that.  With `equal`
 * those of the same rule and call chain in the same application, which had the state that the alert
 * had, get the state as well.  *changed: how many, this one included.  -ENOENT: there is none with
 * this id.
 */
int state_set(struct db *db, struct text id, enum state state, bool equal, const char *who,
	      struct text note, int64_t *changed, struct err *err);
/*
 * Appends ,"state":"seen","notes":[{"time","who","state","text"}], newest first, for the alert at
 * that place.
 */
int state_put(struct db *db, int64_t seq, struct buf *out, struct err *err);

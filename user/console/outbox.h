/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which reports are owed, being sent, and sent: in the store, so that consoles that share it, and
 * those after a restart, send each once.  Who takes one has it for OUTBOX_LEASE; if nothing was
 * heard of it by then, another may take it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct db;
struct store;

/* How reports go out; the numbers stand in stores. */
enum outbox_way { OUTBOX_MAIL, OUTBOX_WEBHOOK, NR_OUTBOX_WAYS };

/* Longer than anything waits that sends one. */
#define OUTBOX_LEASE (5 * WHEN_MINUTE)
/* Those that are told of. */
#define OUTBOX_SHOWN 50

struct outbox_item {
	enum outbox_way way;
	int64_t span, until; /* see schedule.h */
	int64_t tries;	     /* this one included */
	char id[40];
};

/* "mail", "webhook" */
const char *outbox_way_name(enum outbox_way way);
/*
 * Notes what is owed by now, and takes the oldest that is to be sent: 1, and it is the caller's;
 * 0: there is none; -errno.  *missed: periods that nobody is told of any more.
 */
int outbox_take(struct store *store, enum outbox_way way, int64_t span, int64_t now,
		struct outbox_item *out, int64_t *missed, struct err *err);
/*
 * `error` NULL: it was sent.  `pause`: so long after `now` it is left alone at the least.  *again:
 * when it will be tried again; 0: never.
 */
int outbox_done(struct store *store, const struct outbox_item *item, const char *error, int64_t now,
		int64_t pause, int64_t *again, struct err *err);
/*
 * Appends [{"way","since","until","state","tries","next","ended","error"}], the latest first.
 * `ended`: when it was sent, or given up; null where a version before this one did.
 */
int outbox_put(struct db *db, struct buf *out, struct err *err);
/* Appends the latest that was tried of a way and span, or the latest that was sent; or null. */
int outbox_put_latest(struct db *db, enum outbox_way way, int64_t span, bool sent, struct buf *out,
		      struct err *err);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Who sends alerts: when each host was heard last, and what it said of itself. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "console/record.h"

struct db;

/* A sender's request. */
struct sender {
	const char *app;   /* whose key it has */
	const char *agent; /* as it calls itself, or NULL */
	const char *addr;
};

/* Bytes of what a sender says of itself. */
#define SENDERS_REPORT_MAX 16384

/*
 * Within store_begin() and store_commit(): notes that these alerts came.  Hosts are what the alerts
 * say; of one request those beyond the first 32 are not told apart.
 */
int senders_heard(struct db *db, const struct sender *s, const struct record *records, size_t nr,
		  int64_t now, struct err *err);
/* Keeps what a host said of itself, a JSON object, in place of what it said before. */
int senders_report(struct db *db, const struct sender *s, struct text host, struct text report,
		   int64_t now, struct err *err);
/*
 * Appends [{"app","host","agent","addr","heard","reported","alerts","report"}], who was heard last
 * first.
 */
int senders_put(struct db *db, struct buf *out, struct err *err);
/* Forgets those not heard since then. */
int senders_forget(struct db *db, int64_t before, struct err *err);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Sends reports on a schedule: by mail, to a webhook, or both.  What fails is tried again. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "console/hook.h"
#include "console/mail.h"

struct db;
struct store;
struct reporter;

struct reporter_settings {
	int64_t every; /* a span, see when.h; 0: never */
	struct mail_settings mail;
	struct hook_settings hook;
};

/* -EINVAL with what does not go together, or is missing. */
int reporter_check(const struct reporter_settings *s, struct err *err);
/*
 * Appends {"every_s","next","ways":[{"way","to","latest","sent"}]}, the reports as outbox.h has
 * them, or null where nothing is to be sent.
 */
int reporter_put(const struct reporter_settings *s, struct db *db, int64_t now, struct buf *out,
		 struct err *err);
/* *out is NULL where nothing is to be sent.  The settings have to live longer. */
int reporter_start(struct store *store, const struct reporter_settings *s, struct reporter **out,
		   struct err *err);
/* Ends the thread, once what is being sent is sent. */
void reporter_stop(struct reporter *r);
DEFINE_CLEANUP(reporter_stopp, struct reporter, reporter_stop);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Sends reports on a schedule: by mail, to a webhook, or both.  What fails is tried again. */
#pragma once

#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "console/hook.h"
#include "console/mail.h"

struct store;
struct reporter;

struct reporter_settings {
	int64_t every; /* a span, see when.h; 0: never */
	struct mail_settings mail;
	struct hook_settings hook;
};

/* -EINVAL with what does not go together, or is missing. */
int reporter_check(const struct reporter_settings *s, struct err *err);
/* *out is NULL where nothing is to be sent.  The settings have to live longer. */
int reporter_start(struct store *store, const struct reporter_settings *s, struct reporter **out,
		   struct err *err);
/* Ends the thread, once what is being sent is sent. */
void reporter_stop(struct reporter *r);
DEFINE_CLEANUP(reporter_stopp, struct reporter, reporter_stop);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends requests to a test instance, and finds the alerts that come of them: each has a trace id of
 * its own (the header traceparent), which alerts name.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "console/har.h"

/* Rules of one request that are told. */
#define REPLAY_RULES_MAX 16
/* Hexadecimal digits of a trace id that a run has in common. */
#define REPLAY_RUN_DIGITS 24

struct replay_request {
	const struct har_request *request;
	long status; /* of the answer; 0: there was none */
	char why[200];
	struct text rules[REPLAY_RULES_MAX]; /* of which alerts came */
	size_t nr_rules, nr_alerts;
};

struct replay {
	char run[REPLAY_RUN_DIGITS + 1];
	const char *to; /* "http://127.0.0.1:8000" */
	struct replay_request *requests;
	size_t nr;
	struct arena arena;
};

/* -EINVAL with a sentence: it is no place to send to; `anywhere`: it need not be this machine. */
int replay_check_place(const char *to, bool anywhere, struct err *err);
/* The HAR has to live longer. */
int replay_init(struct replay *r, const char *to, const struct har *har, struct err *err);
void replay_fini(struct replay *r);
/* Sends all, one after the other.  0, or -errno: libcurl is not there. */
int replay_send(struct replay *r, struct err *err);
/* Takes an alert, which may be another's.  0 or -ENOMEM. */
int replay_add_alert(struct replay *r, struct text alert);

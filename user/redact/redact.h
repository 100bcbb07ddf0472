/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes secrets out of what is about to leave the process: out of arguments, requests and command
 * lines of an alert.  Each becomes [redacted:KIND:HASH]; the hash has a key, so that equal secrets
 * are seen as equal within a run, and nothing else is to be learned of them.  Text is hostile: time
 * is bounded, for each text and for each alert, and text that was not searched within the bounds is
 * taken out as a whole.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert/alert.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "event/value.h"

#define REDACT_KEY_SIZE 32

struct redact;

struct redact_opts {
	bool defaults; /* the shapes of secrets that are known here */
	const char *const
		*patterns; /* of the user: their first group is the secret, or all of it */
	size_t nr_patterns;
	const void *key; /* of hashes: equal secrets are seen as equal by whoever has the same */
	size_t key_size; /* REDACT_KEY_SIZE bytes at least */
};

/* -EINVAL: a pattern is none; -ENOMEM; with a sentence. */
int redact_new(const struct redact_opts *opts, struct redact **out, struct err *err);
void redact_free(struct redact *r); /* NULL is allowed */
DEFINE_CLEANUP(redact_freep, struct redact, redact_free);

/*
 * All that these return lives in the arena, or is what was given.  Where there is no memory, text
 * is taken out as a whole, and so is an argument.  `cut`: the text's end is missing.
 */
struct text redact_text(struct redact *r, struct arena *arena, struct text text, bool cut);
/* `name` is what the value is known by: an argument's name, a key; .s NULL: none. */
struct value redact_value(struct redact *r, struct arena *arena, struct text name,
			  const struct value *value);

/* An alert without its secrets. */
struct redacted {
	struct alert alert;
	struct event event;
	struct alert_request request;
	struct input_found input;
};

/*
 * `r` NULL: nothing is taken out.  Returns what is to be written: the alert of *out, or the one
 * given.
 */
const struct alert *redact_alert(struct redact *r, struct arena *arena, const struct alert *alert,
				 struct redacted *out);

/*
 * Secrets that were taken out so far, and texts of which nothing else was known than that they
 * might hold one.
 */
uint64_t redact_count(const struct redact *r);
uint64_t redact_count_unread(const struct redact *r);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Regular expressions (PCRE2), bounded in time and memory: what they are applied to comes from a
 * target, and an attacker chooses it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/text.h"

struct regex;

/* Compiles `pattern`.  NULL with -EINVAL in *err and a sentence in `message`, or with -ENOMEM. */
struct regex *regex_new(struct text pattern, int *err, char *message, size_t size);
/* The same for a pattern of bytes, whatever characters they make. */
struct regex *regex_new_bytes(struct text pattern, int *err, char *message, size_t size);
void regex_free(struct regex *regex); /* NULL is allowed */
DEFINE_CLEANUP(regex_freep, struct regex, regex_free);

/*
 * 1 if it matches anywhere in `subject`, 0 if not, -E2BIG if that was not found out within the
 * bounds.
 */
int regex_match(const struct regex *regex, struct text subject);

/* Bytes of a subject, from `start` up to `end`. */
struct regex_span {
	size_t start, end;
};

enum regex_found {
	REGEX_NOWHERE,
	REGEX_WHOLE,
	REGEX_BEGINNING, /* no match, but the subject ends in what could begin one */
};

/*
 * Looks for the first match from `from` on, and says where its first group is: all of it, if it has
 * no group or that took no part.  `cut`:  the subject goes on behind its end; then what may begin a
 * match there is found as well.  -E2BIG as above.
 */
int regex_find(const struct regex *regex, struct text subject, size_t from, bool cut,
	       struct regex_span *whole, struct regex_span *group);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Regular expressions (PCRE2), bounded in time and memory: what they are applied to comes from a target, and
 * an attacker chooses it.
 */
#pragma once

#include <stddef.h>

#include "base/text.h"

struct rule_regex;

/* Compiles `pattern`.  NULL with -EINVAL in *err and a sentence in `message`, or with -ENOMEM. */
struct rule_regex *rule_regex_new(struct text pattern, int *err, char *message, size_t size);
void rule_regex_free(struct rule_regex *regex);

/* 1 if it matches anywhere in `subject`, 0 if not, -E2BIG if that was not found out within the bounds. */
int rule_regex_match(const struct rule_regex *regex, struct text subject);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Proposes exceptions for recorded alerts: those of one rule that the same function of the
 * application caused again and again are one case, described by what their arguments have in
 * common.  Pure.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"

struct suggest;

struct suggest *suggest_new(void);
/* Takes an alert as `--format json` writes it.  Returns 0, -EINVAL if it is none, -ENOMEM. */
int suggest_add(struct suggest *s, const char *line, size_t len);
/* Appends the proposals as a rule file, with what was not proposed, and why, as comments. */
void suggest_write(struct suggest *s, struct buf *out);
void suggest_free(struct suggest *s);
DEFINE_CLEANUP(suggest_freep, struct suggest, suggest_free);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Templates of what a webhook posts: text with {{place}} in it, where "place" is a path in an
 * alert's JSON, as rule.name, args.cmd or callers.0.file.  Text comes as it stands within the
 * quotes of a JSON string, other values as JSON; what is not there, as nothing.  {{place|slack}} is
 * escaped for Slack as well, {{place|json}} is JSON, quotes included.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

/* One line of an alert, for template_slack_begin(). */
extern const char template_slack_line[];

/* 0, or -EINVAL with what is wrong, and in which line. */
int template_check(const char *text, struct err *err);
/* Appends it, filled in from an alert in JSON.  -EINVAL: that is none. */
int template_expand(const char *text, struct text alert, struct buf *out);

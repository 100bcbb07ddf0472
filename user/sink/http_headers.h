/* SPDX-License-Identifier: GPL-2.0-only */
/* URLs and headers of requests, as a configuration has them. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/*
 * An http:// or https:// URL without user and password, which do not belong into a configuration.
 * 0, or -EINVAL with what is wrong.
 */
int http_url_check(const char *url, struct err *err);
/* What of it may be shown: without its path, which may be a secret. */
int http_url_shown(const char *url);
/* Does it stay on this machine? */
bool http_url_is_local(const char *url);
/*
 * Calls `add` with each "Name: value" line of the text, which it changes; empty lines and those
 * that begin with # are none.  0, what `add` returned, or -EINVAL with the number of a line that is
 * no header.
 */
int http_headers_read(char *text, int (*add)(void *ctx, const char *line), void *ctx,
		      struct err *err);

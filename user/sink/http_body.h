/* SPDX-License-Identifier: GPL-2.0-only */
/* Bodies of requests, made of alerts that are written already. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "sink/written.h"

enum http_way {
	HTTP_LINES,    /* one behind the other, as they are */
	HTTP_ARRAY,    /* a JSON array */
	HTTP_OTLP,     /* one request of OTLP */
	HTTP_SLACK,    /* a message of Slack's, a paragraph each */
	HTTP_TEMPLATE, /* one of a request, as the template has it */
};

struct http_shape {
	enum http_way way;
	const char *template;
};

/* How many alerts a body may have. */
size_t http_batch_max(enum http_way way);
/* Makes the body of so many alerts in `out`.  0 or -ENOMEM. */
int http_body_make(const struct http_shape *shape, struct written *const *alerts, size_t count,
		   struct buf *out);
/* Of an answer that says that all is well: how many alerts it says were not taken. */
size_t http_body_refused(enum http_way way, bool is_console, const char *answer);

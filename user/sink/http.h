/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outputs that post alerts over HTTP, several in a request: `webhook`, to whoever wants them, and
 * `console`, to phrude-console.  What is answered with 2xx is delivered.  What the receiver says it
 * will never take (400, 413, 422) is offered alert by alert, and counted as refused; anything else
 * is tried again, not before its Retry-After.
 */
#pragma once

#include "sink/sink.h"

extern const struct sink_ops http_webhook_ops, http_console_ops;

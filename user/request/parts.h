/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of user/request, for its own files. */
#pragma once

#include "event/request_field.h"
#include "request/request.h"

/*
 * A copy that ends in a NUL, each NUL inside as %00; with `cut` an ellipsis at its end.  NULL: no
 * memory.
 */
const char *request_string(struct arena *arena, struct text s, bool cut);

/*
 * request_client.c: the client's address, and the chain of proxies as it was told; NULL: not known.
 */
const char *request_client(struct arena *arena, const struct request_opts *opts,
			   const struct event_request *in);
const char *request_forwarded(struct arena *arena, const struct event_request *in);
/* request_session.c */
const char *request_session(struct arena *arena, const struct request_opts *opts,
			    const struct event_request *in);
const char *request_trace_id(struct arena *arena, const struct event_request *in);

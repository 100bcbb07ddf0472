/* SPDX-License-Identifier: GPL-2.0-only */
/* The HTTP request that was being handled when a match happened. */
#pragma once

struct inputs;

/* Any field may be NULL: not known. */
struct alert_request {
	const char *remote_addr, *method, *path, *query, *host, *user_agent, *session, *trace_id;
	/* the chain of proxies as the client and they tell it; in the text form only */
	const char *forwarded;
	struct inputs *inputs; /* what a client chose of it, see input/input.h */
};

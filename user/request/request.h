/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what an application holds of a request (a WSGI environ, an ASGI scope) to the request of an
 * alert.  All of it comes from clients and is hostile.  Pure: no I/O, no globals.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/ip_network.h"
#include "event/event.h"
#include "event/request.h"

struct request_opts {
	/*
	 * Whose X-Forwarded-For, Forwarded or X-Real-IP is believed; of none the peer of the
	 * connection is the client.
	 */
	const struct ip_network *proxies;
	size_t nr_proxies;
	bool trust_unix; /* a peer without an address, on a UNIX socket, is such a proxy */
	/*
	 * Cookies that hold a session, the first one found counts; NULL: those of the frameworks.
	 */
	const char *const *cookies;
	size_t nr_cookies;
	/* the session as it is, which lets whoever reads an alert take it over; else its hash */
	bool plain_session;
};

/*
 * Fills `out`, all of whose text lives in the arena, as UTF-8 as in base/text.h; a NUL is written
 * as %00. False if there is no request, or no memory.
 */
bool request_make(struct arena *arena, const struct request_opts *opts,
		  const struct event_request *in, struct alert_request *out);

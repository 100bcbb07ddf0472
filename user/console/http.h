/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HTTP: each connection has a thread, so a handler may wait.  A request is only read as far as its
 * route allows: who sends it is known, and how much a body may have, before the body is taken.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/text.h"
#include "console/access.h"

struct MHD_Connection;
struct MHD_Response;
struct herald;
struct proxy_login;
struct reporter_settings;
struct score_settings;
struct store;
struct transitions;
struct transitions_watch;
struct writer;

/* What all requests share. */
struct console {
	struct store *store;
	struct writer *writer;
	struct herald *herald; /* NULL: nobody is told of attackers */
	const struct score_settings *scoring;
	const struct transitions *transitions;
	struct transitions_watch *transitions_watch; /* NULL: nothing is said of any page */
	const struct proxy_login *proxy_login;
	const struct reporter_settings *reports;
	bool secure; /* browsers reach it by https: cookies are for that alone */
};

enum who {
	WHO_ANYBODY,
	WHO_KEY, /* an application with a key */
	WHO_KEY_OR_VIEWER,
	WHO_VIEWER, /* a signed-in user, and so on */
	WHO_ANALYST,
	WHO_ADMIN,
};

struct request;
struct reply;

struct route {
	const char *method;
	const char *path; /* ending in "/": whatever stands behind it as well */
	enum who who;
	bool is_page; /* for persons: who is not signed in gets the page to do so */
	size_t body_max;
	/* 0, or -errno with a sentence, of which the status is made. */
	int (*run)(struct request *rq, struct reply *rp, struct err *err);
};

struct request {
	struct console *console;
	struct MHD_Connection *connection;
	const struct route *route;
	char *uri;
	struct text path, query; /* as they came; within uri */
	struct buf body;
	struct arena arena;
	struct session session;	       /* WHO_VIEWER and up */
	char app[ACCESS_NAME_MAX + 1]; /* WHO_KEY */
	char addr[INET6_ADDRSTRLEN];
	bool begun, too_large, too_much;
	size_t reserved; /* see request_reserve() */
};

struct reply {
	unsigned int status;
	const char *type;
	struct buf body;
	struct text fixed; /* in place of the body: what is there as long as the program runs */
	struct buf cookie; /* for Set-Cookie, if not empty */
	const char *file;  /* to be kept under that name, and not shown; or NULL */
	unsigned int retry_after;    /* s; 0: none */
	struct MHD_Response *stream; /* in place of the body; the connection's from then on */
};

struct http;

struct http_options {
	const char *listen; /* "127.0.0.1:8600", "[::1]:0" */
	bool behind_proxy;
	const char *tls_cert, *tls_key; /* files, or NULL */
};

/* The routes are those of routes.c. `console` has to live longer. */
int http_start(struct console *console, const struct http_options *options, struct http **out,
	       struct err *err);
/* "http://127.0.0.1:8600" */
const char *http_url(const struct http *http);
void http_stop(struct http *http);
DEFINE_CLEANUP(http_stopp, struct http, http_stop);

/* A request's header, or NULL. */
const char *request_header(const struct request *rq, const char *name);
/* The token of the session that the request's cookie names; { NULL, 0 } without one. */
struct text request_token(const struct request *rq);
/* What stands in the path behind the route's own. */
struct text request_rest(const struct request *rq);
/*
 * Counts memory that the request holds until its end against what all of them may. -EAGAIN: there
 * is too much already.
 */
int request_reserve(struct request *rq, size_t bytes, struct err *err);
/* The body as a JSON value. */
struct json;
int request_json(struct request *rq, struct json **out, struct err *err);
/* A reply with a JSON text in its body. */
void reply_json(struct reply *rp, unsigned int status);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one file that knows libcurl, which is loaded when something first needs it.  Everything here
 * waits, for a bounded time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Loads the library.  0, or -errno with a sentence. */
int curl_load(struct err *err);

/*
 * A TLS connection whose certificate was found good: signed by one of `ca_file` (NULL: of the
 * system's), and for that host.
 */
struct curl_tls;

int curl_tls_open(const char *host, const char *port, const char *ca_file, unsigned int patience_ms,
		  struct curl_tls **out, struct err *err);
/* For poll(). */
int curl_tls_fd(const struct curl_tls *tls);
/* Bytes that were taken; -EAGAIN, or another -errno with a sentence. */
ssize_t curl_tls_send(struct curl_tls *tls, const void *data, size_t len, struct err *err);
bool curl_tls_is_closed(struct curl_tls *tls);
void curl_tls_close(struct curl_tls *tls);

/* Requests to one URL. */
struct curl_http;

/* Longer than this is not waited for, whatever the receiver says. */
#define RETRY_AFTER_MAX_S 3600

struct curl_answer {
	long status;
	unsigned int retry_after_s; /* 0: it says nothing of that */
	const char *text;	    /* its beginning; until the next request */
};

int curl_http_open(const char *url, const char *ca_file, struct curl_http **out, struct err *err);
/* "Name: value", in all requests.  0 or -ENOMEM. */
int curl_http_header(struct curl_http *http, const char *line);
/* 0 if there was an answer, whichever; else -errno with a sentence. */
int curl_http_post(struct curl_http *http, const void *body, size_t len, struct curl_answer *out,
		   struct err *err);
/*
 * The same with any method; `body` NULL: without one.  The URL's path is sent as it is, and to no
 * proxy.  For one request each.
 */
int curl_http_replay(struct curl_http *http, const char *method, const void *body, size_t len,
		     struct curl_answer *out, struct err *err);
/*
 * What a GET answers, handed on as it comes; all of it in this thread.  To no proxy.
 */
struct curl_feed {
	bool (*take)(void *ctx, const char *data, size_t len); /* false: no more */
	/* asked about once a second; answered: it is one of 200; false: no more */
	bool (*goes_on)(void *ctx, bool answered);
	void *ctx;
	unsigned int patience_ms; /* for all of it */
};
/*
 * The same as curl_http_post(), but only an answer other than 200 has a text; -ECANCELED: one of
 * them has said so.
 */
int curl_http_get(struct curl_http *http, const struct curl_feed *feed, struct curl_answer *out,
		  struct err *err);
void curl_http_close(struct curl_http *http); /* NULL is allowed */

/* A mail, as it is to be: headers, an empty line, and what it says, with CRLF. */
struct curl_mail {
	const char *url;	     /* smtp://HOST[:PORT], or smtps:// */
	bool needs_tls;		     /* of smtp://: STARTTLS, or nothing is sent */
	const char *user, *password; /* NULL: without */
	const char *ca_file;	     /* NULL: the system's */
	const char *from;
	const char *const *to;
	size_t nr_to;
	const char *text;
	size_t len;
};

/* 0 once the server has taken it, for all of them. */
int curl_mail_send(const struct curl_mail *m, struct err *err);

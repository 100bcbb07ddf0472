/* SPDX-License-Identifier: GPL-2.0-only */
/* The one file that knows libcurl, which is loaded when an output first needs it.  Everything here waits, for a bounded time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Loads the library.  0, or -errno with a sentence. */
int curl_load(struct err *err);

/* A TLS connection whose certificate was found good: signed by one of `ca_file` (NULL: of the system's), and for that host. */
struct curl_tls;

int curl_tls_open(const char *host, const char *port, const char *ca_file, unsigned int patience_ms,
		  struct curl_tls **out, struct err *err);
/* For poll(). */
int curl_tls_fd(const struct curl_tls *tls);
/* Bytes that were taken; -EAGAIN, or another -errno with a sentence. */
ssize_t curl_tls_send(struct curl_tls *tls, const void *data, size_t len, struct err *err);
bool curl_tls_is_closed(struct curl_tls *tls);
void curl_tls_close(struct curl_tls *tls);

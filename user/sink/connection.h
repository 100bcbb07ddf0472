/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection that an output's thread opens, sends through and opens again; everything in it
 * waits, for a bounded time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "sink/address.h"

struct curl_tls;

struct connection {
	struct address to;
	const char *ca_file;  /* borrowed; NULL: the system's */
	int fd;		      /* -1: it is not open */
	bool stream;	      /* messages have to be told apart */
	struct curl_tls *tls; /* that fd belongs to, or NULL */
};

/* Each fails with -errno and a sentence. */
int connection_open(struct connection *c, struct err *err);
/* All of it.  -EMSGSIZE: it is larger than a datagram may be, and nothing else is wrong. */
int connection_send(struct connection *c, const void *data, size_t len, struct err *err);
/* The same of a message with what it carries. */
struct msghdr;
int connection_send_message(struct connection *c, const struct msghdr *msg, struct err *err);
/* Has the other end gone? */
bool connection_is_closed(const struct connection *c);
void connection_close(struct connection *c);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a network output sends to: "unix:PATH", "udp://HOST:PORT", "tcp://HOST:PORT" or
 * "tls://HOST:PORT".
 */
#pragma once

#include "base/err.h"

#define ADDRESS_HOST_MAX 256
#define ADDRESS_PATH_MAX 108

enum address_way { ADDRESS_UNIX, ADDRESS_UDP, ADDRESS_TCP, ADDRESS_TLS };

struct address {
	enum address_way way;
	char path[ADDRESS_PATH_MAX]; /* of a socket */
	char host[ADDRESS_HOST_MAX]; /* a name, or an address without brackets */
	char port[8];
};

/* 0, or -EINVAL with what is wrong. */
int address_parse(const char *text, struct address *out, struct err *err);

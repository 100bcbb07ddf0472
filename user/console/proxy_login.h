/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Users whom an authenticating proxy in front names in a header: off unless it is asked for, and
 * from listed addresses only, as whoever can send that header is whoever they like.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/ip_network.h"
#include "console/secret.h"

struct request;
struct db;
struct store;

#define PROXY_LOGIN_FROM_MAX 32

struct proxy_login {
	const char *header; /* NULL: off */
	struct ip_network from[PROXY_LOGIN_FROM_MAX];
	size_t nr_from;
	char secret[TOKEN_SIZE]; /* of the store, for tokens against other sites */
};

/* A header's name that means nothing else here.  -EINVAL. */
int proxy_login_set_header(struct proxy_login *p, const char *name, struct err *err);
/* "10.0.0.0/8,192.0.2.7"  -EINVAL. */
int proxy_login_set_from(struct proxy_login *p, const char *list, struct err *err);
/* May whoever has this address name users? */
bool proxy_login_trusts(const struct proxy_login *p, const char *addr);
/* Gets the store's secret, which is made by the first console. */
int proxy_login_start(struct proxy_login *p, struct store *store, struct err *err);

/*
 * 1: the request is of a user whom the proxy names, and has their session; 0: it names nobody;
 * -EACCES: it names somebody who is no user, or two.
 */
int proxy_login_session(struct request *rq, struct db *db, struct err *err);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Networks whose addresses are never taken for an attacker's: what stands in front of applications,
 * who watches them, oneself.  They stand in the store, for all consoles that share it.  Functions
 * that write have to stand between store_begin() and store_commit(); all return 0 or -errno with a
 * sentence.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ip_network.h"
#include "base/text.h"

struct db;

#define ALLOWED_MAX 1000
#define ALLOWED_NOTE_MAX 400

struct allowed {
	struct ip_network networks[ALLOWED_MAX];
	size_t nr;
};

/* "10.0.0.0/8", or one address.  -EINVAL: it is neither. */
int allowed_parse(struct text text, struct ip_network *out, struct err *err);
int allowed_read(struct db *db, struct allowed *out, struct err *err);
/* Is it an address that one of them holds? */
bool allowed_holds(const struct allowed *a, struct text address);
/* -EINVAL: there are ALLOWED_MAX already. */
int allowed_add(struct db *db, const struct ip_network *net, const char *who, struct text note,
		struct err *err);
/* -ENOENT: this one is not among them. */
int allowed_drop(struct db *db, const struct ip_network *net, struct err *err);
/* Appends [{"network","who","time","note"},...]. */
int allowed_put(struct db *db, struct buf *out, struct err *err);

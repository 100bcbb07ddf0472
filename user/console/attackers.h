/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who attacks: addresses, or sessions, whose alerts make enough points within a window (see
 * score.h).  A row each, which the writer changes in the transaction in which alerts come; until
 * when it is held against somebody stands in it, so that all who read the store agree.  All
 * functions return 0 or -errno with a sentence.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "console/record.h"
#include "console/score.h"

struct db;

/* Applications of one attacker that are told, and attackers of a page and of an export. */
#define ATTACKERS_APPS_MAX 8
#define ATTACKERS_SHOWN 500
#define ATTACKERS_EXPORTED_MAX 100000

/* Bytes of what is told of somebody, with the NUL. */
#define ATTACKERS_TOLD_MAX 256

/* Somebody who is an attacker from now on. */
struct attacker_news {
	enum score_by by;
	char who[ATTACKERS_TOLD_MAX], addr[64], app[ATTACKERS_TOLD_MAX];
	int64_t first, listed, until, score;
	int64_t levels[NR_RECORD_LEVELS];
};

/* What a transaction adds: to be written before its end. */
struct attacks {
	const struct score_settings *settings;
	int64_t now;
	struct arena arena;
	struct attack *entries;
	size_t nr, cap;
	struct attacker_news *news; /* those that attacks_write() has made attackers */
	size_t nr_news;
};

#define _cleanup_attacks_ __attribute__((cleanup(attacks_fini)))

/* Notes an alert that was stored, if it counts anything. */
int attacks_add(struct attacks *a, const struct record *r, struct err *err);
/* Within store_begin() and store_commit(). */
int attacks_write(struct attacks *a, struct db *db, struct err *err);
void attacks_fini(struct attacks *a);

/* Appends {"attackers":[...],"total","allowed":[...],"settings":{...}, the latest first. */
int attackers_put(struct db *db, const struct score_settings *s, int64_t now, struct buf *out,
		  struct err *err);
/* Within store_begin() and store_commit(): forgets a row.  -ENOENT: there is none. */
int attackers_release(struct db *db, enum score_by by, struct text who, struct err *err);
/* The same of all whose time is over. */
int attackers_forget(struct db *db, int64_t now, struct err *err);

/* ---- attackers_export.c */

enum export_format { EXPORT_TEXT, EXPORT_NGINX, EXPORT_HAPROXY, NR_EXPORT_FORMATS };

/* -EINVAL: no format is called so. */
int export_format_parse(struct text name, enum export_format *out);
/* Appends a line for each address, in order, each once; what is none is left out. */
int attackers_export(struct db *db, enum export_format format, int64_t now, struct buf *out,
		     struct err *err);

/* SPDX-License-Identifier: GPL-2.0-only */
/* From what a sender posted to records: lines of JSON, each an alert.  Pure. */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "console/record.h"

/*
 * Bytes of one request's body, as sent and once uncompressed; alerts in it; errors that are told
 * apart.
 */
#define INGEST_BODY_MAX ((size_t)8 * 1024 * 1024)
#define INGEST_PLAIN_MAX ((size_t)32 * 1024 * 1024)
#define INGEST_ALERTS_MAX 20000
#define INGEST_ERRORS_MAX 20

struct ingest_error {
	size_t line; /* from 1 on */
	char *what;
};

struct ingest {
	struct arena arena; /* has all of this but the lines themselves */
	struct record *records;
	size_t nr_records;
	struct ingest_error errors[INGEST_ERRORS_MAX];
	size_t nr_errors; /* told apart */
	size_t nr_refused;
};

/*
 * Appends what a gzip stream holds. -EINVAL if it is none or cut short, -E2BIG beyond
 * INGEST_PLAIN_MAX, -ENOMEM.
 */
int ingest_inflate(struct text gzip, struct buf *out);
/*
 * Reads all lines; empty ones are left out, those that are no alerts are counted in *out with what
 * is wrong.  The records point into `body`.  -E2BIG: more than INGEST_ALERTS_MAX; -ENOMEM.  *out is
 * to be given back by ingest_fini() in any case.
 */
int ingest_parse(struct text body, const char *app, struct ingest *out, struct err *err);
void ingest_fini(struct ingest *in);

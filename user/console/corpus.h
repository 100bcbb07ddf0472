/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of attacks, to be sent again by a fuzzer, by CI, or by replay: as alerts have them, so
 * a body is what of it reached the call.  Secrets are taken out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

struct redact;

/* Requests of one corpus; those beyond are left out, and counted. */
#define CORPUS_MAX 5000

/* Equal requests are one. */
struct corpus_entry {
	struct text request;	/* a request of HAR */
	struct text parameters; /* lines: METHOD PATH, source, name and value with tabs between */
	struct text time, id, app; /* of the first alert */
	struct buf rules;	   /* of all of them: texts of JSON, commas between */
	bool whole;		   /* all of the request is known */
};

struct corpus {
	struct redact *redact;
	struct arena arena;
	struct corpus_entry *entries;
	size_t nr, left_out; /* left_out: alerts without a request, or too many */
};

#define _cleanup_corpus_ __attribute__((cleanup(corpus_fini)))

int corpus_init(struct corpus *c, struct err *err);
void corpus_fini(struct corpus *c);
/* The request of an alert.  0 or -ENOMEM. */
int corpus_add(struct corpus *c, struct text alert);

enum corpus_format { CORPUS_HAR, CORPUS_PARAMETERS, NR_CORPUS_FORMATS };

/* "har", "params"; -EINVAL: it is called otherwise. */
int corpus_format_parse(const char *name, enum corpus_format *out);
void corpus_write(struct buf *out, const struct corpus *c, enum corpus_format format);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the requests of a HAR file, ours or another program's.  Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

#define HAR_FILE_MAX ((size_t)64 * 1024 * 1024)
#define HAR_VALUES_MAX 1000000
#define HAR_HEADERS_MAX 64

struct har_request {
	const char *method, *target;	      /* "GET", "/path?query" */
	const char *headers[HAR_HEADERS_MAX]; /* "Name: value" */
	size_t nr_headers;
	struct text body;   /* { NULL, 0 }: none */
	bool lacks;	    /* a header that cannot be sent: it has control characters */
	bool whole;	    /* false: it lacks one, or our own corpus says that not all is known */
	struct text *rules; /* that its alerts were of, where our own corpus says so */
	size_t nr_rules;
};

struct har {
	struct har_request *requests;
	size_t nr;
};

/*
 * What it finds is the arena's.  Headers that are the connection's own business (Host,
 * Content-Length and such) are left out.  -EINVAL with what is wrong, -ENOMEM.
 */
int har_read(struct arena *a, struct text file, struct har *out, struct err *err);

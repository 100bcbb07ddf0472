/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An alert as it is written: its text owns its memory, so that it outlives the event, and is made
 * once for all outputs of one form.  It is never changed, and counted, so that threads share it.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

#include "alert/alert.h"
#include "base/buf.h"

enum written_form {
	WRITTEN_JSON,
	WRITTEN_TEXT,
	WRITTEN_COLORED,
	WRITTEN_ECS,
	WRITTEN_OCSF,
	WRITTEN_CEF,
	WRITTEN_OTLP,
	WRITTEN_BRIEF, /* one line for a person */
	NR_WRITTEN_FORMATS
};

/* What a form is wrapped in. */
enum written_envelope {
	WRITTEN_PLAIN,	 /* nothing: a line, or several */
	WRITTEN_SYSLOG,	 /* a message of RFC 5424 */
	WRITTEN_JOURNAL, /* an entry of systemd's journal */
	WRITTEN_KEYED,	 /* host, session and rule, with a NUL behind each, and the form */
	NR_WRITTEN_ENVELOPES
};

#define WRITTEN_IN(envelope, format) ((unsigned int)(envelope)*NR_WRITTEN_FORMATS + (format))
#define NR_WRITTEN_FORMS WRITTEN_IN(NR_WRITTEN_ENVELOPES, 0)

struct written {
	atomic_uint refs;
	size_t len; /* bytes; the last one of a plain form is the end of a line */
	char text[];
};

/* `scratch` is for the caller to keep from one alert to the next.  NULL: no memory. */
struct written *written_make(unsigned int form, const struct alert *alert, struct buf *scratch);
/* One that was written before. */
struct written *written_of(struct text text);
struct written *written_ref(struct written *w);
void written_unref(struct written *w); /* NULL is allowed */

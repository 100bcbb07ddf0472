/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An alert as it is written: its text owns its memory, so that it outlives the event, and is made once for all outputs
 * of one form.  It is never changed, and counted, so that threads share it.
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
	NR_WRITTEN_FORMS
};

struct written {
	atomic_uint refs;
	size_t len; /* bytes; the last one is the end of a line */
	char text[];
};

/* `scratch` is for the caller to keep from one alert to the next.  NULL: no memory. */
struct written *written_make(enum written_form form, const struct alert *alert,
			     struct buf *scratch);
struct written *written_ref(struct written *w);
void written_unref(struct written *w); /* NULL is allowed */

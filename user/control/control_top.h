/* SPDX-License-Identifier: GPL-2.0-only */
/* What a tracer does a second: from two of its documents, one after the other. */
#pragma once

#include "base/buf.h"

struct cJSON;

/*
 * Appends tables; `before` may be of another run of the tracer, or NULL: then there are no rates
 * yet.
 */
void control_top(struct buf *out, const struct cJSON *before, const struct cJSON *now);
/* The first lines of a text, each cut at so many columns; appends `end` to each. */
void control_top_fit(struct buf *out, const struct buf *text, size_t rows, size_t columns,
		     const char *end);

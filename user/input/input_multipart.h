/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of a multipart/form-data body (RFC 7578), which says itself what stands between them.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

#define INPUT_BOUNDARY_MAX 70

struct input_part {
	struct text name;     /* .s NULL: it has none */
	struct text filename; /* .s NULL: it is no upload */
	struct text content;
	bool last; /* nothing stands behind it: where the body was cut, it was in this one */
};

typedef void (*input_part_fn)(void *ctx, const struct input_part *part);

/* Tells `fn` of each part, in linear time.  False: the text is no such body. */
bool input_multipart_walk(struct text s, input_part_fn fn, void *ctx);

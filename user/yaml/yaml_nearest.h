/* SPDX-License-Identifier: GPL-2.0-only */
/* What a person who wrote a wrong word may have meant. */
#pragma once

#include <stddef.h>

#include "base/text.h"

struct buf;

/* The word of `words` that `given` is a slip of, or NULL if it looks like none of them. */
const char *yaml_nearest(struct text given, const char *const *words, size_t nr_words);

/*
 * Appends a hint behind an error about `given`: "; did you mean `level`?" or "; valid `what` are
 * `a`, `b` and `c`".
 */
void yaml_hint(struct buf *out, struct text given, const char *what, const char *const *words,
	       size_t nr_words);

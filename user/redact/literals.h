/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which of some words are in a text?  One pass over the text, some nanoseconds for a dozen bytes:
 * nearly all text has none of them.
 */
#pragma once

#include <stdint.h>

#include "base/text.h"

#define LITERALS_OF_ONE 16
#define LITERALS_MAX 128

/* A power of two. */
#define LITERALS_HASHES 16384

struct literals {
	/* Whether a word may begin with three bytes, by their hash. */
	uint8_t begin[LITERALS_HASHES / 8];
	struct literal {
		const char *word;
		uint32_t len, begin;
		uint32_t owner;
		uint8_t next; /* of those whose hash ends alike, its number and one; 0: none */
	} items[LITERALS_MAX];
	size_t count;
	uint8_t first[256];
};

/*
 * Adds words (up to the first NULL) of three letters at least, which are not copied.  `owner`: 0 to
 * 31.
 */
void literals_add(struct literals *l, const char *const words[LITERALS_OF_ONE], uint32_t owner);
/* The owners of those that are in the text, as bits. */
uint32_t literals_find(const struct literals *l, struct text text);

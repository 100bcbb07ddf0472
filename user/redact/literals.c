// SPDX-License-Identifier: GPL-2.0-only
#include "redact/literals.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#define BEGIN_LEN 3
#define HASH_BITS 14

_Static_assert(1 << HASH_BITS == LITERALS_HASHES && LITERALS_MAX < 256, "numbers fit");

/* Capital letters become small; what else that makes equal is told apart by comparing words. */
static uint32_t fold(uint32_t last, char c)
{
	return (last << 8 | (unsigned char)c | 0x20) & 0xffffff;
}

static uint32_t hash(uint32_t begin)
{
	return begin * 0x9e3779b1u >> (32 - HASH_BITS);
}

void literals_add(struct literals *l, const char *const words[LITERALS_OF_ONE], uint32_t owner)
{
	for (size_t i = 0; i < LITERALS_OF_ONE && words[i]; i++) {
		struct literal *item = &l->items[l->count];
		const char *word = words[i];
		uint32_t h;

		assert(l->count < LITERALS_MAX && strlen(word) >= BEGIN_LEN && owner < 32);
		*item = (struct literal){ .word = word,
					  .len = (uint32_t)strlen(word),
					  .owner = owner };
		for (size_t c = 0; c < BEGIN_LEN; c++)
			item->begin = fold(item->begin, word[c]);
		h = hash(item->begin);
		l->begin[h / 8] |= (uint8_t)(1 << h % 8);
		item->next = l->first[h % 256];
		l->first[h % 256] = (uint8_t)++l->count;
	}
}

/* Of the words that begin with `begin`, those that stand at the start of the text. */
static uint32_t find_at(const struct literals *l, uint32_t h, uint32_t begin, struct text text)
{
	uint32_t found = 0;

	for (size_t i = l->first[h % 256]; i; i = l->items[i - 1].next) {
		const struct literal *item = &l->items[i - 1];

		if (item->begin == begin && item->len <= text.len &&
		    strncasecmp(item->word, text.s, item->len) == 0)
			found |= 1u << item->owner;
	}
	return found;
}

uint32_t literals_find(const struct literals *l, struct text text)
{
	uint32_t last = 0, found = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint32_t h;

		last = fold(last, text.s[i]);
		h = hash(last);
		if (l->begin[h / 8] & 1 << h % 8 && i + 1 >= BEGIN_LEN) {
			size_t at = i + 1 - BEGIN_LEN;

			found |= find_at(l, h, last, (struct text){ text.s + at, text.len - at });
		}
	}
	return found;
}

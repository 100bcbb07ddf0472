// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the client's text in an argument.  Nearly all needles are in no argument: a filter of the
 * pairs of bytes that the argument holds tells so without a search.
 */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "input/input_internal.h"

/* Bytes that are searched for one argument, needle by needle. */
#define SEARCH_MAX ((size_t)8 << 20)
#define PAIR_BITS 14

struct pairs {
	uint64_t bits[(1 << PAIR_BITS) / 64];
};

static unsigned int pair_of(const char *s)
{
	uint32_t pair = (uint32_t)(unsigned char)s[0] << 8 | (unsigned char)s[1];

	return pair * 2654435761u >> (32 - PAIR_BITS);
}

static bool may_hold(const struct pairs *pairs, struct text needle)
{
	for (size_t i = 0; i + 1 < needle.len; i++) {
		unsigned int bit = pair_of(needle.s + i);

		if (!(pairs->bits[bit / 64] >> bit % 64 & 1))
			return false;
	}
	return true;
}

static bool is_word_char(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

bool input_is_plain(struct text s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_word_char(s.s[i]))
			return false;
	}
	return true;
}

static bool has_word(struct text s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (is_word_char(s.s[i]) || (unsigned char)s.s[i] >= 0x80)
			return true;
	}
	return false;
}

/* In lower case, for comparison; .s NULL: no memory. */
static struct text lowered(struct arena *arena, struct text s)
{
	char *out = arena_alloc(arena, s.len);

	for (size_t i = 0; out && i < s.len; i++)
		out[i] = s.s[i] >= 'A' && s.s[i] <= 'Z' ? (char)(s.s[i] | 32) : s.s[i];
	return (struct text){ out, s.len };
}

/* Two marks without a word between them, as "&&", are found everywhere. */
static bool is_worth_it(const struct input_leaf *leaf, const struct input_search *search,
			struct text needle)
{
	if (search->no_headers && leaf->source == INPUT_FROM_HEADER)
		return false;
	if (needle.len < search->min || (needle.len < 3 && !has_word(needle)))
		return false;
	return search->path_words || leaf->source != INPUT_FROM_PATH || !input_is_plain(needle);
}

static void find_needle(const struct input_leaf *leaf, size_t index, struct text needle,
			struct text text, size_t *searched, struct input_hits *out)
{
	size_t pos = 0;

	while (pos < text.len) {
		const char *found = memmem(text.s + pos, text.len - pos, needle.s, needle.len);
		size_t start = found ? (size_t)(found - text.s) : text.len;

		*searched += start - pos;
		if (!found)
			return;
		/* The text of a leaf that was cut may go on behind what is known of it. */
		out->cut |= leaf->cut;
		if (out->nr_items == INPUT_SPANS_MAX) {
			out->cut = true;
			return;
		}
		out->items[out->nr_items++] =
			(struct input_hit){ start, start + needle.len, index };
		pos = start + needle.len;
	}
}

static int compare_hits(const void *a, const void *b)
{
	const struct input_hit *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

/* Hits that overlap become one span. */
static void merge(struct text text, struct input_hits *out)
{
	qsort(out->items, out->nr_items, sizeof(*out->items), compare_hits);
	for (size_t i = 0; i < out->nr_items; i++) {
		const struct input_hit *hit = &out->items[i];
		struct input_span *last = out->nr_spans ? &out->spans[out->nr_spans - 1] : NULL;

		if (last && hit->start < last->end)
			last->end = MAX(last->end, hit->end);
		else
			out->spans[out->nr_spans++] =
				(struct input_span){ hit->start, hit->end, false };
	}
	for (size_t i = 0; i < out->nr_spans; i++) {
		struct input_span *span = &out->spans[i];

		span->plain = input_is_plain(
			(struct text){ text.s + span->start, span->end - span->start });
	}
}

bool input_find(const struct input_leaves *leaves, const struct input_search *search,
		struct arena *arena, struct text text, struct input_hits *out)
{
	struct pairs pairs = { 0 };
	struct text in = text;
	size_t searched = 0;

	out->nr_items = out->nr_spans = 0;
	out->cut = false;
	if (!text.len)
		return true;
	if (search->caseless) {
		in = lowered(arena, text);
		if (!in.s)
			return false;
	}
	for (size_t i = 0; i + 1 < in.len; i++) {
		unsigned int bit = pair_of(in.s + i);

		pairs.bits[bit / 64] |= 1ULL << bit % 64;
	}
	for (size_t i = 0; i < leaves->nr_needles; i++) {
		const struct input_leaf *leaf = &leaves->items[leaves->needles[i].leaf];
		struct text needle = leaves->needles[i].text;

		if (needle.len > in.len || !is_worth_it(leaf, search, needle))
			continue;
		if (search->caseless) {
			needle = lowered(arena, needle);
			if (!needle.s)
				return false;
		}
		if (!may_hold(&pairs, needle))
			continue;
		if (searched > SEARCH_MAX) {
			out->cut = true;
			break;
		}
		find_needle(leaf, i, needle, in, &searched, out);
	}
	merge(text, out);
	return true;
}

const struct input_hit *input_hit_at(const struct input_hits *hits, size_t at)
{
	const struct input_hit *best = NULL;

	for (size_t i = 0; i < hits->nr_items; i++) {
		const struct input_hit *hit = &hits->items[i];

		if (hit->start <= at && at < hit->end &&
		    (!best || hit->end - hit->start > best->end - best->start))
			best = hit;
	}
	return best;
}

bool input_span_is_whole(const struct input_sink *sink, const struct input_span *span)
{
	for (size_t i = 0; i < sink->text.len; i++) {
		if (i == span->start)
			i = span->end;
		if (i < sink->text.len && (unsigned char)sink->text.s[i] > ' ')
			return false;
	}
	return true;
}

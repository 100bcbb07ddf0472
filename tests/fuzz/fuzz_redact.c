// SPDX-License-Identifier: GPL-2.0-only
/*
 * A text may hold anything.  What is found in it is taken out, and a text without anything stays
 * the very same.  The first byte says whether the text was cut.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "redact/redact.h"

#define MARK_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct redact *make(void)
{
	static const uint8_t key[REDACT_KEY_SIZE];
	static const char *const patterns[] = { "(?i)x-internal-([a-z]+)", "q*" };
	struct redact_opts opts = { .defaults = true,
				    .patterns = patterns,
				    .nr_patterns = 2,
				    .key = key,
				    .key_size = sizeof(key) };
	struct redact *r;
	struct err err;

	if (redact_new(&opts, &r, &err))
		abort();
	return r;
}

/* Is the text the same as `whole` up to a mark? */
static bool is_left_of(struct text text, struct text whole)
{
	static const char mark[] = "[redacted:";
	const size_t mark_len = sizeof(mark) - 1;
	const char *s = text.s, *end = text.s + text.len, *w = whole.s,
		   *end_w = whole.s + whole.len;

	while (s < end && w < end_w && *s == *w) {
		s++;
		w++;
	}
	if (s == end && w == end_w)
		return true;
	/* A secret may begin as a mark does. */
	for (size_t back = 0; back <= MARK_MAX && back <= (size_t)(s - text.s); back++) {
		const char *at = s - back;

		if ((size_t)(end - at) > mark_len && memcmp(at, mark, mark_len) == 0)
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct redact *r;
	struct arena arena = { .limit = (size_t)1 << 20 };
	struct text in, out;
	struct value items[2], list, done;
	uint64_t before;

	if (!r)
		r = make();
	if (!size)
		return 0;
	in = (struct text){ (const char *)data + 1, size - 1 };
	before = redact_count(r);
	out = redact_text(r, &arena, in, data[0] & 1);
	if (!is_left_of(out, in) || (redact_count(r) == before) != (out.s == in.s))
		abort();
	items[0] = (struct value){ .type = VALUE_STR, .text = { in.s, in.len / 2 } };
	items[1] = (struct value){ .type = VALUE_BYTES,
				   .cut = data[0] & 1,
				   .text = { in.s + in.len / 2, in.len - in.len / 2 } };
	list = (struct value){ .type = data[0] & 2 ? VALUE_DICT : VALUE_LIST, .seq = { items, 2 } };
	done = redact_value(r, &arena, items[0].text, &list);
	if (done.seq.count != 2)
		abort();
	arena_fini(&arena);
	return 0;
}

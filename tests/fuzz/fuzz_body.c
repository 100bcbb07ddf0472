// SPDX-License-Identifier: GPL-2.0-only
/* A body may hold anything; it is looked for in itself, in which each piece must be found. */
#include <stdint.h>
#include <stdlib.h>

#include "event/value.h"
#include "input/input_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool touches(struct text part, struct text whole)
{
	return part.s >= whole.s && part.s + part.len <= whole.s + whole.len;
}

static void check(const struct input_leaves *leaves, struct text body)
{
	for (size_t i = 0; i < leaves->nr_items; i++) {
		const struct input_leaf *leaf = &leaves->items[i];

		if (!input_source_name(leaf->source) || !leaf->value.len)
			abort();
		if (leaf->source == INPUT_FROM_BODY && !touches(leaf->value, body))
			abort();
	}
	for (size_t i = 0; i < leaves->nr_needles; i++) {
		if (leaves->needles[i].leaf >= leaves->nr_items || !leaves->needles[i].text.len)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text body = { (const char *)data + 1, size ? size - 1 : 0 };
	struct event_request_value field = { .field = EV_REQ_BODY, .bytes = true, .text = body };
	struct event event = { .request = { REQUEST_ASGI, &field, 1 } };
	struct value v = { .type = VALUE_BYTES, .text = body };
	struct arena arena = { .limit = (size_t)64 << 20 };
	struct inputs in;

	if (!size)
		return 0;
	field.cut = data[0] & 1;
	inputs_init(&in, &arena, &event);
	inputs_judge(&in, INPUT_ANY, (struct text)TEXT("x"), &v);
	check(&in.leaves, body);
	arena_fini(&arena);
	return 0;
}

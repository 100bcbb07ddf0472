// SPDX-License-Identifier: GPL-2.0-only
/*
 * A request and an argument may hold anything.  The first line is a query, what follows are the
 * words of the argument, with NUL between them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/value.h"
#include "input/input.h"

#define WORDS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was found stands in the argument, and says where it came from. */
static void check(const struct input_found *found, struct text rest)
{
	if (!found->source || !input_source_name(found->source))
		abort();
	if (found->value.s < rest.s || found->value.s + found->value.len > rest.s + rest.len)
		abort();
}

static void judge(struct inputs *in, const struct value *v, struct text rest)
{
	for (enum input_kind kind = 0; kind < NR_INPUT_KINDS; kind++) {
		in->found = (struct input_found){ 0 };
		if (inputs_judge(in, kind, (struct text)TEXT("x"), v) == INPUT_FITS)
			check(&in->found, rest);
		else if (in->found.source)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data, *line = size ? memchr(s, '\n', size) : NULL, *pos, *end;
	struct event_request_value fields[4];
	struct event event = { .request = { REQUEST_WSGI, fields, 4 } };
	struct value words[WORDS_MAX] = { 0 };
	struct arena arena = { .limit = (size_t)16 << 20 };
	struct text first, rest;
	struct inputs in;
	size_t n = 0;

	if (!line)
		return 0;
	first = (struct text){ s, (size_t)(line - s) };
	rest = (struct text){ line + 1, size - first.len - 1 };
	fields[0] = (struct event_request_value){ .field = EV_REQ_QUERY, .text = first };
	fields[1] = (struct event_request_value){ .field = EV_REQ_PATH, .text = first };
	fields[2] = (struct event_request_value){ .field = EV_REQ_COOKIE, .text = first };
	fields[3] = (struct event_request_value){ .field = EV_REQ_USER_AGENT, .text = first };
	inputs_init(&in, &arena, &event);
	judge(&in, &(struct value){ .type = VALUE_STR, .text = rest }, rest);
	for (pos = rest.s; n < WORDS_MAX && pos < rest.s + rest.len; pos = end + 1) {
		end = memchr(pos, '\0', (size_t)(rest.s + rest.len - pos));
		if (!end)
			end = rest.s + rest.len;
		words[n].type = n % 2 ? VALUE_BYTES : VALUE_STR;
		words[n++].text = (struct text){ pos, (size_t)(end - pos) };
	}
	judge(&in, &(struct value){ .type = VALUE_LIST, .seq = { words, n } }, rest);
	arena_fini(&arena);
	return 0;
}

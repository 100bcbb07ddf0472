/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The strings in a JSON text, without making anything of it: a reader that forgives what is no
 * JSON, in linear time and without memory.
 */
#pragma once

#include <stdbool.h>

#include "base/text.h"

/* Bytes of a path that are kept, and containers inside containers. */
#define INPUT_JSON_PATH 256
#define INPUT_JSON_DEPTH 64

/* A string between its quotes, escapes as they stand there. */
struct input_json_string {
	struct text path; /* "user.name", "items[0].host"; gone after the call; of a key its own */
	struct text raw;
	bool key;
	bool cut; /* the text ends in it */
};

typedef void (*input_json_fn)(void *ctx, const struct input_json_string *string);

/* May the text be JSON that holds anything? */
bool input_json_begins(struct text s);
/* Tells `fn` of each string.  False: something was nested too deeply, and is left out. */
bool input_json_walk(struct text s, input_json_fn fn, void *ctx);

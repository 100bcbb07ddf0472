/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A strict reader of JSON that keeps what it read in place: an alert is stored as the bytes that
 * came, and a browser reads these, so nothing may pass here that JSON.parse() would refuse.  Unlike
 * cJSON it takes lone surrogates ("\udc80"), which a tracer's alerts may hold.  Pure.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"

/* How deep arrays and objects may be nested, and how many values one text may have. */
#define JSON_DEPTH_MAX 32
#define JSON_VALUES_MAX 20000

enum json_type {
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json {
	enum json_type type;
	struct text key; /* in an object: what stands between the quotes, escapes included */
	struct text raw; /* of a string what stands between the quotes, else all of it */
	struct json *child, *next;
};

/*
 * Reads one value, with nothing but blanks around it.  The nodes are the arena's, what they hold
 * points into `s`, which has to be valid UTF-8.  -EINVAL with what is wrong and at which byte,
 * -ENOMEM.
 */
int json_parse(struct arena *a, const char *s, size_t len, struct json **out, struct err *err);
/* The same with as many values as the caller allows. */
int json_parse_large(struct arena *a, const char *s, size_t len, size_t values_max,
		     struct json **out, struct err *err);

/*
 * The member of that name, which has no escapes in it; NULL if there is none, or `map` is NULL or
 * no object.
 */
const struct json *json_at(const struct json *map, const char *name);
/*
 * What a string stands for: valid UTF-8 in the arena or in the text that was read; { NULL, 0 } for
 * NULL and what is no string.  U+FFFD stands for lone surrogates and for NUL, so that the text can
 * be a C string as well.
 */
struct text json_text(struct arena *a, const struct json *node);
/* The same of a member. */
struct text json_text_at(struct arena *a, const struct json *map, const char *name);

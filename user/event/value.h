/* SPDX-License-Identifier: GPL-2.0-only */
/* A captured Python object, decoded.  Everything lives in the arena of its event. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct buf;

enum value_type {
	VALUE_NONE,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_FLOAT,
	VALUE_STR,
	VALUE_BYTES,
	VALUE_LIST,
	VALUE_TUPLE,
	VALUE_DICT, /* items: key, value, key, value, ... */
	VALUE_SET,
	VALUE_FROZENSET,
	VALUE_OBJECT,	  /* text: name of its type, without the module */
	VALUE_CYCLE,	  /* a container inside itself; of: its type */
	VALUE_UNSET,	  /* an unbound local */
	VALUE_UNREADABLE, /* memory that could not be read */
	VALUE_DEEP,	  /* left out at a bound */
};

struct value {
	enum value_type type;
	bool cut; /* something of this very value was cut at a bound */
	union {
		bool boolean;
		double number;
		struct text text; /* str (decoded), bytes (raw), object */
		struct {
			const uint32_t *digits; /* 30 bits each, least significant first */
			uint32_t ndigits;
			bool negative;
		} integer;
		struct {
			struct value *items;
			size_t count;
		} seq;
		enum value_type of;
	};
};

/* True if v or anything in it was cut, left out or unreadable. */
bool value_is_cut(const struct value *v);

/*
 * Appends Python's repr() of v as UTF-8 (see text.h): an object is CLASS:Name, a cut ends in "…".
 */
void value_repr(struct buf *out, const struct value *v);

/*
 * Appends v as a rule sees it and a template shows it: a str as it is, everything else as its repr.
 */
void value_str(struct buf *out, const struct value *v);

/*
 * Appends v as JSON as the alert format has it: str, int, float, bool and None are JSON values (an
 * int beyond 2^53 is a decimal string, as are nan and infinities strings), the rest strings holding
 * the repr.
 */
void value_json(struct buf *out, const struct value *v);

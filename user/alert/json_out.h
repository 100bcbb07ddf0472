/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON with objects inside objects, as the formats of others have it: what is not known is left
 * out, and so is an object or a list in which nothing is left.  Text is valid UTF-8, and half a
 * surrogate pair, which strict readers refuse, is written out in letters.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"
#include "event/value.h"

#define JSON_OUT_DEPTH 24

struct json_out {
	struct buf *buf;
	unsigned int depth;
	struct {
		size_t start; /* where to go back to if nothing comes of it */
		char close;
		bool some; /* it has members */
	} levels[JSON_OUT_DEPTH];
};

/* The outermost object is begun and ended by these, too; `key` is NULL there, and in a list. */
void json_out_begin(struct json_out *j, const char *key);
void json_out_begin_list(struct json_out *j, const char *key);
/* Ends what was begun last. */
void json_out_end(struct json_out *j);
/* Nothing where there is no text. */
void json_out_text(struct json_out *j, const char *key, struct text t);
void json_out_str(struct json_out *j, const char *key, const char *s);
void json_out_int(struct json_out *j, const char *key, int64_t n);
/* A number of which 0 says that it is not known. */
void json_out_known(struct json_out *j, const char *key, int64_t n);
void json_out_bool(struct json_out *j, const char *key, bool b);
/* As the alert's own format has it, null included. */
void json_out_value(struct json_out *j, struct text key, const struct value *v);
/* A member whose name is a target's; what follows is its value. */
void json_out_key(struct json_out *j, struct text key);
/* The text in `b`, which is empty then. */
void json_out_buf(struct json_out *j, const char *key, struct buf *b);

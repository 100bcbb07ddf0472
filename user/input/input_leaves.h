/* SPDX-License-Identifier: GPL-2.0-only */
/* Adding what a client chose, piece by piece. */
#pragma once

#include "input/input_internal.h"

struct input_maker {
	struct arena *arena;
	struct input_leaves *out;
};

/* A value, with the ways in which it may be used; cut: its end is missing. */
void input_add_leaf(struct input_maker *m, enum input_source source, struct text name,
		    struct text value, bool cut);
/* A name that the client chose: only if it is more than a word. */
void input_add_name(struct input_maker *m, enum input_source source, struct text name, bool cut);
/* "a=b&c=d", encoded */
void input_add_query(struct input_maker *m, enum input_source source, struct text s, bool cut);
/* What is known of the body (input_body.c). */
void input_add_body(struct input_maker *m, const struct event_request *request);

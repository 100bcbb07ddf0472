/* SPDX-License-Identifier: GPL-2.0-only */
/* Columns of text for a terminal, as wide as what stands in them. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

struct control_table {
	const char *align; /* a letter a column: l or r */
	char **cells;	   /* owned; row by row */
	size_t count;
	int failed; /* out of memory: nothing is written */
};

void control_table_init(struct control_table *t, const char *align);
/* Adds a cell, as text_terminal() shows it; NULL: there is nothing to say. */
void control_table_add(struct control_table *t, const char *text);
void control_table_addf(struct control_table *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Appends it, two blanks before each line, and empties it. */
void control_table_write(struct control_table *t, struct buf *out);

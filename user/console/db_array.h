/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A column of many rows as one value, as PostgreSQL takes arrays in binary form: a statement has
 * them as the rows of unnest(?, ?, ...).  Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"
#include "console/db.h"

struct db_array {
	struct buf bytes;
	size_t nr;
	bool is_text, has_null;
};

/* All values of an array are of the same kind: { NULL, 0 } is NULL. */
void db_array_add_number(struct db_array *a, int64_t number);
void db_array_add_text(struct db_array *a, struct text text);
/*
 * Ends it, and gives the value, which points into it.  a->bytes.failed: there was no memory for
 * it.
 */
struct db_value db_array_value(struct db_array *a);
/* Empties it, for the next rows. */
void db_array_reset(struct db_array *a);
void db_array_fini(struct db_array *a);

// SPDX-License-Identifier: GPL-2.0-only
#include "console/db_array.h"

#include <endian.h>
#include <string.h>

#include "console/db_backend.h"

/* What stands before the values: dimensions, whether any is NULL, their type, how many, the first's
 * number. */
#define HEADER 5
/* The length of what is NULL. */
#define NO_VALUE UINT32_MAX

static void put_word(struct buf *out, uint32_t word)
{
	uint32_t big = htobe32(word);

	buf_add(out, &big, sizeof(big));
}

static void begin(struct db_array *a, bool is_text)
{
	for (size_t i = 0; !a->nr && i < HEADER; i++)
		put_word(&a->bytes, 0);
	a->is_text = is_text;
	a->nr++;
}

void db_array_add_number(struct db_array *a, int64_t number)
{
	uint64_t big = htobe64(number);

	begin(a, false);
	put_word(&a->bytes, sizeof(big));
	buf_add(&a->bytes, &big, sizeof(big));
}

void db_array_add_text(struct db_array *a, struct text text)
{
	begin(a, true);
	a->has_null |= !text.s;
	put_word(&a->bytes, text.s ? text.len : NO_VALUE);
	buf_add(&a->bytes, text.s ?: "", text.s ? text.len : 0);
}

struct db_value db_array_value(struct db_array *a)
{
	const uint32_t header[HEADER] = { htobe32(1), htobe32(a->has_null),
					  htobe32(a->is_text ? OID_TEXT : OID_INT8), htobe32(a->nr),
					  htobe32(1) };

	if (a->nr && !a->bytes.failed)
		memcpy(a->bytes.data, header, sizeof(header));
	return (struct db_value){ .is_text = a->is_text,
				  .is_array = true,
				  .text = { a->bytes.data, a->bytes.len } };
}

void db_array_reset(struct db_array *a)
{
	buf_reset(&a->bytes);
	a->nr = 0;
	a->has_null = false;
}

void db_array_fini(struct db_array *a)
{
	buf_fini(&a->bytes);
}

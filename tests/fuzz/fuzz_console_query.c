// SPDX-License-Identifier: GPL-2.0-only
/*
 * A query string may hold anything: either a filter comes of it, whose SQL has as many places as
 * values, or a message.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "console/filter.h"
#include "console/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { "" };
	struct arena a = { 0 };
	struct filter f;
	size_t places = 0;

	if (filter_parse(&a, (struct text){ (const char *)data, size }, 1800000000000000, &f,
			 &err)) {
		if (!*err.msg)
			abort();
	} else {
		_cleanup_query_ struct query q;

		query_build(&q, size % 3 ? DB_SQLITE : DB_POSTGRES, &f, "a.id", size % 2, f.limit);
		for (const char *c = q.sql.data; *c; c++)
			places += *c == '?';
		if (places != q.nr_values || q.nr_values > QUERY_VALUES_MAX)
			abort();
	}
	arena_fini(&a);
	return 0;
}

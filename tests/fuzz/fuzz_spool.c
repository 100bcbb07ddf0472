// SPDX-License-Identifier: GPL-2.0-only
/*
 * A spool's file may hold anything: what is read of it lies within it, and what was written is read
 * again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "sink/spool_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct spool_record r;
	uint8_t *copy = malloc(size + 1);
	size_t at = 0;

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	while (!spool_record_read(copy + at, size - at, &r)) {
		if (r.size > size - at || r.text.s + r.text.len != (const char *)copy + at + r.size)
			abort();
		at += r.size;
	}
	/* Cut or changed anywhere, it is none. */
	spool_record_write(&out, size,
			   (struct text){ (const char *)copy, MIN(size, (size_t)4096) });
	if (spool_record_read(out.data, out.len, &r) || r.number != size || r.size != out.len)
		abort();
	for (size_t len = size % 32; len < out.len; len += 1 + size % 97) {
		if (!spool_record_read(out.data, len, &r))
			abort();
	}
	if (size) {
		out.data[data[0] * out.len / 256] ^= 1 + data[size - 1] % 255;
		if (!spool_record_read(out.data, out.len, &r))
			abort();
	}
	free(copy);
	return 0;
}

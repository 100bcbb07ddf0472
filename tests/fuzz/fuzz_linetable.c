// SPDX-License-Identifier: GPL-2.0-only
/* Any line table: a Python version, a first line, an instruction, then the table. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "py/linetable.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct {
		int32_t firstlineno, lasti;
		uint8_t minor;
	} in;
	uint8_t *table;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	size -= sizeof(in);
	table = malloc(size ? size : 1);
	memcpy(table, data + sizeof(in), size);
	if (linetable_lookup(8 + in.minor % 8, table, size, in.firstlineno, in.lasti) < 0)
		abort();
	free(table);
	return 0;
}

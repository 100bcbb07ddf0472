/* SPDX-License-Identifier: GPL-2.0-only */
/* Line numbers of CPython code objects.  Pure functions over hostile bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * The line of the instruction at byte offset `lasti` of a code object whose co_firstlineno is
 * `firstlineno`, from its table: co_lnotab up to 3.9 (Objects/lnotab_notes.txt), PEP 626
 * co_linetable in 3.10, the location table since 3.11 (Objects/locations.md;
 * InternalDocs/code_objects.md).  `minor` is that of the Python version.  A negative lasti is the
 * start of the code.  Returns 0 where the table has no line for it or is malformed.
 */
int linetable_lookup(unsigned int minor, const uint8_t *table, size_t len, int firstlineno,
		     int32_t lasti);

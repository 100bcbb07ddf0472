/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interpreter's table of handlers, one for each opcode: opcode_targets of
 * Python/opcode_targets.h.
 */
#pragma once

#include <stdint.h>

#include "elf/elf_file.h"
#include "py/py_version.h"

#define DISPATCH_SIZE 256

struct dispatch {
	uint64_t table;			/* ELF address */
	uint64_t target[DISPATCH_SIZE]; /* ELF addresses */
	uint64_t unknown;		/* the handler of the numbers that are no opcode */
};

/* -ENOENT: no such table, or more than one. */
int dispatch_find(const struct elf_file *ef, const struct py_version *v, struct dispatch *out);
/*
 * The words of a loaded range as the dynamic linker leaves them, less the load bias: malloc'ed, 8
 * bytes each, and how many.
 */
int dispatch_range_words(const struct elf_file *ef, const struct elf_range *range,
			 const struct elf_reloc *relocs, size_t nr_relocs, uint64_t **out,
			 size_t *count);

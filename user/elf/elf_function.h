/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file says of where its functions begin. */
#pragma once

#include "elf/elf_file.h"

/*
 * Sets starts[i] where the file says that a function begins at addrs[i]: a symbol of type FUNC, or
 * an entry of the table that unwinders search (.eh_frame_hdr), which a stripped file has as well.
 * An entry of that table may also be a part of a function that a compiler moved away ("f.cold"): an
 * instruction begins there in any case.  Never clears one.
 */
void elf_function_starts(const struct elf_file *ef, const uint64_t *addrs, bool *starts,
			 size_t count);

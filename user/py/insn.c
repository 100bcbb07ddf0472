// SPDX-License-Identifier: GPL-2.0-only
#include "py/insn.h"

#include <errno.h>

#include "elf/elf_file.h"

int insn_decode_at(struct insn_decoder *d, const struct elf_file *ef, uint64_t addr,
		   struct insn *out)
{
	size_t len;
	const uint8_t *code = elf_file_bytes(ef, addr, 1, &len);

	return code ? insn_decode(d, code, len, addr, out) : -EILSEQ;
}

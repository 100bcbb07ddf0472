// SPDX-License-Identifier: GPL-2.0-only
#if defined(__x86_64__)
#include "py/py_jit.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

/*
 * cmpb $0,disp32(%reg) or movzbl disp32(%reg),%reg, in a function of a few instructions without a
 * frame
 */
int jit_decode_flag(const uint8_t *code, size_t len, uint32_t *disp)
{
	len = MIN(len, (size_t)48);
	for (size_t i = 0; i + 7 <= len && code[i] != 0xc3; i++) {
		bool compare = code[i] == 0x80 && (code[i + 1] & 0x38) == 0x38 && code[i + 6] == 0;
		bool load = code[i] == 0x0f && code[i + 1] == 0xb6;
		uint8_t modrm = code[i + (load ? 2 : 1)];

		if ((!compare && !load) || modrm >> 6 != 2 || (modrm & 7) == 4)
			continue;
		memcpy(disp, code + i + (load ? 3 : 2), sizeof(*disp));
		return *disp < 1u << 24 ? 0 : -ENOENT;
	}
	return -ENOENT;
}
#endif

// SPDX-License-Identifier: GPL-2.0-only
#if defined(__x86_64__)
#include "elf/elf_internal.h"

const struct elf_arch elf_arch = {
	.machine = EM_X86_64,
	.r_relative = R_X86_64_RELATIVE,
	.name = "x86_64",
};
#endif

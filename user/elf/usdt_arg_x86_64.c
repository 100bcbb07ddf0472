// SPDX-License-Identifier: GPL-2.0-only
#if defined(__x86_64__)
#include <errno.h>

#include "base/util.h"
#include "elf/usdt_arg.h"

int usdt_register(const char *name, uint8_t *reg)
{
	/* System V ABI, figure 3.36 */
	static const char *const names[] = {
		"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp",
		"r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (str_eq(names[i], name)) {
			*reg = (uint8_t)i;
			return 0;
		}
	}
	return -EOPNOTSUPP;
}
#endif

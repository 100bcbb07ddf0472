// SPDX-License-Identifier: GPL-2.0-only
/* Addresses of functions in code. */
#include "../test.h"

#include "base/util.h"
#include "py/code_refs.h"

#if defined(__x86_64__)
#define AT 0x400000

TEST(taken)
{
	static const uint8_t
		code[] = {
			0x48, 0x3d, 0x01, 0x00, 0x60, 0x00, /* cmp $0x600001,%rax */
			0x49, 0x81, 0xfa, 0x02, 0x00, 0x60,
			0x00, /* cmp $0x600002,%r10 */
			0x48, 0x81, 0x3f, 0x03, 0x00, 0x60,
			0x00, /* cmpq $0x600003,(%rdi) */
			0x48, 0x81, 0x78, 0x10, 0x04, 0x00,
			0x60, 0x00, /* cmpq $0x600004,0x10(%rax) */
			0x48, 0x8d, 0x05, 0xfb, 0xff, 0x1f,
			0x00, /* lea 0x1ffffb(%rip),%rax, that is 0x60001e */
			0xe8, 0x05, 0x00, 0x60, 0x00, /* call */
			0xb8, 0x06, 0x00, 0x60, 0x00, /* mov $0x600006,%eax */
			0x48, 0x3d, 0x07, 0x00,	      /* cut off */
		};
	static const uint64_t addrs[] = { 0x600001, 0x600002, 0x600003, 0x600004,
					  0x60001e, 0x600005, 0x600006, 0x600007 };
	const struct elf_range range = { .addr = AT, .size = sizeof(code), .exec = true };
	bool taken[ARRAY_SIZE(addrs)] = { false };

	code_refs_taken_range(&range, code, addrs, taken, ARRAY_SIZE(addrs));
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++)
		ASSERT_EQ(taken[i], i < 5);
	for (size_t size = 0; size < sizeof(code); size++)
		code_refs_taken_range(&(struct elf_range){ .addr = AT, .size = size }, code, addrs,
				      taken, ARRAY_SIZE(addrs));
}
#endif

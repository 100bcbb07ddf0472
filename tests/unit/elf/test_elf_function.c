// SPDX-License-Identifier: GPL-2.0-only
/* Where functions begin, by a file's own tables. */
#include "test.h"

#include "base/util.h"
#include "elf/elf_build.h"
#include "elf/elf_function.h"

#define HDR 0x301u /* offset of the table for unwinders, in the first segment: nothing is aligned */

static struct elf_build b;

static void put32(uint32_t offset, uint32_t value)
{
	memcpy(b.data + offset, &value, sizeof(value));
}

/* In place of the segment of notes: a table with these functions, and so many entries claimed. */
static void add_unwind_table(const uint64_t *starts, uint32_t count, uint32_t claimed)
{
	static const uint8_t encodings[] = { 1, 0x1b, 0x03, 0x3b };

	eb_phdr(&b, 4, PT_GNU_EH_FRAME, PF_R, HDR, 12 + 8 * count);
	memcpy(b.data + HDR, encodings, sizeof(encodings));
	put32(HDR + 8, claimed);
	for (uint32_t i = 0; i < count; i++)
		put32(HDR + 12 + 8 * i, (uint32_t)(starts[i] - (b.base + HDR)));
}

static void look(const uint64_t *addrs, bool *starts, size_t count)
{
	_cleanup_(elf_file_closep) struct elf_file *ef = NULL;

	if (!elf_file_open_mem(b.data, sizeof(b.data), &ef, NULL))
		elf_function_starts(ef, addrs, starts, count);
}

TEST(by_the_unwind_table)
{
	static const uint64_t starts[] = { EB_BASE + 0x1000, EB_BASE + 0x1010, EB_BASE + 0x1200 };
	static const uint64_t addrs[] = { EB_BASE + 0x1000,
					  EB_BASE + 0x1001,
					  EB_BASE + 0x1010,
					  EB_BASE + 0x1200,
					  EB_BASE + 0x1201,
					  EB_BASE + 0xfff,
					  0,
					  UINT64_MAX };
	bool is[ARRAY_SIZE(addrs)] = { false };

	eb_init(&b, ET_EXEC);
	add_unwind_table(starts, 3, 3);
	look(addrs, is, ARRAY_SIZE(addrs));
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++)
		ASSERT_EQ(is[i], i == 0 || i == 2 || i == 3);
}

TEST(a_broken_unwind_table_proves_nothing)
{
	static const uint64_t starts[] = { EB_BASE + 0x1000 };
	static const uint64_t addr = EB_BASE + 0x1000;
	bool is = false;

	for (unsigned int i = 0; i < 4; i++) { /* an encoding of another kind */
		eb_init(&b, ET_EXEC);
		add_unwind_table(starts, 1, 1);
		b.data[HDR + i] = 0x77;
		look(&addr, &is, 1);
		ASSERT(!is);
	}
	eb_init(&b, ET_EXEC);
	add_unwind_table(starts, 1, UINT32_MAX); /* more entries than there is file */
	look(&addr, &is, 1);
	ASSERT(!is);
	eb_phdr(&b, 4, PT_GNU_EH_FRAME, PF_R, EB_SIZE - 4, 4); /* cut off */
	look(&addr, &is, 1);
	ASSERT(!is);
	eb_phdr(&b, 4, PT_GNU_EH_FRAME, PF_R, UINT64_MAX - 4, 64); /* beyond the end */
	look(&addr, &is, 1);
	ASSERT(!is);
}

TEST(by_symbols)
{
	static const uint64_t addrs[] = { EB_BASE + 0x1010, EB_BASE + 0x1011, EB_BASE + 0x1020,
					  EB_BASE + 0x1030, 0 };
	bool is[ARRAY_SIZE(addrs)] = { false };

	eb_init(&b, ET_EXEC);
	eb_symbol(&b, "function", EB_BASE + 0x1010, STT_FUNC, 5);
	eb_symbol(&b, "variable", EB_BASE + 0x1020, STT_OBJECT, 5);
	eb_symbol(&b, "elsewhere", EB_BASE + 0x1030, STT_FUNC, SHN_UNDEF);
	eb_dynamic(&b);
	/*
	 * Without sections the table's length is not known: what follows it could look like
	 * anything.
	 */
	look(addrs, is, ARRAY_SIZE(addrs));
	ASSERT(!is[0]);
	eb_section(&b, ".dynsym", SHT_DYNSYM, EB_BASE + EB_SYMS, EB_SYMS,
		   b.nr_symbols * sizeof(Elf64_Sym));
	look(addrs, is, ARRAY_SIZE(addrs));
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++)
		ASSERT_EQ(is[i], i == 0);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "py/linetable.h"

#include "base/util.h"
#include "linetables.h"
#include "test.h"

TEST(every_instruction_of_real_code)
{
	size_t checked = 0;

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *s = &samples[i];
		size_t run = 0;

		for (int lasti = 0; lasti < s->code_len; lasti += 2) {
			int line;

			if (run + 1 < s->nr_runs && s->runs[run + 1].lasti == lasti)
				run++;
			line = linetable_lookup(s->minor, s->table, s->table_len, s->firstlineno,
						lasti);
			if (line != s->runs[run].line)
				TEST_FAIL("3.%u %s, byte %d: line %d, expected %d", s->minor,
					  s->name, lasti, line, s->runs[run].line);
			checked++;
		}
		ASSERT_EQ(linetable_lookup(s->minor, s->table, s->table_len, s->firstlineno, -1),
			  s->firstlineno);
	}
	ASSERT(checked > 5000);
}

TEST(all_formats_are_sampled)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		seen |= 1u << samples[i].minor;
	ASSERT_EQ(seen, 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13);
}

TEST(beyond_the_end)
{
	static const uint8_t pairs[] = { 4, 1, 2, 0x80, 2, 1 };
	static const uint8_t locations[] = {
		0x80 | 13 << 3 | 1, 2, 0x80 | 15 << 3, 0x80 | 14 << 3, 3, 1, 1, 1
	};

	ASSERT_EQ(linetable_lookup(10, pairs, sizeof(pairs), 10, 3), 11);
	ASSERT_EQ(linetable_lookup(10, pairs, sizeof(pairs), 10, 4), 0);
	ASSERT_EQ(linetable_lookup(10, pairs, sizeof(pairs), 10, 6), 12);
	ASSERT_EQ(linetable_lookup(10, pairs, sizeof(pairs), 10, 8), 0);
	ASSERT_EQ(linetable_lookup(11, locations, sizeof(locations), 10, 2), 11);
	ASSERT_EQ(linetable_lookup(11, locations, sizeof(locations), 10, 4), 0);
	ASSERT_EQ(linetable_lookup(11, locations, sizeof(locations), 10, 6), 10);
	ASSERT_EQ(linetable_lookup(11, locations, sizeof(locations), 10, 8), 0);
	ASSERT_EQ(linetable_lookup(9, NULL, 0, 10, 8), 10);
	ASSERT_EQ(linetable_lookup(10, NULL, 0, 10, 0), 0);
	ASSERT_EQ(linetable_lookup(13, NULL, 0, 10, 0), 0);
}

TEST(malformed)
{
	/*
	 * a number without an end, one cut off by the next entry, an entry that does not start as
	 * one
	 */
	static const uint8_t endless[] = { 0x80 | 14 << 3, 0x7f, 0x7f, 0x7f, 0x7f,
					   0x7f,	   0x7f, 0x7f, 0x7f };
	static const uint8_t cut[] = { 0x80 | 14 << 3, 0x80 | 10 << 3, 0, 0 };
	static const uint8_t stray[] = { 0x01, 0x80 | 10 << 3 };
	static const uint8_t down[] = { 8, 0x81, 8, 0x81 };

	ASSERT_EQ(linetable_lookup(12, endless, sizeof(endless), 10, 0), 0);
	ASSERT_EQ(linetable_lookup(12, cut, sizeof(cut), 10, 0), 0);
	ASSERT_EQ(linetable_lookup(12, stray, sizeof(stray), 10, 0), 0);
	ASSERT_EQ(linetable_lookup(10, down, sizeof(down), 10, 0), 0);
	ASSERT_EQ(linetable_lookup(8, down, sizeof(down), 10, 100), 0);
	ASSERT_EQ(linetable_lookup(8, down, 3, INT32_MAX, 8), INT32_MAX - 127);
	ASSERT_EQ(linetable_lookup(8, down, 4, -5, INT32_MAX), 0);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Line tables as the kernel side sends them, kept by process and address. */
#include "test.h"

#include <errno.h>

#include "pipeline/lines.h"

#define MINOR 9 /* pairs of a distance in code and one in lines */

/* The line of code at 10 is `first` + step. */
static int add(struct lines *l, pid_t pid, uint64_t address, uint64_t signature, uint8_t step,
	       size_t cut)
{
	struct {
		struct ev_linetable head;
		uint8_t bytes[4];
	} record = { .bytes = { 10, step, 10, 1 } };

	record.head.hdr.pid = pid;
	record.head.linetable = address;
	record.head.signature = signature;
	record.head.len = 4;
	return lines_add(l, &record, sizeof(record.head) + 4 - cut);
}

static int line(const struct lines *l, pid_t pid, uint64_t address, uint64_t signature)
{
	return lines_lookup(l, pid, address, signature, MINOR, 100, 12);
}

TEST(by_process_address_and_signature)
{
	struct lines *l = lines_new();

	ASSERT_EQ(add(l, 1, 0x1000, 7, 5, 0), 0);
	ASSERT_EQ(add(l, 2, 0x1000, 7, 6, 0), 0);
	ASSERT_EQ(add(l, 1, 0x2000, 8, 7, 0), 0);
	ASSERT_EQ(line(l, 1, 0x1000, 7), 105);
	ASSERT_EQ(line(l, 2, 0x1000, 7), 106);
	ASSERT_EQ(line(l, 1, 0x2000, 8), 107);
	ASSERT_EQ(line(l, 1, 0x1000, 8), -ENOENT);
	ASSERT_EQ(line(l, 3, 0x1000, 7), -ENOENT);
	lines_free(l);
}

TEST(an_address_that_is_used_again)
{
	struct lines *l = lines_new();

	ASSERT_EQ(add(l, 1, 0x1000, 7, 5, 0), 0);
	ASSERT_EQ(add(l, 1, 0x1000, 9, 6, 0), 0);
	ASSERT_EQ(line(l, 1, 0x1000, 7), -ENOENT);
	ASSERT_EQ(line(l, 1, 0x1000, 9), 106);
	lines_free(l);
}

TEST(malformed)
{
	struct lines *l = lines_new();

	ASSERT_EQ(add(l, 1, 0x1000, 7, 5, 1), -EPROTO);
	ASSERT_EQ(lines_add(l, "", 0), -EPROTO);
	ASSERT_EQ(line(l, 1, 0x1000, 7), -ENOENT);
	lines_free(l);
}

TEST(too_many)
{
	struct lines *l = lines_new();
	int ret = 0;
	uint64_t n;

	for (n = 0; !ret && n < 1000000; n++)
		ret = add(l, 1, n << 4, 7, 5, 0);
	ASSERT_EQ(ret, -ENOSPC);
	ASSERT_EQ(line(l, 1, 0x10, 7), 105);
	/* One that is there takes no room. */
	ASSERT_EQ(add(l, 1, 0x10, 8, 6, 0), 0);
	ASSERT_EQ(add(l, 1, n << 4, 7, 5, 0), -ENOSPC);
	lines_clear(l);
	ASSERT_EQ(line(l, 1, 0x10, 8), -ENOENT);
	ASSERT_EQ(add(l, 1, n << 4, 7, 5, 0), 0);
	ASSERT_EQ(line(l, 1, n << 4, 7), 105);
	lines_free(l);
}

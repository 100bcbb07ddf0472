// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "elf/elf_build.h"
#include "elf/elf_memo.h"

static const uint64_t key = 0x1000;

static bool has(const struct elf_file *ef, uint64_t k)
{
	uint32_t value = 0;

	return elf_memo_get(ef, ELF_MEMO_TAKEN, &k, sizeof(k), &value, sizeof(value)) && value == 7;
}

static void put(const struct elf_file *ef, uint64_t k)
{
	const uint32_t value = 7;

	elf_memo_put(ef, ELF_MEMO_TAKEN, &k, sizeof(k), &value, sizeof(value));
}

TEST(kept_while_the_file_is_the_same)
{
	struct elf_file *ef = NULL, *again = NULL;

	/* It has been there for long. */
	ASSERT_EQ(elf_file_open("/bin/sh", &ef, NULL), 0);
	ASSERT(!has(ef, key));
	put(ef, key);
	ASSERT(has(ef, key));
	ASSERT_EQ(elf_file_open("/bin/sh", &again, NULL), 0);
	ASSERT(has(again, key));
	elf_file_close(ef);
	elf_file_close(again);
	ASSERT_EQ(elf_file_open("/bin/sh", &ef, NULL), 0);
	ASSERT(has(ef, key));
	elf_file_close(ef);
}

TEST(of_each_file_its_own)
{
	struct elf_file *ef = NULL;

	ASSERT_EQ(elf_file_open("/bin/cat", &ef, NULL), 0);
	ASSERT(!has(ef, key));
	elf_file_close(ef);
}

static struct elf_build b;

/* What was changed a moment ago may be changed again within one step of the file system's clock. */
TEST(not_kept_of_what_has_just_changed)
{
	char path[] = "/tmp/phrude-elf-XXXXXX";
	struct elf_file *ef = NULL;
	int fd = mkstemp(path);

	ASSERT(fd >= 0);
	eb_init(&b, ET_EXEC);
	ASSERT_EQ(write(fd, b.data, sizeof(b.data)), EB_SIZE);
	ASSERT_EQ(elf_file_open(path, &ef, NULL), 0);
	put(ef, key);
	elf_file_close(ef);
	ASSERT_EQ(elf_file_open(path, &ef, NULL), 0);
	ASSERT(!has(ef, key));
	elf_file_close(ef);
	close(fd);
	unlink(path);
}

TEST(not_kept_if_a_part_could_not_be_read)
{
	char path[] = "/tmp/phrude-elf-XXXXXX";
	struct elf_file *ef = NULL;
	uint64_t word;
	int fd = mkstemp(path);

	ASSERT(fd >= 0);
	eb_init(&b, ET_EXEC);
	eb_phdr(&b, 2, PT_LOAD, PF_R | PF_W, EB_DATA, 0x200000);
	ASSERT_EQ(write(fd, b.data, sizeof(b.data)), EB_SIZE);
	ASSERT_EQ(ftruncate(fd, 0x300000), 0);
	ASSERT_EQ(elf_file_open(path, &ef, NULL), 0);
	ASSERT_EQ(ftruncate(fd, 0x1000), 0);
	ASSERT(elf_file_read(ef, EB_BASE + 0x100000, &word, 8));
	put(ef, key);
	ASSERT(!has(ef, key));
	elf_file_close(ef);
	close(fd);
	unlink(path);
}

TEST(kinds_and_keys_are_told_apart)
{
	struct elf_file *ef = NULL;
	uint32_t value;
	uint64_t wide;

	eb_init(&b, ET_EXEC);
	ASSERT_EQ(elf_file_open_mem(b.data, sizeof(b.data), &ef, NULL), 0);
	put(ef, key);
	ASSERT(!has(ef, key + 1));
	ASSERT(!elf_memo_get(ef, ELF_MEMO_CLAIM, &key, sizeof(key), &value, sizeof(value)));
	ASSERT(!elf_memo_get(ef, ELF_MEMO_TAKEN, &key, 4, &value, sizeof(value)));
	ASSERT(!elf_memo_get(ef, ELF_MEMO_TAKEN, &key, sizeof(key), &wide, sizeof(wide)));
	ASSERT(!elf_memo_get(ef, ELF_MEMO_TAKEN, "", 0, &value, sizeof(value)));
	ASSERT(has(ef, key));
	elf_file_close(ef);
}

TEST(bounded)
{
	static uint8_t large[1 << 20], name[ELF_MEMO_KEY_MAX + 1];
	struct elf_file *ef = NULL;
	size_t kept = 0;

	eb_init(&b, ET_EXEC);
	ASSERT_EQ(elf_file_open_mem(b.data, sizeof(b.data), &ef, NULL), 0);
	elf_memo_put(ef, ELF_MEMO_CLAIM, &key, sizeof(key), large, sizeof(large));
	ASSERT(!elf_memo_get(ef, ELF_MEMO_CLAIM, &key, sizeof(key), large, sizeof(large)));
	elf_memo_put(ef, ELF_MEMO_CLAIM, name, sizeof(name), large, 1);
	ASSERT(!elf_memo_get(ef, ELF_MEMO_CLAIM, name, sizeof(name), large, 1));
	for (uint64_t i = 0; i < 20000; i++)
		put(ef, i);
	ASSERT(has(ef, 19999));
	for (uint64_t i = 0; i < 20000; i++)
		kept += has(ef, i);
	ASSERT(kept >= 1 && kept < 10000);
	elf_file_close(ef);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>

#include "elf/elf_build.h"
#include "elf/elf_usdt.h"

static struct elf_build b;

/* Appends a note as <sys/sdt.h> makes it. */
static size_t put_note(uint8_t *p, uint64_t pc, uint64_t base, uint64_t sem, const char *provider,
		       const char *name, const char *args)
{
	const char *strings[] = { provider, name, args };
	uint64_t words[3] = { pc, base, sem };
	uint32_t head[3] = { 8, 24, 3 };
	size_t at = 20;

	memcpy(p + 12, "stapsdt", 8);
	memcpy(p + at, words, sizeof(words));
	at += sizeof(words);
	for (int i = 0; i < 3; i++) {
		memcpy(p + at, strings[i], strlen(strings[i]) + 1);
		at += strlen(strings[i]) + 1;
		head[1] += (uint32_t)strlen(strings[i]) + 1;
	}
	memcpy(p, head, sizeof(head));
	return (at + 3) & ~3u;
}

/* From Debian 11's python3.9: function__entry. */
static const uint8_t recorded[] = {
	0x08, 0x00, 0x00, 0x00, 0x45, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x73, 0x74,
	0x61, 0x70, 0x73, 0x64, 0x74, 0x00, 0xa2, 0xda, 0x42, 0x00, 0x00, 0x00, 0x00, 0x00,
	0xd0, 0x3c, 0x88, 0x00, 0x00, 0x00, 0x00, 0x00, 0xb8, 0xa1, 0x93, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x70, 0x79, 0x74, 0x68, 0x6f, 0x6e, 0x00, 0x66, 0x75, 0x6e, 0x63, 0x74,
	0x69, 0x6f, 0x6e, 0x5f, 0x5f, 0x65, 0x6e, 0x74, 0x72, 0x79, 0x00, 0x38, 0x40, 0x25,
	0x72, 0x31, 0x33, 0x20, 0x38, 0x40, 0x25, 0x72, 0x31, 0x34, 0x20, 0x2d, 0x34, 0x40,
	0x25, 0x65, 0x61, 0x78, 0x00, 0x00, 0x00, 0x00,
};

TEST(recorded_note)
{
	struct elf_usdt_note note;
	size_t pos = 0;

	ASSERT_EQ(elf_usdt_next(recorded, sizeof(recorded), &pos, &note), 0);
	ASSERT_EQ(note.pc, 0x42daa2);
	ASSERT_EQ(note.semaphore, 0x93a1b8);
	ASSERT_STR(note.provider, "python");
	ASSERT_STR(note.name, "function__entry");
	ASSERT_STR(note.args, "8@%r13 8@%r14 -4@%eax");
	ASSERT_EQ(pos, sizeof(recorded));
	ASSERT_EQ(elf_usdt_next(recorded, sizeof(recorded), &pos, &note), -ENOENT);
}

TEST(every_cut_is_an_error)
{
	for (size_t len = 1; len < 89; len++) { /* then comes padding */
		uint8_t *copy = malloc(len);	/* its own allocation, so that an overrun is seen */
		struct elf_usdt_note note;
		size_t pos = 0;
		int ret;

		memcpy(copy, recorded, len);
		ret = elf_usdt_next(copy, len, &pos, &note);
		free(copy);
		ASSERT_EQ(ret, -EPROTO);
	}
}

TEST(strings_must_end_inside)
{
	uint8_t notes[256] = { 0 };
	struct elf_usdt_note note;
	size_t pos = 0, len = put_note(notes, 1, 2, 3, "p", "n", "a");
	uint32_t shorter = 24 + 5;

	memcpy(notes + 4, &shorter, 4); /* the last string without its NUL */
	ASSERT_EQ(elf_usdt_next(notes, len, &pos, &note), -EPROTO);
}

TEST(other_notes_are_passed_over)
{
	static const uint8_t gnu[] = { 4, 0, 0,	  0,   1,   0, 0, 0, 3, 0,
				       0, 0, 'G', 'N', 'U', 0, 9, 0, 0, 0 };
	uint8_t notes[256] = { 0 };
	struct elf_usdt_note note;
	size_t pos = 0, len;

	memcpy(notes, gnu, sizeof(gnu));
	len = sizeof(gnu) + put_note(notes + sizeof(gnu), 1, 2, 3, "p", "n", "");
	ASSERT_EQ(elf_usdt_next(notes, len, &pos, &note), 0);
	ASSERT_EQ(note.pc, 1);
	ASSERT_STR(note.args, "");
}

static void build(uint64_t base_now)
{
	size_t len = 0;

	eb_init(&b, ET_DYN);
	len += put_note(b.data + EB_NOTES, 0x1100, 0x800, EB_TABLE + 2, "python", "function__entry",
			"8@%rbx");
	len += put_note(b.data + EB_NOTES + len, 0x1200, 0x800, 0, "python", "audit", "");
	len += put_note(b.data + EB_NOTES + len, 0x1300, 0x800, EB_TABLE + 2, "python",
			"function__entry", "8@%rbp");
	eb_section(&b, ".note.stapsdt", SHT_NOTE, 0, EB_NOTES, len);
	if (base_now)
		eb_section(&b, ".stapsdt.base", SHT_PROGBITS, base_now, base_now, 1);
}

static int find(const char *name, struct elf_usdt **out, size_t *count)
{
	struct elf_file *ef;
	int ret = elf_file_open_mem(b.data, sizeof(b.data), &ef, NULL);

	if (ret)
		return ret;
	ret = elf_usdt_find(ef, "python", name, out, count);
	elf_file_close(ef);
	return ret;
}

TEST(all_locations)
{
	struct elf_usdt *u;
	size_t n;

	build(0x800);
	ASSERT_EQ(find("function__entry", &u, &n), 0);
	ASSERT_EQ(n, 2);
	ASSERT(u[0].addr == 0x1100 && u[0].offset == 0x1100 && u[0].semaphore == EB_TABLE + 2);
	ASSERT(u[1].addr == 0x1300);
	free(u);
	ASSERT_EQ(find("audit", &u, &n), 0);
	ASSERT_EQ(n, 1);
	ASSERT_EQ(u[0].semaphore, 0);
	free(u);
	ASSERT_EQ(find("line", &u, &n), -ENOENT);
}

TEST(prelinked_file)
{
	struct elf_usdt *u;
	size_t n;

	build(0x840); /* moved by 0x40 since the notes were written */
	ASSERT_EQ(find("function__entry", &u, &n), 0);
	ASSERT(u[0].addr == 0x1140 && u[0].semaphore == EB_TABLE + 0x42);
	free(u);
}

TEST(locations_outside_the_file)
{
	struct elf_usdt *u;
	size_t n;

	eb_init(&b, ET_DYN);
	n = put_note(b.data + EB_NOTES, 0x999999, 0, 0, "python", "audit", "");
	eb_section(&b, ".note.stapsdt", SHT_NOTE, 0, EB_NOTES, n);
	ASSERT_EQ(find("audit", &u, &n), -EPROTO);
}

TEST(no_notes)
{
	struct elf_usdt *u;
	size_t n;

	eb_init(&b, ET_DYN);
	ASSERT_EQ(find("audit", &u, &n), -ENOENT);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "elf/elf_build.h"
#include "elf/elf_file.h"

static struct elf_build b;

static struct elf_file *open_built(void)
{
	struct elf_file *ef = NULL;
	struct err err = { "" };

	if (elf_file_open_mem(b.data, sizeof(b.data), &ef, &err))
		fprintf(stderr, "built file: %s\n", err.msg);
	return ef;
}

static int open_error(struct err *err)
{
	struct elf_file *ef = NULL;
	int ret = elf_file_open_mem(b.data, sizeof(b.data), &ef, err);

	elf_file_close(ef);
	return ret;
}

TEST(symbols_by_hash_table)
{
	uint64_t addr, size;

	eb_init(&b, ET_EXEC);
	eb_symbol(&b, "here", EB_BASE + 0x1010, STT_FUNC, 5);
	eb_symbol(&b, "elsewhere", 0, STT_FUNC, SHN_UNDEF);
	eb_symbol(&b, "thread_local", 8, STT_TLS, 5);
	eb_dynamic(&b);
	_cleanup_(elf_file_closep) struct elf_file *ef = open_built();
	ASSERT(ef);
	ASSERT(!elf_file_is_pie(ef));
	ASSERT_EQ(elf_file_symbol(ef, "here", &addr, &size), 0);
	ASSERT_EQ(addr, EB_BASE + 0x1010);
	ASSERT_EQ(size, 8);
	ASSERT_EQ(elf_file_symbol(ef, "elsewhere", &addr, NULL), -ENOENT);
	ASSERT_EQ(elf_file_symbol(ef, "thread_local", &addr, NULL), -ENOENT);
	ASSERT_EQ(elf_file_symbol(ef, "her", &addr, NULL), -ENOENT);
}

TEST(addresses_and_offsets)
{
	uint64_t v;
	size_t avail;
	uint32_t word;

	eb_init(&b, ET_EXEC);
	eb_dynamic(&b);
	eb_word(&b, EB_TABLE, 0x1122334455667788);
	_cleanup_(elf_file_closep) struct elf_file *ef = open_built();
	ASSERT(ef);
	ASSERT_EQ(elf_file_offset(ef, EB_BASE + EB_TEXT + 5, &v), 0);
	ASSERT_EQ(v, EB_TEXT + 5);
	ASSERT_EQ(elf_file_addr(ef, EB_TEXT + 5, &v), 0);
	ASSERT_EQ(v, EB_BASE + EB_TEXT + 5);
	ASSERT_EQ(elf_file_offset(ef, EB_BASE + EB_SIZE, &v), -ENOENT);
	ASSERT_EQ(elf_file_addr(ef, EB_NOTES, &v), -ENOENT);
	ASSERT_EQ(elf_file_read(ef, EB_BASE + EB_TABLE, &word, 4), 0);
	ASSERT_EQ(word, 0x55667788);
	ASSERT_EQ(elf_file_read(ef, EB_BASE + EB_NOTES - 2, &word, 4), -ENOENT);
	ASSERT(elf_file_bytes(ef, EB_BASE + EB_NOTES - 2, 1, &avail));
	ASSERT_EQ(avail, 2);
	ASSERT(!elf_file_bytes(ef, 0, 1, &avail));
	ASSERT(!elf_file_bytes(ef, UINT64_MAX, 1, &avail));
}

TEST(load_bias)
{
	uint64_t bias;

	eb_init(&b, ET_DYN);
	_cleanup_(elf_file_closep) struct elf_file *ef = open_built();
	ASSERT(ef);
	ASSERT(elf_file_is_pie(ef));
	ASSERT_EQ(elf_file_load_bias(ef, 0x7f0000001000, EB_TEXT, true, &bias), 0);
	ASSERT_EQ(bias, 0x7f0000000000);
	/* the second page of a segment that was split */
	ASSERT_EQ(elf_file_load_bias(ef, 0x7f0000002000, EB_TEXT + 0x1000, true, &bias), 0);
	ASSERT_EQ(bias, 0x7f0000000000);
	ASSERT_EQ(elf_file_load_bias(ef, 0x7f0000003000, EB_DATA, true, &bias), -ENOENT);
}

TEST(relative_relocations_are_sorted)
{
	struct elf_reloc *r;
	size_t n;

	eb_init(&b, ET_DYN);
	eb_reloc(&b, EB_TABLE + 8, R_X86_64_RELATIVE, 0x1010);
	eb_reloc(&b, EB_TABLE + 16, R_X86_64_GLOB_DAT, 0x9999);
	eb_reloc(&b, EB_TABLE, R_X86_64_RELATIVE, 0x1020);
	eb_dynamic(&b);
	_cleanup_(elf_file_closep) struct elf_file *ef = open_built();
	ASSERT(ef);
	ASSERT_EQ(elf_file_relative_relocs(ef, &r, &n), 0);
	ASSERT_EQ(n, 2);
	ASSERT(r[0].addr == EB_TABLE && r[0].value == 0x1020);
	ASSERT(r[1].addr == EB_TABLE + 8 && r[1].value == 0x1010);
	free(r);
}

TEST(soname_needed_build_id)
{
	static const uint8_t note[] = { 4, 0, 0,   0,	3,   0, 0,    0,    3,	  0,
					0, 0, 'G', 'N', 'U', 0, 0xab, 0x01, 0xff, 0 };
	char hex[41];

	eb_init(&b, ET_DYN);
	eb_dyn(&b, DT_SONAME, eb_string(&b, "libpython3.9.so.1.0"));
	eb_dyn(&b, DT_NEEDED, eb_string(&b, "libc.so.6"));
	eb_dynamic(&b);
	memcpy(b.data + EB_NOTES, note, sizeof(note));
	eb_phdr(&b, 4, PT_NOTE, PF_R, EB_NOTES, sizeof(note));
	_cleanup_(elf_file_closep) struct elf_file *ef = open_built();
	ASSERT(ef);
	ASSERT_STR(elf_file_soname(ef), "libpython3.9.so.1.0");
	ASSERT(elf_file_needs(ef, "libc."));
	ASSERT(!elf_file_needs(ef, "libpython"));
	elf_file_build_id(ef, hex, sizeof(hex));
	ASSERT_STR(hex, "ab01ff");
	elf_file_build_id(ef, hex, 5); /* cut, not overrun */
	ASSERT_STR(hex, "ab01");
}

TEST(other_files_are_refused)
{
	Elf64_Ehdr *eh = (Elf64_Ehdr *)b.data;
	struct err err;

	eb_init(&b, ET_EXEC);
	eh->e_machine = EM_386;
	ASSERT_EQ(open_error(&err), -EPROTO);
	ASSERT_HAS(err.msg, "another machine");
	eb_init(&b, ET_EXEC);
	eh->e_ident[EI_CLASS] = ELFCLASS32;
	ASSERT_EQ(open_error(&err), -EPROTO);
	ASSERT_HAS(err.msg, "64-bit");
	eb_init(&b, ET_EXEC);
	eh->e_ident[0] = '#';
	ASSERT_EQ(open_error(&err), -EPROTO);
	eb_init(&b, ET_REL);
	ASSERT_EQ(open_error(&err), -EPROTO);
	eb_init(&b, ET_EXEC);
	eh->e_phoff = EB_SIZE - 8;
	ASSERT_EQ(open_error(&err), -EPROTO);
	eb_init(&b, ET_EXEC);
	eh->e_phoff = UINT64_MAX - 16;
	ASSERT_EQ(open_error(&err), -EPROTO);
	eb_init(&b, ET_EXEC);
	eb_phdr(&b, 1, PT_LOAD, PF_X, EB_TEXT, EB_SIZE);
	ASSERT_EQ(open_error(&err), -EPROTO);
	eb_init(&b, ET_EXEC);
	eb_phdr(&b, 1, PT_LOAD, PF_X, EB_TEXT, UINT64_MAX);
	ASSERT_EQ(open_error(&err), -EPROTO);
}

/* Broken tables count as absent. */
TEST(broken_tables)
{
	Elf64_Ehdr *eh = (Elf64_Ehdr *)b.data;
	struct elf_range range;
	uint64_t addr;

	eb_init(&b, ET_EXEC);
	eb_symbol(&b, "here", EB_BASE + 0x1010, STT_FUNC, 5);
	eb_dyn(&b, DT_GNU_HASH, EB_BASE + EB_NOTES - 18); /* cut off: it hides DT_HASH */
	eb_dynamic(&b);
	eh->e_shoff = EB_SIZE - 64;
	eh->e_shnum = 60000;
	eh->e_shentsize = sizeof(Elf64_Shdr);
	_cleanup_(elf_file_closep) struct elf_file *ef = open_built();
	ASSERT(ef);
	ASSERT_EQ(elf_file_symbol(ef, "here", &addr, NULL), -ENOENT);
	ASSERT_EQ(elf_file_section(ef, ".text", &range), -ENOENT);
}

/* A real file, which has a GNU hash table, and a .symtab only while it is not stripped. */
__attribute__((noinline)) int elf_test_marker(int x);
int elf_test_marker(int x)
{
	return x + 1;
}

TEST(own_executable)
{
	_cleanup_(elf_file_closep) struct elf_file *ef = NULL;
	struct elf_range text;
	uint64_t addr, main_addr, size;
	uint8_t byte;

	ASSERT_EQ(elf_file_open("/proc/self/exe", &ef, NULL), 0);
	ASSERT_EQ(elf_file_symbol(ef, "elf_test_marker", &addr, &size), 0);
	ASSERT_EQ(elf_file_symbol(ef, "main", &main_addr, NULL), 0);
	ASSERT_EQ((intptr_t)elf_test_marker - (intptr_t)addr, (intptr_t)main - (intptr_t)main_addr);
	ASSERT_EQ(elf_file_read(ef, addr, &byte, 1), 0);
	ASSERT_EQ(byte, *(const uint8_t *)(uintptr_t)elf_test_marker);
	ASSERT_EQ(elf_file_section(ef, ".text", &text), 0);
	ASSERT(text.exec && !text.write);
	ASSERT(addr >= text.addr && addr - text.addr < text.size);
}

TEST(files_that_are_none)
{
	struct elf_file *ef;
	struct err err;

	ASSERT_EQ(elf_file_open("/nonexistent", &ef, &err), -ENOENT);
	ASSERT_HAS(err.msg, "/nonexistent");
	ASSERT_EQ(elf_file_open("/proc", &ef, &err), -EPROTO);
	ASSERT_EQ(elf_file_open("/dev/null", &ef, &err), -EPROTO);
}

/* A file that becomes shorter while it is open ends in an error, not in a signal. */
TEST(truncated_while_open)
{
	char path[] = "/tmp/phrude-elf-XXXXXX";
	struct elf_file *ef = NULL;
	uint64_t word;
	int fd = mkstemp(path);

	ASSERT(fd >= 0);
	eb_init(&b, ET_EXEC);
	eb_dynamic(&b);
	eb_phdr(&b, 2, PT_LOAD, PF_R | PF_W, EB_DATA, 0x200000);
	ASSERT_EQ(write(fd, b.data, sizeof(b.data)), EB_SIZE);
	ASSERT_EQ(ftruncate(fd, 0x300000), 0);
	ASSERT_EQ(elf_file_open(path, &ef, NULL), 0);
	ASSERT_EQ(ftruncate(fd, 0x1000), 0);
	ASSERT_EQ(elf_file_read(ef, EB_BASE + 0x100000, &word, 8), -ENOENT);
	elf_file_close(ef);
	close(fd);
	unlink(path);
}

static long resident_kib(void)
{
	long pages = 0, size;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		pages = -1;
	if (f)
		fclose(f);
	return pages * 4;
}

/*
 * Does this kernel give a page of its own to whoever reads one that was never written, instead of
 * that of zeros?
 */
static bool reading_takes_memory(void)
{
	size_t bytes = 8 << 20;
	char *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long before = resident_kib(), after;

	if (map == MAP_FAILED)
		return false;
	for (size_t i = 0; i < bytes; i += 4096)
		*(volatile char *)(map + i);
	after = resident_kib();
	munmap(map, bytes);
	return after - before > (long)bytes / 2048;
}

/* A file with a .symtab of so many bytes, and a segment of as many; its own size is beyond that. */
static int make_large(char *path, uint64_t bytes)
{
	Elf64_Shdr sh[3] = { 0 };
	Elf64_Ehdr eh;
	int fd = mkstemp(path);

	eb_init(&b, ET_EXEC);
	eb_dynamic(&b);
	eb_phdr(&b, 2, PT_LOAD, PF_R | PF_X, EB_SIZE, bytes);
	memcpy(&eh, b.data, sizeof(eh));
	eh.e_shoff = EB_SIZE;
	eh.e_shnum = 3;
	eh.e_shentsize = sizeof(sh[0]);
	eh.e_shstrndx = 2;
	memcpy(b.data, &eh, sizeof(eh));
	sh[1] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
			      .sh_offset = EB_SIZE + 4096,
			      .sh_size = bytes - 4096,
			      .sh_link = 2 };
	sh[2] = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = EB_SIZE + 4096, .sh_size = 4096 };
	if (write(fd, b.data, sizeof(b.data)) != EB_SIZE ||
	    write(fd, sh, sizeof(sh)) != sizeof(sh) || ftruncate(fd, (off_t)(EB_SIZE + bytes)))
		return -1;
	return fd;
}

TEST(a_sparse_file_takes_no_memory)
{
	char path[] = "/tmp/phrude-elf-XXXXXX";
	int fd = make_large(path, 3ULL << 30);
	struct elf_file *ef = NULL;
	long before = resident_kib();
	uint64_t addr;

	ASSERT(fd >= 0);
	ASSERT_EQ(elf_file_open(path, &ef, NULL), 0);
	ASSERT_EQ(elf_file_symbol(ef, "nothing", &addr, NULL), -ENOENT);
	ASSERT(resident_kib() - before < 20 * 1024 || reading_takes_memory());
	elf_file_close(ef);
	close(fd);
	unlink(path);
}

TEST(a_large_file_is_cut)
{
	char path[] = "/tmp/phrude-elf-XXXXXX";
	int fd = make_large(path, 64 << 20);
	static uint8_t full[1 << 20];
	struct elf_file *ef = NULL;
	long before = resident_kib();
	uint64_t cut = elf_files_too_large();
	const struct elf_range *loads;
	size_t count;

	ASSERT(fd >= 0);
	memset(full, 1, sizeof(full));
	for (int i = 1; i < 64; i++)
		ASSERT_EQ(pwrite(fd, full, sizeof(full), i << 20), sizeof(full));
	ASSERT_EQ(elf_file_open(path, &ef, NULL), 0);
	loads = elf_file_loads(ef, &count);
	ASSERT(elf_file_range_bytes(ef, &loads[count - 1]) == NULL);
	ASSERT(resident_kib() - before < 45 * 1024);
	ASSERT(elf_files_too_large() > cut);
	elf_file_close(ef);
	/* What was held is free again. */
	ASSERT_EQ(elf_file_open("/proc/self/exe", &ef, NULL), 0);
	ASSERT(elf_file_fd(ef) >= 0);
	elf_file_close(ef);
	close(fd);
	unlink(path);
}

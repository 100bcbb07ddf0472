// SPDX-License-Identifier: GPL-2.0-only
#include "elf/elf_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/reader.h"
#include "base/util.h"
#include "elf/elf_store.h"

const char *elf_string(const struct elf_file *ef, uint64_t table, uint64_t size, uint64_t index)
{
	uint64_t left, len;

	if (index >= size || table > ef->size || size > ef->size - table)
		return NULL;
	left = MIN(size - index, (uint64_t)ELF_STRING_MAX);
	/* Strings are short: look at a little first instead of at a table of megabytes. */
	for (len = MIN(left, 256u);; len = MIN(left, len * 16)) {
		const char *s = elf_at(ef, table + index, len);

		if (!s)
			return NULL;
		if (memchr(s, '\0', len))
			return s;
		if (len == left)
			return NULL;
	}
}

static int check_header(const struct elf_file *ef, const Elf64_Ehdr **out, struct err *err)
{
	const Elf64_Ehdr *eh = elf_at(ef, 0, sizeof(*eh));

	if (!eh || memcmp(eh->e_ident, ELFMAG, SELFMAG))
		return err_set(err, -EPROTO, "not an ELF file");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(err, -EPROTO, "not a 64-bit little-endian ELF file");
	if (eh->e_machine != elf_arch.machine)
		return err_set(err, -EPROTO,
			       "an ELF file for another machine than %s (e_machine %u)",
			       elf_arch.name, eh->e_machine);
	if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
		return err_set(err, -EPROTO, "neither an executable nor a shared object");
	if (eh->e_phentsize != sizeof(Elf64_Phdr) || eh->e_phnum == 0 ||
	    eh->e_phnum > ELF_PHDRS_MAX)
		return err_set(err, -EPROTO, "an ELF file with a malformed program header table");
	*out = eh;
	return 0;
}

static int read_segments(struct elf_file *ef, const Elf64_Ehdr *eh, struct err *err)
{
	const Elf64_Phdr *ph = elf_at(ef, eh->e_phoff, eh->e_phnum * sizeof(*ph));

	if (!ph || eh->e_phoff % _Alignof(Elf64_Phdr))
		return err_set(err, -EPROTO, "an ELF file with a malformed program header table");
	ef->loads = calloc(eh->e_phnum, sizeof(*ef->loads));
	if (!ef->loads)
		return -ENOMEM;
	for (size_t i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_DYNAMIC) {
			ef->dynamic_offset = ph[i].p_offset;
			ef->dynamic_size = ph[i].p_filesz;
		}
		if (ph[i].p_type == PT_GNU_EH_FRAME) {
			ef->unwind_addr = ph[i].p_vaddr;
			ef->unwind_offset = ph[i].p_offset;
			ef->unwind_size = ph[i].p_filesz;
		}
		if (ph[i].p_type != PT_LOAD)
			continue;
		if (ph[i].p_offset > ef->size || ph[i].p_filesz > ef->size - ph[i].p_offset ||
		    ph[i].p_vaddr + ph[i].p_memsz < ph[i].p_vaddr || ph[i].p_filesz > ph[i].p_memsz)
			return err_set(err, -EPROTO, "an ELF file with a segment beyond its end");
		ef->loads[ef->nr_loads++] = (struct elf_range){
			.addr = ph[i].p_vaddr,
			.offset = ph[i].p_offset,
			.size = ph[i].p_filesz,
			.exec = ph[i].p_flags & PF_X,
			.write = ph[i].p_flags & PF_W,
			.name = "",
		};
	}
	if (ef->nr_loads == 0)
		return err_set(err, -EPROTO, "an ELF file that loads nothing");
	return 0;
}

/* Section headers are a help, not a need: whatever is wrong with them, there are none then. */
static void read_sections(struct elf_file *ef, const Elf64_Ehdr *eh)
{
	const Elf64_Shdr *sh;

	if (eh->e_shoff == 0 || eh->e_shoff % _Alignof(Elf64_Shdr) || eh->e_shnum == 0 ||
	    eh->e_shentsize != sizeof(*sh) || eh->e_shnum > ELF_SECTIONS_MAX ||
	    eh->e_shstrndx >= eh->e_shnum)
		return;
	sh = elf_at(ef, eh->e_shoff, eh->e_shnum * sizeof(*sh));
	if (!sh)
		return;
	ef->shoff = eh->e_shoff;
	ef->nr_sections = eh->e_shnum;
	ef->shstr_offset = sh[eh->e_shstrndx].sh_offset;
	ef->shstr_size = sh[eh->e_shstrndx].sh_size;
}

static int elf_file_init(struct elf_file *ef, struct err *err)
{
	const Elf64_Ehdr *eh = NULL;
	int ret;

	ret = check_header(ef, &eh, err);
	if (ret)
		return ret;
	ef->pie = eh->e_type == ET_DYN;
	ret = read_segments(ef, eh, err);
	if (ret)
		return ret;
	read_sections(ef, eh);
	elf_dynamic_read(ef);
	return 0;
}

/* Parses what is new; `st` is given up.  fd: taken. */
static int elf_file_new(struct elf_store *st, bool fresh, const struct stat *sb, int fd,
			struct elf_file **out, struct err *err)
{
	struct elf_file *ef;
	int ret = 0;

	if (fresh) {
		st->parsed.store = st;
		st->parsed.size = st->size;
		ret = elf_file_init(&st->parsed, err);
		if (!ret && st->fd >= 0 && !st->broken)
			elf_store_list(st);
	}
	ef = ret ? NULL : malloc(sizeof(*ef));
	if (!ef) {
		elf_store_put(st);
		if (fd >= 0)
			close(fd);
		return ret ? ret : -ENOMEM;
	}
	*ef = st->parsed;
	ef->fd = fd;
	if (sb) {
		ef->dev = sb->st_dev;
		ef->ino = sb->st_ino;
	}
	*out = ef;
	return 0;
}

int elf_file_open(const char *path, struct elf_file **out, struct err *err)
{
	struct stat sb = { 0 };
	_cleanup_close_ int fd = reader_open(path, &sb);
	struct elf_store *st;
	bool fresh;
	int ret;

	if (fd < 0)
		return err_set(err, fd, "cannot open %s: %s", path, strerror(-fd));
	if (!S_ISREG(sb.st_mode) || sb.st_size <= 0 || (uint64_t)sb.st_size > ELF_FILE_MAX)
		return err_set(err, -EPROTO, "not an ELF file");
	ret = elf_store_get(fd, &sb, &st, &fresh);
	return ret ? ret : elf_file_new(st, fresh, &sb, TAKE_FD(fd), out, err);
}

int elf_file_open_mem(const void *data, size_t size, struct elf_file **out, struct err *err)
{
	struct elf_store *st;

	if ((uintptr_t)data % _Alignof(Elf64_Ehdr))
		return -EINVAL;
	st = elf_store_of_memory(data, size);
	return st ? elf_file_new(st, true, NULL, -1, out, err) : -ENOMEM;
}

void elf_file_close(struct elf_file *ef)
{
	if (!ef)
		return;
	elf_store_put(ef->store);
	if (ef->fd >= 0)
		close(ef->fd);
	free(ef);
}

int elf_file_fd(const struct elf_file *ef)
{
	return ef->fd;
}

dev_t elf_file_dev(const struct elf_file *ef)
{
	return ef->dev;
}

ino_t elf_file_ino(const struct elf_file *ef)
{
	return ef->ino;
}

bool elf_file_is_pie(const struct elf_file *ef)
{
	return ef->pie;
}

const struct elf_range *elf_file_loads(const struct elf_file *ef, size_t *count)
{
	*count = ef->nr_loads;
	return ef->loads;
}

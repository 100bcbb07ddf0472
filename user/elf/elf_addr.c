// SPDX-License-Identifier: GPL-2.0-only
/* Addresses, file offsets and sections. */
#include "elf/elf_internal.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

/* The kernel maps whole pages, and only multiples of the page size: fs/binfmt_elf.c, elf_map(). */
#define ELF_PAGE 4096ULL

int elf_file_offset(const struct elf_file *ef, uint64_t addr, uint64_t *offset)
{
	for (size_t i = 0; i < ef->nr_loads; i++) {
		const struct elf_range *r = &ef->loads[i];

		if (addr >= r->addr && addr - r->addr < r->size) {
			*offset = r->offset + (addr - r->addr);
			return 0;
		}
	}
	return -ENOENT;
}

int elf_file_addr(const struct elf_file *ef, uint64_t offset, uint64_t *addr)
{
	for (size_t i = 0; i < ef->nr_loads; i++) {
		const struct elf_range *r = &ef->loads[i];

		if (offset >= r->offset && offset - r->offset < r->size) {
			*addr = r->addr + (offset - r->offset);
			return 0;
		}
	}
	return -ENOENT;
}

int elf_file_load_bias(const struct elf_file *ef, uint64_t start, uint64_t offset, bool exec,
		       uint64_t *bias)
{
	for (size_t i = 0; i < ef->nr_loads; i++) {
		const struct elf_range *r = &ef->loads[i];
		uint64_t first = r->offset & ~(ELF_PAGE - 1);

		if (r->exec != exec || offset < first || offset >= r->offset + r->size)
			continue;
		*bias = start - (r->addr - (r->offset - first)) - (offset - first);
		return 0;
	}
	return -ENOENT;
}

const uint8_t *elf_file_bytes(const struct elf_file *ef, uint64_t addr, size_t len, size_t *avail)
{
	for (size_t i = 0; i < ef->nr_loads; i++) {
		const struct elf_range *r = &ef->loads[i];
		uint64_t skip = addr - r->addr;

		if (addr < r->addr || skip >= r->size)
			continue;
		if (len > r->size - skip)
			return NULL;
		if (!avail)
			return elf_at(ef, r->offset + skip, len);
		*avail = r->size - skip;
		return elf_at(ef, r->offset + skip, *avail);
	}
	return NULL;
}

const uint8_t *elf_file_range_bytes(const struct elf_file *ef, const struct elf_range *range)
{
	return elf_at(ef, range->offset, range->size);
}

int elf_file_read(const struct elf_file *ef, uint64_t addr, void *buf, size_t len)
{
	const uint8_t *p = elf_file_bytes(ef, addr, len, NULL);

	if (!p)
		return -ENOENT;
	memcpy(buf, p, len);
	return 0;
}

bool elf_file_is_code(const struct elf_file *ef, uint64_t addr)
{
	for (size_t i = 0; i < ef->nr_loads; i++) {
		const struct elf_range *r = &ef->loads[i];

		if (r->exec && addr >= r->addr && addr - r->addr < r->size)
			return true;
	}
	return false;
}

const void *elf_unwind_header(const struct elf_file *ef, uint64_t len, uint64_t *addr,
			      uint64_t *offset)
{
	*addr = ef->unwind_addr;
	*offset = ef->unwind_offset;
	return ef->unwind_size >= len ? elf_at(ef, ef->unwind_offset, len) : NULL;
}

const Elf64_Shdr *elf_section_header(const struct elf_file *ef, size_t i)
{
	if (i >= ef->nr_sections)
		return NULL;
	return elf_at(ef, ef->shoff + i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
}

int elf_file_section(const struct elf_file *ef, const char *name, struct elf_range *out)
{
	for (size_t i = 0; i < ef->nr_sections; i++) {
		const Elf64_Shdr *sh = elf_section_header(ef, i);
		const char *s;

		if (!sh)
			break;
		s = elf_string(ef, ef->shstr_offset, ef->shstr_size, sh->sh_name);
		if (!s || !str_eq(s, name))
			continue;
		*out = (struct elf_range){
			.addr = sh->sh_addr,
			.offset = sh->sh_offset,
			.size = sh->sh_type == SHT_NOBITS ? 0 : sh->sh_size,
			.exec = sh->sh_flags & SHF_EXECINSTR,
			.write = sh->sh_flags & SHF_WRITE,
			.name = s,
		};
		return out->offset > ef->size || out->size > ef->size - out->offset ? -ENOENT : 0;
	}
	return -ENOENT;
}

static bool build_id_in(const uint8_t *notes, uint64_t size, char *hex, size_t hex_size)
{
	while (size >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr nh;
		uint64_t name_len, desc_len, total;

		memcpy(&nh, notes, sizeof(nh));
		name_len = (nh.n_namesz + 3ULL) & ~3ULL;
		desc_len = (nh.n_descsz + 3ULL) & ~3ULL;
		total = sizeof(nh) + name_len + desc_len;
		if (total > size)
			return false;
		if (nh.n_type == NT_GNU_BUILD_ID && nh.n_namesz == 4 &&
		    !memcmp(notes + sizeof(nh), "GNU", 4)) {
			const uint8_t *id = notes + sizeof(nh) + name_len;

			for (size_t i = 0; i < nh.n_descsz && 2 * i + 2 < hex_size; i++) {
				hex[2 * i] = "0123456789abcdef"[id[i] >> 4];
				hex[2 * i + 1] = "0123456789abcdef"[id[i] & 15];
				hex[2 * i + 2] = '\0';
			}
			return true;
		}
		notes += total;
		size -= total;
	}
	return false;
}

void elf_file_build_id(const struct elf_file *ef, char *hex, size_t size)
{
	const Elf64_Ehdr *eh = elf_at(ef, 0, sizeof(*eh));
	const Elf64_Phdr *ph;

	hex[0] = '\0';
	ph = elf_at(ef, eh->e_phoff, eh->e_phnum * sizeof(*ph));
	for (size_t i = 0; ph && i < eh->e_phnum; i++) {
		const uint8_t *notes;

		if (ph[i].p_type != PT_NOTE || ph[i].p_filesz > 65536)
			continue;
		notes = elf_at(ef, ph[i].p_offset, ph[i].p_filesz);
		if (notes && build_id_in(notes, ph[i].p_filesz, hex, size))
			return;
	}
}

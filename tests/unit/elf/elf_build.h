/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small ELF files in memory: three segments at fixed places, a dynamic symbol table, sections where
 * wanted.
 */
#pragma once

#include <elf.h>
#include <stdint.h>
#include <string.h>

#define EB_TEXT 0x1000u	 /* offset of the executable segment */
#define EB_DATA 0x3000u	 /* offset of the writable one, which begins with the dynamic section */
#define EB_TABLE 0x4000u /* free for the test */
#define EB_NOTES 0x7000u /* not loaded: notes, section names, section headers */
#define EB_SIZE 0x8000u
#define EB_BASE 0x400000u /* address minus offset of an executable */

enum { EB_RELA = 0x380, EB_SYMS = 0x800, EB_STRS = 0xb00, EB_HASH = 0xe00 };

struct elf_build {
	_Alignas(16) uint8_t data[EB_SIZE];
	uint64_t base;
	uint32_t nr_symbols, strs_size, nr_relas, nr_dyn, nr_sections, shstr_size;
};

static inline void eb_phdr(struct elf_build *b, unsigned int i, uint32_t type, uint32_t flags,
			   uint64_t offset, uint64_t size)
{
	Elf64_Phdr ph = { .p_type = type,
			  .p_flags = flags,
			  .p_offset = offset,
			  .p_vaddr = b->base + offset,
			  .p_filesz = size,
			  .p_memsz = size };

	memcpy(b->data + sizeof(Elf64_Ehdr) + i * sizeof(ph), &ph, sizeof(ph));
}

static inline void eb_init(struct elf_build *b, uint16_t type)
{
	Elf64_Ehdr eh = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			  .e_type = type,
			  .e_machine = EM_X86_64,
			  .e_version = EV_CURRENT,
			  .e_phoff = sizeof(eh),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 5 };

	memset(b, 0, sizeof(*b));
	b->base = type == ET_EXEC ? EB_BASE : 0;
	memcpy(b->data, &eh, sizeof(eh));
	eb_phdr(b, 0, PT_LOAD, PF_R, 0, EB_TEXT);
	eb_phdr(b, 1, PT_LOAD, PF_R | PF_X, EB_TEXT, EB_DATA - EB_TEXT);
	eb_phdr(b, 2, PT_LOAD, PF_R | PF_W, EB_DATA, EB_NOTES - EB_DATA);
	eb_phdr(b, 3, PT_DYNAMIC, PF_R | PF_W, EB_DATA, 32 * sizeof(Elf64_Dyn));
	eb_phdr(b, 4, PT_NOTE, PF_R, EB_NOTES, 0);
	b->nr_symbols = 1;
	b->strs_size = 1;
	b->shstr_size = 1;
}

static inline uint32_t eb_string(struct elf_build *b, const char *s)
{
	uint32_t at = b->strs_size;

	memcpy(b->data + EB_STRS + at, s, strlen(s) + 1);
	b->strs_size += (uint32_t)strlen(s) + 1;
	return at;
}

static inline void eb_symbol(struct elf_build *b, const char *name, uint64_t addr,
			     unsigned char type, uint16_t shndx)
{
	Elf64_Sym sym = { .st_name = eb_string(b, name),
			  .st_info = ELF64_ST_INFO(STB_GLOBAL, type),
			  .st_shndx = shndx,
			  .st_value = addr,
			  .st_size = 8 };

	memcpy(b->data + EB_SYMS + b->nr_symbols++ * sizeof(sym), &sym, sizeof(sym));
}

static inline void eb_reloc(struct elf_build *b, uint64_t addr, uint32_t type, int64_t addend)
{
	Elf64_Rela r = { .r_offset = addr, .r_info = ELF64_R_INFO(0, type), .r_addend = addend };

	memcpy(b->data + EB_RELA + b->nr_relas++ * sizeof(r), &r, sizeof(r));
}

static inline void eb_dyn(struct elf_build *b, int64_t tag, uint64_t value)
{
	Elf64_Dyn d = { .d_tag = tag, .d_un.d_val = value };

	memcpy(b->data + EB_DATA + b->nr_dyn++ * sizeof(d), &d, sizeof(d));
}

static inline void eb_word(struct elf_build *b, uint64_t offset, uint64_t value)
{
	memcpy(b->data + offset, &value, sizeof(value));
}

/* Symbols and relocations are complete: writes the dynamic section. */
static inline void eb_dynamic(struct elf_build *b)
{
	uint32_t hash[2] = { 1, b->nr_symbols };

	memcpy(b->data + EB_HASH, hash, sizeof(hash));
	eb_dyn(b, DT_SYMTAB, b->base + EB_SYMS);
	eb_dyn(b, DT_STRTAB, b->base + EB_STRS);
	eb_dyn(b, DT_STRSZ, b->strs_size);
	eb_dyn(b, DT_HASH, b->base + EB_HASH);
	if (b->nr_relas) {
		eb_dyn(b, DT_RELA, b->base + EB_RELA);
		eb_dyn(b, DT_RELASZ, b->nr_relas * sizeof(Elf64_Rela));
	}
	eb_dyn(b, DT_NULL, 0);
}

enum { EB_SHSTR = EB_NOTES + 0x800, EB_SHDRS = EB_NOTES + 0xa00 };

static inline void eb_section(struct elf_build *b, const char *name, uint32_t type, uint64_t addr,
			      uint64_t offset, uint64_t size)
{
	Elf64_Ehdr *eh = (Elf64_Ehdr *)b->data;
	Elf64_Shdr sh = { .sh_name = b->shstr_size,
			  .sh_type = type,
			  .sh_addr = addr,
			  .sh_offset = offset,
			  .sh_size = size };

	if (b->nr_sections == 0) { /* number 0 holds the names here */
		Elf64_Shdr names = { .sh_type = SHT_STRTAB,
				     .sh_offset = EB_SHSTR,
				     .sh_size = 0x200 };

		memcpy(b->data + EB_SHDRS, &names, sizeof(names));
		b->nr_sections = 1;
		eh->e_shoff = EB_SHDRS;
		eh->e_shentsize = sizeof(sh);
		eh->e_shstrndx = 0;
	}
	memcpy(b->data + EB_SHSTR + b->shstr_size, name, strlen(name) + 1);
	b->shstr_size += (uint32_t)strlen(name) + 1;
	memcpy(b->data + EB_SHDRS + b->nr_sections++ * sizeof(sh), &sh, sizeof(sh));
	eh->e_shnum = (uint16_t)b->nr_sections;
}

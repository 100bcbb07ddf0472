/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of user/elf/ only. */
#pragma once

#include <elf.h>

#include "elf/elf_file.h"

/* Files and tables larger than this are nobody's interpreter. */
#define ELF_FILE_MAX (4ULL << 30)
#define ELF_PHDRS_MAX 128
#define ELF_SECTIONS_MAX 4096
#define ELF_STRING_MAX 65536

struct elf_store;

struct elf_symtab {
	uint64_t syms_offset, count; /* count: 0 if there is no table */
	uint64_t strs_offset, strs_size;
};

struct elf_dynamic {
	uint64_t gnu_hash, hash; /* file offsets, 0: none */
	uint64_t rela_offset, rela_size;
	uint64_t soname; /* offset in the strings, 0: none */
	struct elf_symtab symtab;
};

struct elf_file {
	struct elf_store *store;
	int fd;	       /* its own, O_PATH; -1: from memory */
	uint64_t size; /* of the file */
	dev_t dev;
	ino_t ino;
	bool pie;
	struct elf_range *loads;
	size_t nr_loads;
	uint64_t dynamic_offset, dynamic_size;
	uint64_t unwind_addr, unwind_offset, unwind_size; /* PT_GNU_EH_FRAME */
	uint64_t shoff, shstr_offset, shstr_size;
	size_t nr_sections;
	struct elf_dynamic dyn;
};

/* What differs between processor architectures (elf_arch_*.c). */
struct elf_arch {
	uint16_t machine;    /* e_machine */
	uint32_t r_relative; /* relocation: bias + addend */
	const char *name;
};
extern const struct elf_arch elf_arch;

/*
 * The file's bytes [offset, offset + len), or NULL if not all of them are there. Stays valid while
 * ef lives.
 */
const void *elf_at(const struct elf_file *ef, uint64_t offset, uint64_t len);
/* The NUL-terminated string at `index` of a table of strings, or NULL. */
const char *elf_string(const struct elf_file *ef, uint64_t table, uint64_t size, uint64_t index);
/* Section header number i (bounds-checked). */
const Elf64_Shdr *elf_section_header(const struct elf_file *ef, size_t i);
/*
 * The table for unwinders (.eh_frame_hdr): its first `len` bytes, or NULL; *addr, *offset: where it
 * is.
 */
const void *elf_unwind_header(const struct elf_file *ef, uint64_t len, uint64_t *addr,
			      uint64_t *offset);
/*
 * Calls fn(ctx, addr) for each function that the symbol tables define, as far as those say how long
 * they are.
 */
typedef void (*elf_symbol_fn)(void *ctx, uint64_t addr);
void elf_functions_each(const struct elf_file *ef, elf_symbol_fn fn, void *ctx);
/* Reads the dynamic segment, if there is one; a broken one counts as none. */
void elf_dynamic_read(struct elf_file *ef);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Symbols and relocations, found through the dynamic segment so that a file without section headers
 * will do.
 */
#include "elf/elf_internal.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "elf/elf_memo.h"

#define ELF_DYN_MAX 4096
#define ELF_CHAIN_MAX 65536 /* symbols looked at in one hash chain */
#define ELF_RELOCS_MAX (8u << 20)
#define ELF_SYMBOLS_MAX (4u << 20) /* looked at one by one */

/* A table of the dynamic segment: its address, as a file offset that `len` bytes follow, or 0. */
static uint64_t table_offset(const struct elf_file *ef, uint64_t addr, uint64_t len)
{
	uint64_t offset;

	if (!addr || elf_file_offset(ef, addr, &offset) || len > ef->size - offset)
		return 0;
	return offset;
}

void elf_dynamic_read(struct elf_file *ef)
{
	uint64_t symtab = 0, strtab = 0, strsz = 0, gnu_hash = 0, hash = 0, rela = 0, relasz = 0;
	size_t count = MIN(ef->dynamic_size / sizeof(Elf64_Dyn), (uint64_t)ELF_DYN_MAX);
	const Elf64_Dyn *d = elf_at(ef, ef->dynamic_offset, count * sizeof(*d));
	struct elf_dynamic *dyn = &ef->dyn;
	struct elf_range sec;

	if (!d || !count || ef->dynamic_offset % _Alignof(Elf64_Dyn))
		return;
	for (size_t i = 0; i < count && d[i].d_tag != DT_NULL; i++) {
		uint64_t v = d[i].d_un.d_val;

		switch (d[i].d_tag) {
		case DT_SYMTAB:
			symtab = v;
			break;
		case DT_STRTAB:
			strtab = v;
			break;
		case DT_STRSZ:
			strsz = v;
			break;
		case DT_GNU_HASH:
			gnu_hash = v;
			break;
		case DT_HASH:
			hash = v;
			break;
		case DT_RELA:
			rela = v;
			break;
		case DT_RELASZ:
			relasz = v;
			break;
		case DT_SONAME:
			dyn->soname = v;
			break;
		}
	}
	dyn->gnu_hash = table_offset(ef, gnu_hash, 16);
	dyn->hash = table_offset(ef, hash, 8);
	dyn->rela_offset = table_offset(ef, rela, relasz);
	dyn->rela_size = dyn->rela_offset ? relasz : 0;
	dyn->symtab.strs_offset = table_offset(ef, strtab, strsz);
	dyn->symtab.strs_size = dyn->symtab.strs_offset ? strsz : 0;
	dyn->symtab.syms_offset = table_offset(ef, symtab, sizeof(Elf64_Sym));
	if (!dyn->symtab.syms_offset)
		return;
	/* An upper bound; what the hash tables name is checked against it. */
	dyn->symtab.count = (ef->size - dyn->symtab.syms_offset) / sizeof(Elf64_Sym);
	if (!elf_file_section(ef, ".dynsym", &sec) && sec.offset == dyn->symtab.syms_offset)
		dyn->symtab.count = sec.size / sizeof(Elf64_Sym);
}

static bool symbol_at(const struct elf_file *ef, const struct elf_symtab *tab, uint64_t index,
		      Elf64_Sym *out)
{
	const void *p;

	if (index >= tab->count)
		return false;
	p = elf_at(ef, tab->syms_offset + index * sizeof(*out), sizeof(*out));
	if (!p)
		return false;
	memcpy(out, p, sizeof(*out));
	return true;
}

/* A definition with an address that is called `name`. */
static bool symbol_is(const struct elf_file *ef, const struct elf_symtab *tab, const Elf64_Sym *sym,
		      const char *name)
{
	const char *s;

	switch (ELF64_ST_TYPE(sym->st_info)) {
	case STT_NOTYPE:
	case STT_OBJECT:
	case STT_FUNC:
	case STT_GNU_IFUNC:
		break;
	default:
		return false;
	}
	if (sym->st_shndx == SHN_UNDEF)
		return false;
	s = elf_string(ef, tab->strs_offset, tab->strs_size, sym->st_name);
	return s && str_eq(s, name);
}

static bool read_u32(const struct elf_file *ef, uint64_t offset, uint32_t *out)
{
	const void *p = elf_at(ef, offset, sizeof(*out));

	if (!p)
		return false;
	memcpy(out, p, sizeof(*out));
	return true;
}

static int lookup_gnu_hash(const struct elf_file *ef, const char *name, Elf64_Sym *out)
{
	const struct elf_symtab *tab = &ef->dyn.symtab;
	uint32_t header[4], h = 5381, index, chain_hash;
	uint64_t buckets, chains;

	for (const char *s = name; *s; s++)
		h = h * 33 + (uint8_t)*s;
	for (size_t i = 0; i < 4; i++) {
		if (!read_u32(ef, ef->dyn.gnu_hash + 4 * i, &header[i]))
			return -ENOENT;
	}
	/* nbuckets, symoffset, bloom_size (in 8-byte words), bloom_shift */
	if (!header[0])
		return -ENOENT;
	buckets = ef->dyn.gnu_hash + 16 + 8ULL * header[2];
	chains = buckets + 4ULL * header[0];
	if (!read_u32(ef, buckets + 4ULL * (h % header[0]), &index) || index < header[1])
		return -ENOENT;
	for (unsigned int n = 0; n < ELF_CHAIN_MAX; n++, index++) {
		if (!read_u32(ef, chains + 4ULL * (index - header[1]), &chain_hash))
			return -ENOENT;
		if ((chain_hash | 1) == (h | 1) && symbol_at(ef, tab, index, out) &&
		    symbol_is(ef, tab, out, name))
			return 0;
		if (chain_hash & 1)
			break;
	}
	return -ENOENT;
}

static int lookup_linear(const struct elf_file *ef, const struct elf_symtab *tab, const char *name,
			 Elf64_Sym *out)
{
	for (uint64_t i = 0; i < tab->count && i < ELF_SYMBOLS_MAX; i++) {
		if (!symbol_at(ef, tab, i, out))
			return -ENOENT;
		if (symbol_is(ef, tab, out, name))
			return 0;
	}
	return -ENOENT;
}

static int lookup_dynamic(const struct elf_file *ef, const char *name, Elf64_Sym *out)
{
	struct elf_symtab tab = ef->dyn.symtab;
	uint32_t count;

	if (ef->dyn.gnu_hash)
		return lookup_gnu_hash(ef, name, out);
	/* The second word of DT_HASH is the number of symbols. */
	if (!ef->dyn.hash || !read_u32(ef, ef->dyn.hash + 4, &count))
		return -ENOENT;
	tab.count = MIN(tab.count, (uint64_t)count);
	return lookup_linear(ef, &tab, name, out);
}

/* The first table of a type, SHT_SYMTAB or SHT_DYNSYM: there is never more than one. */
static bool symbol_section(const struct elf_file *ef, uint32_t type, struct elf_symtab *out)
{
	for (size_t i = 0; i < ef->nr_sections; i++) {
		const Elf64_Shdr *sh = elf_section_header(ef, i), *str;

		if (!sh || sh->sh_type != type)
			continue;
		str = elf_section_header(ef, sh->sh_link);
		if (!str || sh->sh_offset > ef->size || sh->sh_size > ef->size - sh->sh_offset)
			continue;
		*out = (struct elf_symtab){
			.syms_offset = sh->sh_offset,
			.count = sh->sh_size / sizeof(Elf64_Sym),
			.strs_offset = str->sh_offset,
			.strs_size = str->sh_size,
		};
		return true;
	}
	return false;
}

static int lookup_symtab(const struct elf_file *ef, const char *name, Elf64_Sym *out)
{
	struct elf_symtab tab;

	return symbol_section(ef, SHT_SYMTAB, &tab) ? lookup_linear(ef, &tab, name, out) : -ENOENT;
}

void elf_functions_each(const struct elf_file *ef, elf_symbol_fn fn, void *ctx)
{
	static const uint32_t types[] = { SHT_DYNSYM, SHT_SYMTAB };

	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		struct elf_symtab tab;
		Elf64_Sym sym;

		if (!symbol_section(ef, types[t], &tab))
			continue;
		for (uint64_t i = 0; i < MIN(tab.count, (uint64_t)ELF_SYMBOLS_MAX); i++) {
			if (!symbol_at(ef, &tab, i, &sym))
				break;
			if (ELF64_ST_TYPE(sym.st_info) == STT_FUNC && sym.st_shndx != SHN_UNDEF)
				fn(ctx, sym.st_value);
		}
	}
}

bool elf_file_exports(const struct elf_file *ef, const char *prefix)
{
	struct elf_symtab tab;
	Elf64_Sym sym;

	if (!symbol_section(ef, SHT_DYNSYM, &tab))
		return false;
	for (uint64_t i = 0; i < MIN(tab.count, (uint64_t)ELF_SYMBOLS_MAX); i++) {
		const char *name;

		if (!symbol_at(ef, &tab, i, &sym))
			return false;
		name = sym.st_shndx == SHN_UNDEF
			       ? NULL
			       : elf_string(ef, tab.strs_offset, tab.strs_size, sym.st_name);
		if (name && str_starts(name, prefix))
			return true;
	}
	return false;
}

static int symbol_result(const Elf64_Sym *sym, uint64_t *addr, uint64_t *size)
{
	*addr = sym->st_value;
	if (size)
		*size = sym->st_size;
	return 0;
}

int elf_file_dynamic_symbol(const struct elf_file *ef, const char *name, uint64_t *addr,
			    uint64_t *size)
{
	Elf64_Sym sym;
	int ret = lookup_dynamic(ef, name, &sym);

	return ret ? ret : symbol_result(&sym, addr, size);
}

/* Those that are not there take longest: .symtab is gone through to its end. */
int elf_file_symbol(const struct elf_file *ef, const char *name, uint64_t *addr, uint64_t *size)
{
	struct {
		uint64_t there;
		Elf64_Sym sym;
	} known = { 0 };

	if (!elf_memo_get(ef, ELF_MEMO_SYMBOL, name, strlen(name), &known, sizeof(known))) {
		known.there = !lookup_dynamic(ef, name, &known.sym) ||
			      !lookup_symtab(ef, name, &known.sym);
		elf_memo_put(ef, ELF_MEMO_SYMBOL, name, strlen(name), &known, sizeof(known));
	}
	return known.there ? symbol_result(&known.sym, addr, size) : -ENOENT;
}

const char *elf_file_soname(const struct elf_file *ef)
{
	if (!ef->dyn.soname)
		return NULL;
	return elf_string(ef, ef->dyn.symtab.strs_offset, ef->dyn.symtab.strs_size, ef->dyn.soname);
}

bool elf_file_needs(const struct elf_file *ef, const char *prefix)
{
	size_t count = MIN(ef->dynamic_size / sizeof(Elf64_Dyn), (uint64_t)ELF_DYN_MAX);
	const Elf64_Dyn *d = elf_at(ef, ef->dynamic_offset, count * sizeof(*d));
	const struct elf_symtab *tab = &ef->dyn.symtab;

	if (!d || ef->dynamic_offset % _Alignof(Elf64_Dyn))
		return false;
	for (size_t i = 0; i < count && d[i].d_tag != DT_NULL; i++) {
		const char *name;

		if (d[i].d_tag != DT_NEEDED)
			continue;
		name = elf_string(ef, tab->strs_offset, tab->strs_size, d[i].d_un.d_val);
		if (name && str_starts(name, prefix))
			return true;
	}
	return false;
}

static int compare_relocs(const void *a, const void *b)
{
	const struct elf_reloc *ra = a, *rb = b;

	return (ra->addr > rb->addr) - (ra->addr < rb->addr);
}

int elf_file_relative_relocs(const struct elf_file *ef, struct elf_reloc **out, size_t *count)
{
	size_t max = ef->dyn.rela_size / sizeof(Elf64_Rela), n = 0;
	const uint8_t *p = elf_at(ef, ef->dyn.rela_offset, ef->dyn.rela_size);
	struct elf_reloc *relocs;

	*out = NULL;
	*count = 0;
	if (max == 0)
		return 0;
	if (!p || max > ELF_RELOCS_MAX)
		return -EPROTO;
	relocs = calloc(max, sizeof(*relocs));
	if (!relocs)
		return -ENOMEM;
	for (size_t i = 0; i < max; i++) {
		Elf64_Rela r;

		memcpy(&r, p + i * sizeof(r), sizeof(r));
		if (ELF64_R_TYPE(r.r_info) != elf_arch.r_relative)
			continue;
		relocs[n++] = (struct elf_reloc){ r.r_offset, (uint64_t)r.r_addend };
	}
	/* The linker has sorted them already: this is one pass then. */
	for (size_t i = 1; i < n; i++) {
		if (relocs[i].addr < relocs[i - 1].addr) {
			qsort(relocs, n, sizeof(*relocs), compare_relocs);
			break;
		}
	}
	*out = relocs;
	*count = n;
	return 0;
}

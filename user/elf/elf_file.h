/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ELF executable or shared object, opened read-only.  The file is hostile: all sizes and offsets
 * are checked, and it is read rather than mapped, because a mapped file that is truncated kills its
 * reader.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/err.h"

struct elf_file;

/* A run of bytes of the file with the address they are loaded at. */
struct elf_range {
	uint64_t addr, offset, size; /* size: bytes present in the file */
	bool exec, write;
	const char *name; /* section name, owned by the file; "" for a segment */
};

/*
 * Opens a 64-bit little-endian ELF file for this machine's architecture.  -EPROTO if it is not one,
 * -errno.
 */
int elf_file_open(const char *path, struct elf_file **out, struct err *err);
/* As above from memory, which must outlive it (tests, fuzzing). */
int elf_file_open_mem(const void *data, size_t size, struct elf_file **out, struct err *err);
void elf_file_close(struct elf_file *ef);
DEFINE_CLEANUP(elf_file_closep, struct elf_file, elf_file_close);

/*
 * The very file, open as long as the elf_file is; -1 from memory.  It is O_PATH: good for
 * /proc/self/fd/N, fstat() and dup(), and not for read(), which somebody's FUSE daemon could keep
 * from returning.
 */
int elf_file_fd(const struct elf_file *ef);
/*
 * Lets go of files that nobody has opened for half a minute: what was worked out of them is kept
 * until then (elf_memo.h).
 */
void elf_files_collect(void);
/* How often a part of a file was not read because that much of files is held already (36 MiB). */
uint64_t elf_files_too_large(void);
/* The file's identity when it was opened; 0 from memory. */
dev_t elf_file_dev(const struct elf_file *ef);
ino_t elf_file_ino(const struct elf_file *ef);

bool elf_file_is_pie(
	const struct elf_file *ef); /* ET_DYN: addresses are relative to where it is loaded */
/*
 * Address of a defined dynamic symbol, or, failing that, of one in .symtab.  Thread-local variables
 * are no addresses and not found here.  -ENOENT.  size may be NULL.
 */
int elf_file_symbol(const struct elf_file *ef, const char *name, uint64_t *addr, uint64_t *size);
/* As above, in the dynamic symbol table only: what the dynamic linker sees. */
int elf_file_dynamic_symbol(const struct elf_file *ef, const char *name, uint64_t *addr,
			    uint64_t *size);
/*
 * Whether it exports a symbol whose name begins with `prefix`, as far as its dynamic symbol table
 * says how long it is.
 */
bool elf_file_exports(const struct elf_file *ef, const char *prefix);
/* The DT_SONAME, or NULL; owned by the file. */
const char *elf_file_soname(const struct elf_file *ef);
/* Whether it needs a library whose name begins with `prefix` (DT_NEEDED). */
bool elf_file_needs(const struct elf_file *ef, const char *prefix);
/* The build id in hexadecimal, cut to fit; "" if there is none. */
void elf_file_build_id(const struct elf_file *ef, char *hex, size_t size);

/* The loaded segments. */
const struct elf_range *elf_file_loads(const struct elf_file *ef, size_t *count);
/* Does an address lie in a segment that is loaded to be executed? */
bool elf_file_is_code(const struct elf_file *ef, uint64_t addr);
/* A section by its name. -ENOENT. */
int elf_file_section(const struct elf_file *ef, const char *name, struct elf_range *out);
/* The bytes of such a range, or NULL. */
const uint8_t *elf_file_range_bytes(const struct elf_file *ef, const struct elf_range *range);
/* File offset of an address in a PT_LOAD segment. -ENOENT. */
int elf_file_offset(const struct elf_file *ef, uint64_t addr, uint64_t *offset);
/* Address of a file offset. -ENOENT. */
int elf_file_addr(const struct elf_file *ef, uint64_t offset, uint64_t *addr);
/*
 * What must be added to the file's addresses in a process that maps file offset `offset` at `start`
 * (a line of /proc/PID/maps). -ENOENT: no segment is loaded from there.
 */
int elf_file_load_bias(const struct elf_file *ef, uint64_t start, uint64_t offset, bool exec,
		       uint64_t *bias);
/*
 * Copies `len` bytes as the file has them at an address. -ENOENT if not all of them are in the
 * file.
 */
int elf_file_read(const struct elf_file *ef, uint64_t addr, void *buf, size_t len);
/*
 * The file's bytes at an address, at least `len` of them, or NULL; *avail is set to how many there
 * are up to the segment's end.
 */
const uint8_t *elf_file_bytes(const struct elf_file *ef, uint64_t addr, size_t len, size_t *avail);

/* A place that the dynamic linker fills with load bias + value. */
struct elf_reloc {
	uint64_t addr, value;
};
/*
 * The relative relocations with an explicit addend, sorted by address; malloc'ed into *out (NULL if
 * none). Those in the packed form (DT_RELR) are not listed: there the file holds the value in
 * place.
 */
int elf_file_relative_relocs(const struct elf_file *ef, struct elf_reloc **out, size_t *count);

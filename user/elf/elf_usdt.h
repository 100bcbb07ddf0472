/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User statically-defined tracepoints: the notes that <sys/sdt.h> leaves in the section
 * .note.stapsdt (https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "elf/elf_file.h"

/* One location of a probe, as its note has it. The strings point into the notes. */
struct elf_usdt_note {
	uint64_t pc, base, semaphore; /* link-time addresses; semaphore 0: none */
	const char *provider, *name, *args;
};

/*
 * Reads the note at notes[*pos] and advances *pos beyond it; other notes are passed over.
 * -ENOENT at the end, -EPROTO for malformed notes.
 */
int elf_usdt_next(const uint8_t *notes, size_t size, size_t *pos, struct elf_usdt_note *out);

/* One location of a probe, ready to be attached to. */
struct elf_usdt {
	uint64_t addr, offset; /* ELF address and file offset of the instruction */
	uint64_t semaphore;    /* file offset of the 16-bit counter; 0: none */
	const char *args;      /* owned by the file */
};

/* All locations of a probe, malloc'ed into *out. -ENOENT: the file has none. */
int elf_usdt_find(const struct elf_file *ef, const char *provider, const char *name,
		  struct elf_usdt **out, size_t *count);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which places in a file's code may be jumped to.  A probe inside a handler counts its runs only if
 * nothing enters the handler between its start and the probe.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf/elf_file.h"
#include "py/insn.h"

#define CODE_WINDOWS_MAX 16
#define CODE_WINDOW_BYTES 512

/* The instructions after the one at `first` up to and including the one at `last`. */
struct code_window {
	uint64_t first, last;
	/* bit n: an instruction begins at first + n; nothing leads elsewhere */
	uint64_t starts[CODE_WINDOW_BYTES / 64];
	bool entered; /* result: something may lead there */
};

/* What of it says which places they are: all that stands before `entered`. */
#define CODE_WINDOW_KEY offsetof(struct code_window, entered)
/* Sets `entered` in each; errs on the side of true.  At most CODE_WINDOWS_MAX. */
int code_refs_scan(const struct elf_file *ef, struct insn_decoder *d, struct code_window *windows,
		   size_t count);

/*
 * Whether the file's code compares something with a function's address, or takes that address.  A
 * compiler that knows from a profile whom a place calls most does so, and goes on with a copy of
 * that function: such calls do not enter it.  Sets taken[i]; never clears it.
 */
int code_refs_taken(const struct elf_file *ef, const uint64_t *addrs, bool *taken, size_t count);

/*
 * What the architecture's code may refer to: called by code_refs_scan() for each executable range.
 */
void code_refs_scan_range(const struct elf_range *range, const uint8_t *code,
			  struct insn_decoder *d, struct code_window *windows, size_t count);
void code_refs_taken_range(const struct elf_range *range, const uint8_t *code,
			   const uint64_t *addrs, bool *taken, size_t count);
void code_window_add(struct code_window *w, uint64_t insn);
void code_windows_enter(struct code_window *windows, size_t count, uint64_t target);

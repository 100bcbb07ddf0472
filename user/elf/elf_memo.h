/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was worked out of a file is kept with it: the next process that maps the same file,
 * unchanged, need not have it worked out again.  Only what follows from the file's bytes and the
 * key may be put there, never what a target's memory says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "elf/elf_file.h"

enum elf_memo_kind {
	ELF_MEMO_SYMBOL,
	ELF_MEMO_DISPATCH,
	ELF_MEMO_ENTERED,
	ELF_MEMO_TAKEN,
	ELF_MEMO_CLAIM,
	ELF_MEMO_METHOD,
	ELF_MEMO_VERSIONS,
	ELF_MEMO_COUNTED,
};

/* Keys longer than this are not kept, bytes. */
#define ELF_MEMO_KEY_MAX 256

/*
 * Is there something under the key?  It is copied to `value`, which has the size that it was put
 * with.
 */
bool elf_memo_get(const struct elf_file *ef, enum elf_memo_kind kind, const void *key,
		  size_t key_len, void *value, size_t value_len);
/* Keeps it, unless a part of the file could not be read. */
void elf_memo_put(const struct elf_file *ef, enum elf_memo_kind kind, const void *key,
		  size_t key_len, const void *value, size_t value_len);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of methods in an interpreter's or a module's file: arrays of struct PyMethodDef (Include/methodobject.h), which are
 * static data in nearly every module.  What a process has in its memory may be forged; the file says what was built.
 */
#pragma once

#include "elf/elf_file.h"

/*
 * What a process's memory says to be the code of a function written in C, as an ELF address of a file, and what the file
 * says of that.
 */
struct py_claim {
	uint64_t addr;
	const char *name; /* of the method; NULL: it stands in a slot of a type */
	bool start;	  /* result: a function begins there */
	bool listed; /* result: a table of methods has it under this name; a slot: some data word has it */
	bool contradicted; /* result: tables of methods have this name, but with other addresses only */
};

/* -ENOMEM, or -EPROTO: the file cannot be read. */
int py_claims_check(const struct elf_file *elf, struct py_claim *claims, size_t count);

/* The one function that tables of methods have under this name. -ENOENT: none, or more than one; -ENOMEM, -EPROTO. */
int py_method_in_file(const struct elf_file *elf, const char *name, uint64_t *addr);

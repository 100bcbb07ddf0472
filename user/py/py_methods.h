/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of methods in an interpreter's or a module's file: arrays of struct PyMethodDef
 * (Include/methodobject.h), which are static data in nearly every module.  What a process has in
 * its memory may be forged; the file says what was built.
 */
#pragma once

#include <stddef.h>

#include "elf/elf_file.h"

/* struct PyMethodDef in words: ml_name, ml_meth, ml_flags (an int and padding), ml_doc. */
#define PY_METHOD_WORDS 4

/*
 * What a process's memory says to be the code of a function written in C, as an ELF address of a
 * file, and what the file says of that.
 */
struct py_claim {
	uint64_t addr;
	const char *name; /* of the method; NULL: it stands in a slot of a type */
	bool start;	  /* result: a function begins there */
	/* result: a table of methods has it under this name; a slot: some data word has it */
	bool listed;
	/* result: tables of methods have this name, but with other addresses only */
	bool contradicted;
};

/* -ENOMEM, or -EPROTO: the file cannot be read. */
int py_claims_check(const struct elf_file *elf, struct py_claim *claims, size_t count);

/*
 * The one function that tables of methods have under this name. -ENOENT: none, or more than one;
 * -ENOMEM, -EPROTO.
 */
int py_method_in_file(const struct elf_file *elf, const char *name, uint64_t *addr);

/*
 * The one method `name` of a module, or of its type of that name: whose table it stands in is what
 * the file says of the two. -ENOENT: there is none, or more than one; -ENOMEM, -EPROTO.
 */
struct py_method {
	uint64_t addr;
	uint32_t flags;
	uint64_t doc; /* 0: none */
};
int py_method_of(const struct elf_file *elf, const char *module, const char *type, const char *name,
		 struct py_method *out);

/*
 * Called for each load's words, the first of them at `addr`, as the dynamic linker leaves them,
 * less the load bias.
 */
typedef void (*py_words_fn)(const struct elf_file *elf, const uint64_t *words, size_t count,
			    uint64_t addr, void *ctx);
/* Goes through the data of a file. -ENOMEM, -EPROTO. */
int py_each_data(const struct elf_file *elf, py_words_fn fn, void *ctx);
/* Do words look like a struct PyMethodDef? */
bool py_method_at(const struct elf_file *elf, const uint64_t *words);
/* Is that C string at the address? */
bool py_text_is(const struct elf_file *elf, uint64_t addr, const char *text);

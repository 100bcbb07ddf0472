/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every code object of a running interpreter, whoever refers to it: its memory is looked through
 * for them.  The process runs on meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct py_interp;
struct py_layout;

/*
 * Is the function wanted?  Where `file` (co_filename) or `qualname` is not given (NULL): can one
 * be, whatever it is?
 */
typedef bool (*py_code_fn)(void *ctx, struct text name, struct text file, struct text qualname);

struct py_code {
	uint64_t addr;
	uint64_t name, file; /* co_name and co_filename, the str objects */
	uint64_t qualname;   /* 0: the code object does not say it */
	uint64_t entry;	     /* address of its RESUME */
};

/*
 * How much of a code object is needed to know it: its fixed part up to its instructions, or to
 * co_opcache_flag.
 */
#define PY_CODE_SIZE_MAX 208
unsigned int py_code_size(const struct py_layout *layout);

/* 4 MiB of them; no program has that many functions that somebody wants to watch. */
#define PY_CODES_MAX 100000

struct py_codes {
	struct py_code *list;
	size_t count;
	size_t seen; /* code objects, wanted or not */
	/* ones that may be wanted and are not in the list: too many, or too many names */
	size_t cut;
	uint64_t bytes; /* of memory that was looked through */
};

/*
 * Finds the wanted ones among the code objects that were there when it was called and still are.
 * What is in the list may be gone by now.  -ENOSPC with a sentence: the process has more memory
 * than can be looked through.
 */
int py_codes_find(const struct py_interp *interp, py_code_fn wanted, void *ctx,
		  struct py_codes *out, struct err *err);
/* Calls `fn` with name and file of each; what it returns does not matter. */
void py_codes_each(const struct py_interp *interp, const struct py_codes *codes, py_code_fn fn,
		   void *ctx);
void py_codes_fini(struct py_codes *codes);

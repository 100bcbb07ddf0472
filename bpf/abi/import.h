/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Imports of modules of which a rule names something. */
#pragma once

#include "types.h"

/* Key of the map "import_names", padded with NULs; what does not fit is cut. */
#define IMPORT_NAME_MAX 64

struct import_name {
	__u8 text[IMPORT_NAME_MAX];
};

/* All names that are not ASCII are taken for one. */
#define IMPORT_NAME_OTHER '?'

/*
 * A module may call itself a little differently from what it is imported by: _io was "io" up to
 * 3.11, _decimal "decimal" up to 3.12, _math_integer is "math.integer".  So '.' counts as '_', and
 * one '_' at the beginning is left out, by whoever fills in the text.  stem: of a file's name, of
 * which only what is before the first dot counts.
 */
static inline __attribute__((always_inline)) void import_name_fold(struct import_name *name,
								   int stem)
{
	__u8 mask = 0xff;

	for (int i = 0; i < IMPORT_NAME_MAX; i++) {
		__u8 c = name->text[i];

		if (c == '.') {
			c = '_';
			if (stem)
				mask = 0;
		}
		name->text[i] = c & mask;
	}
}

enum import_what {
	IMPORT_C = 1,	/* a module written in C */
	IMPORT_UNKNOWN, /* one of which it cannot be told which file it is from */
	IMPORT_PYTHON,	/* the code of a module written in Python */
};

/*
 * A file, whatever mounts it is seen through: of the inode that the kernel maps.  All 0: it cannot
 * tell (before 5.17).
 */
struct import_file {
	__u64 ino;
	__u32 dev, generation;
};

/* It cannot be told which module it is, nor that no rule names it. */
#define IMPORT_ANY 0xffffffff

/* An import, and key of the map "imports_looked": what is in the module has its probes. */
struct import {
	__u32 group;		 /* of the interpreter, see struct py_proc */
	__u32 name;		 /* value of "import_names", or IMPORT_ANY */
	struct import_file file; /* IMPORT_C: in which the module's definition is */
	__u32 what;		 /* enum import_what */
	__u32 pad;
};

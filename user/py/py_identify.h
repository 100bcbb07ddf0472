/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPython an image is, and whether it is a supported build of it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "py/py_image.h"

struct py_interp;

struct py_identity {
	uint32_t hexversion; /* 0: not told by the file */
	unsigned int minor;  /* of the file's version string; 0: not known */
	char version[32];
};

/*
 * From the file alone.  -EOPNOTSUPP with a sentence for a build that is not supported.  Where the
 * file does not tell its version reliably, `minor` is a hint that the running interpreter must
 * confirm.
 */
int py_identify_file(const struct py_image *img, struct py_identity *out, struct err *err);
/* "3.11.2", "3.15.0rc1" */
void py_version_format(uint32_t hexversion, char *buf, size_t size);
/* Whether `s` is a PY_VERSION of Python 3, like "3.9.2" or "3.10.0rc1+". */
bool py_version_parse(const char *s, uint32_t *hexversion);
/* The file contains this string, NUL-terminated and with a NUL in front, among its constants. */
bool py_file_has_string(const struct elf_file *elf, const char *s);

/* Checks interp->hexversion and the build flags against the running interpreter's module sys. */
int py_identify_live(struct py_interp *interp, struct err *err);
/*
 * Puts the offsets that the interpreter tells of itself in place of the tables', or refuses
 * nonsense.
 */
int py_debug_offsets_apply(struct py_interp *interp, struct err *err);

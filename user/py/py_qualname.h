/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The qualified name of a function of which only the code object is known (up to 3.10 it is not in
 * there).
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "py/py_modules.h"

/*
 * Appends the qualified name of the function or functions' code object at `code`, looking first
 * into the class `self_type` (0: none) and what it derives from, then through the modules whose
 * file has the same base name as `file`: functions, classes and nested ones, through decorators as
 * far as they keep what they wrap, and code inside code. -ENOENT: not found among some 50,000
 * objects.
 */
int py_code_qualname(const struct py_view *v, uint64_t code, uint64_t self_type, const char *file,
		     struct buf *out);

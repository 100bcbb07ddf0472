/* SPDX-License-Identifier: GPL-2.0-only */
/* Files with what nobody else may know, nor choose. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends the file's text, 64 KiB at the most.  Refused if it is not ours or root's, or others can
 * write it; `secret`: or read it.  0, or -errno with a sentence.
 */
int secret_file_read(const char *path, bool secret, struct buf *out, struct err *err);

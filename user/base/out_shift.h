/* SPDX-License-Identifier: GPL-2.0-only */
/* Moving files away that are appended to: NAME becomes NAME.1, that NAME.2, and so on. */
#pragma once

#include "base/err.h"

#define OUT_SHIFT_MAX 1000

/*
 * Moves the file of this name, which `fd` is open at, to NAME.1.  Those that are in its way move
 * up, as far as there is no gap; without one the last of `keep` is deleted, and so is what follows
 * it.  The way is walked as by out_file_open(), no link is followed, and nothing is overwritten:
 * where a file is none that out_file_open() would append to nothing is moved at all.  Whoever is
 * killed in between leaves a gap and nothing else.  0; -ESTALE if the name is another file's, or
 * nobody's; or another -errno; with a sentence.
 */
int out_file_shift(const char *path, int fd, unsigned int keep, struct err *err);
/* Deletes the one that out_file_shift() would delete first, if there is one: for room. */
int out_file_drop_last(const char *path, unsigned int keep, struct err *err);

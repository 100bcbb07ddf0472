/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Have files changed?  By what stat(2) says of them, so that it costs little to ask again and
 * again.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * A number that is another one when a file of these, or one below a directory of these, is another
 * one, was written to, or came or went.  Links are followed; what is hidden is left out, as are
 * more than some thousands of files, and what is more than some directories deep.
 */
uint64_t stamp_of(const char *const *paths, size_t nr_paths);

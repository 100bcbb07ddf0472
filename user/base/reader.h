/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of a target, and those of /proc/PID that make the kernel read its memory, looked at by a
 * worker (worker.h): each call may be -ETIMEDOUT.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* As stat(). */
int reader_stat(const char *path, struct stat *out);
/*
 * Opens a file as O_PATH, so that it can be named by /proc/self/fd/N and closed without anybody's
 * leave: to close one that was opened for reading asks a FUSE daemon first.  *out: as fstat(), may
 * be NULL.  The descriptor, or -errno.
 */
int reader_open(const char *path, struct stat *out);
/*
 * Reads at most `len` bytes at `offset` of such a file into fresh memory, which stays untouched,
 * and is not there, where there are only zeros.  How many, 0 at its end, or -errno.  *zeros: that
 * was so.
 */
int64_t reader_pread_sparse(int fd, uint64_t offset, void *buf, size_t len, bool *zeros);

/* Gets a file piece by piece; what it returns but 0 ends the reading. */
typedef int (*reader_fn)(void *ctx, const char *piece, size_t len);
/* Reads a file to its end. 0, what `fn` returned, or -errno. */
int reader_each(const char *path, reader_fn fn, void *ctx);

/* SPDX-License-Identifier: GPL-2.0-only */
/* A growable string of bytes, always NUL-terminated once something was added. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

struct buf {
	char *data;
	size_t len; /* without the NUL */
	size_t cap;
	int failed; /* an allocation failed: contents are incomplete */
};

#define _cleanup_buf_ __attribute__((cleanup(buf_fini)))

void buf_add(struct buf *b, const void *data, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Empties it and keeps the memory. */
void buf_reset(struct buf *b);
void buf_fini(struct buf *b);

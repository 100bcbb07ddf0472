/* SPDX-License-Identifier: GPL-2.0-only */
/* The line tables that the kernel side sent, by process and address. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/abi/event.h"

struct lines;

struct lines *lines_new(void); /* NULL: no memory */
void lines_free(struct lines *l);

/*
 * Keeps the table of an EV_LINETABLE record (`size` bytes, not trusted).  -EPROTO if it is
 * malformed, -ENOMEM, -ENOSPC when there are so many that all have to be forgotten first
 * (lines_clear()).
 */
int lines_add(struct lines *l, const void *record, size_t size);
void lines_clear(struct lines *l);

/* The line of byte offset `lasti`; 0 if unknown.  -ENOENT if the table is not here. */
int lines_lookup(const struct lines *l, pid_t pid, uint64_t table, uint64_t signature,
		 unsigned int minor, int firstlineno, int32_t lasti);

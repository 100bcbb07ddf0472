/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a file, and what was made of them, for all who have it open.  A file that nobody has
 * open any more is kept for a while, with some of its bytes: processes that run one interpreter are
 * attached to one after the other.
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "elf/elf_internal.h"

/*
 * A file as it was at some time.  While its store is there the file cannot go, so that no other one
 * has its number.
 */
struct elf_version {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec modified, changed;
};

struct elf_memo;

struct elf_store {
	struct elf_store *next;
	unsigned int refs;
	struct elf_version version;
	uint8_t *data;
	uint64_t size;
	int fd;	       /* O_PATH, in a mount of its own; -1: all is in memory */
	uint8_t *have; /* one byte for each chunk */
	size_t chunks; /* that hold something */
	bool broken;   /* a part could not be read: what follows from it is not kept */
	bool listed;
	time_t idle_since; /* CLOCK_MONOTONIC, s; when refs became 0 */
	struct elf_memo *memo;
	struct elf_file parsed; /* what each elf_file of it begins as */
};

/* The store of an open file; *fresh: it is yet to be parsed.  -errno. */
int elf_store_get(int fd, const struct stat *sb, struct elf_store **out, bool *fresh);
/* The same of memory, which must outlive it. NULL: no memory. */
struct elf_store *elf_store_of_memory(const void *data, size_t size);
/* Has others find it: it is an ELF file. */
void elf_store_list(struct elf_store *st);
void elf_store_put(struct elf_store *st);

/* elf_memo.c */
void elf_memo_free(struct elf_memo *memo);

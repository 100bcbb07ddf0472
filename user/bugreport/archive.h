/* SPDX-License-Identifier: GPL-2.0-only */
/* A few texts in one file: tar (POSIX.1-1988, "ustar"), compressed by gzip. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

#define ARCHIVE_NAME_MAX 99
#define ARCHIVE_FILE_MAX (1024 * 1024)

struct archive_file {
	const char *name; /* ARCHIVE_NAME_MAX bytes at the most */
	struct text content;
};

#define ARCHIVE_HEAD_SIZE 512
/* The block that stands before a file of so many bytes. */
void archive_head(char out[ARCHIVE_HEAD_SIZE], const char *name, size_t size, int64_t time_s);

/*
 * Makes the file, its owner's alone, and fills it; of what is longer than ARCHIVE_FILE_MAX the end
 * is left out, and the end says so.  A file that is there is not touched.  -errno with a sentence:
 * there is none.
 */
int archive_write(const char *path, const struct archive_file *files, size_t nr_files,
		  int64_t time_s, struct err *err);

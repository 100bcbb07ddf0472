/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The directory of one run of test cases.  It is root's, and so is what is trusted in it; each case
 * has one of its own below, which belongs to the user that the cases run as.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/user.h"

#define SUITE_DIR_TEMPLATE "/tmp/phrude-trace-test-XXXXXX"

struct suite_dir {
	char path[sizeof(SUITE_DIR_TEMPLATE)]; /* "": none */
	const struct user *user;	       /* NULL: the cases run as this process does */
};

/* Makes it.  Errors with a sentence, here and below. */
int suite_dir_make(struct suite_dir *dir, const struct user *user, struct err *err);
/* Writes a file that the cases can read. */
int suite_dir_write(const struct suite_dir *dir, const char *name, const char *text, size_t len,
		    struct err *err);
/* An empty file that the cases can write, or else only read. */
int suite_dir_file(const struct suite_dir *dir, const char *name, bool writable, struct err *err);
/* A case's own directory, and, once its files are there, its owner. */
int suite_dir_case(const struct suite_dir *dir, const char *name, struct err *err);
int suite_dir_give(const struct suite_dir *dir, const char *name, struct err *err);
/* Appends the file to `out`. */
int suite_dir_read(const struct suite_dir *dir, const char *name, struct buf *out);
/* Removes it with all that is in it. */
void suite_dir_remove(const struct suite_dir *dir);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files being read.  All are kept until the last has been read: rules use lists of other files,
 * and the errors of all are shown together.
 */
#pragma once

#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "yaml/yaml_diag.h"
#include "yaml/yaml_tree.h"

struct yaml_document {
	struct yaml_document *next;
	char *path;
	struct arena arena; /* of the tree */
	struct yaml_tree tree;
	struct yaml_diag diag;
	struct buf failure; /* instead of contents: a message that says why there are none */
};

/* In the order in which they were added. */
struct yaml_documents {
	struct yaml_document *first, *last;
};

/* Adds a text; what is wrong with its YAML is noted in it.  Returns 0 or -ENOMEM. */
int yaml_documents_add(struct yaml_documents *docs, const char *path, const char *text, size_t len);
/*
 * Adds what is in a file, and sets what stat() says of it.  One that cannot be read is noted, and
 * said with -errno.
 */
int yaml_documents_load(struct yaml_documents *docs, const char *path, struct stat *st);
/*
 * Warns if others can write the file: they decide what is watched ("is watched"), or what is run.
 * Was there a reason to?
 */
bool yaml_warn_of_others(const char *path, const struct stat *st, const char *what);
/* The same for a service, which nobody sits beside.  -EPERM: a failure was added; or -ENOMEM. */
int yaml_documents_refuse_others(struct yaml_documents *docs, const char *path,
				 const struct stat *st, const char *what);
/* Adds a file that could not be read.  Returns 0 or -ENOMEM. */
int yaml_documents_add_failure(struct yaml_documents *docs, const char *path, const char *message);
/* Appends all messages.  Returns 0 if there were none, -EINVAL or -ENOMEM. */
int yaml_documents_show(struct yaml_documents *docs, struct buf *messages);
void yaml_documents_fini(struct yaml_documents *docs);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files being read.  All are kept until the last has been read: rules use lists of other files, and the errors
 * of all are shown together.  Internal to this folder.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "rule/rule_diag.h"
#include "rule/rule_yaml.h"

struct rule_document {
	struct rule_document *next;
	char *path;
	struct arena arena; /* of the tree */
	struct yaml_tree tree;
	struct rule_diag diag;
	struct buf failure; /* instead of contents: a message that says why there are none */
};

/* In the order in which they were added. */
struct rule_documents {
	struct rule_document *first, *last;
};

/* Adds a text; what is wrong with its YAML is noted in it.  Returns 0 or -ENOMEM. */
int rule_documents_add(struct rule_documents *docs, const char *path, const char *text, size_t len);
/* Adds a file that could not be read.  Returns 0 or -ENOMEM. */
int rule_documents_add_failure(struct rule_documents *docs, const char *path, const char *message);
/* Appends all messages.  Returns 0 if there were none, -EINVAL or -ENOMEM. */
int rule_documents_show(struct rule_documents *docs, struct buf *messages);
void rule_documents_fini(struct rule_documents *docs);

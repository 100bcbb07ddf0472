/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The errors of one file.  They are collected while the file is read and shown in the order of
 * their positions, so that a person can work through the file from its top.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct buf;
struct yaml_diag_item;

struct yaml_diag {
	struct yaml_diag_item *items;
	size_t nr_items, cap;
	size_t nr_more; /* errors beyond the bound on what is shown of one file */
	bool nomem;
};

static inline size_t yaml_diag_count(const struct yaml_diag *d)
{
	return d->nr_items + d->nr_more;
}

/*
 * Adds an error at a 1-based position.  Control characters in the message are escaped when it is
 * shown.
 */
void yaml_diag_add(struct yaml_diag *d, unsigned int line, unsigned int column, const char *fmt,
		   ...) __attribute__((format(printf, 4, 5)));

/*
 * Appends all errors as lines "path:LINE:COL: message".  Returns 0 if there were none, -EINVAL, or
 * -ENOMEM.
 */
int yaml_diag_show(struct yaml_diag *d, const char *path, struct buf *messages);
void yaml_diag_fini(struct yaml_diag *d);

/* Appends one line "path: message" for an error that has no position. */
void yaml_diag_show_path(struct buf *messages, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define YAML_QUOTE_CHARS 60
#define YAML_QUOTE_SIZE (4 * YAML_QUOTE_CHARS + 8)

/*
 * Text of a file within a message: `text`, a long one cut.  The result lives as long as the block.
 */
#define YAML_QUOTE(t) yaml_quote((t), (char[YAML_QUOTE_SIZE]){ 0 })
const char *yaml_quote(struct text t, char out[YAML_QUOTE_SIZE]);

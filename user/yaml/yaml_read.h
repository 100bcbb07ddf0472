/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a tree by tables of keys: what is wrong with a key or a value is said at its place, all
 * at once.
 */
#pragma once

#include "yaml/yaml_diag.h"
#include "yaml/yaml_document.h"
#include "yaml/yaml_tree.h"

struct yaml_reader {
	struct yaml_document *doc; /* being read, and where errors go */
	bool nomem;
};

/* A key with the value it has. */
struct yaml_entry {
	const char *name; /* as the table has it */
	const struct yaml_node *key, *value;
};

/* Adds an error at a node. */
#define yaml_error(r, node, ...) \
	yaml_diag_add(&(r)->doc->diag, (node)->line, (node)->column, __VA_ARGS__)

#define YAML_KEYS_MAX 32

/* ctx: the caller's; row: of the table */
typedef void (*yaml_read_fn)(void *ctx, size_t row, const struct yaml_entry *entry);

/*
 * Calls `read` for each key of `map` that is among `names`; in "arg.NAME", NAME stands for
 * anything, and each such key may be given once.  Unknown keys, keys that are no text, and those
 * given twice are errors.  `what` names the mapping in them.  `seen` (may be NULL) receives for
 * each name the key's node, or NULL.
 */
void yaml_read_map(struct yaml_reader *r, const struct yaml_node *map, const char *what,
		   const char *const *names, size_t nr_names, const struct yaml_node **seen,
		   yaml_read_fn read, void *ctx);

/* The entry's value as text that is not empty, in *out; false after an error. */
bool yaml_read_text(struct yaml_reader *r, const struct yaml_entry *entry, struct text *out);
/* As above, as a string of its own.  NULL after an error. */
char *yaml_read_string(struct yaml_reader *r, const struct yaml_entry *entry);
/*
 * True if the entry's value is of the kind and holds anything; an absent one (`tags:`) holds
 * nothing and is no error.
 */
bool yaml_read_container(struct yaml_reader *r, const struct yaml_entry *entry,
			 enum yaml_kind kind);
/* As one of `words`, of which `what` is the plural, in *out; false after an error. */
bool yaml_read_word(struct yaml_reader *r, const struct yaml_entry *entry, const char *what,
		    const char *const *words, size_t nr_words, size_t *out);
/* As true or false; false after an error. */
bool yaml_read_bool(struct yaml_reader *r, const struct yaml_entry *entry, bool *out);

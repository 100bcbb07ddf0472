/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A YAML text as a tree in which every node knows where it stands.  Aliases are resolved: a node
 * used through an alias is a copy with the alias's position that shares the children.  An anchor
 * can be used only behind its node, so there are no cycles; the bound on the weight of the tree
 * holds with all aliases written out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "yaml/yaml_diag.h"

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	unsigned int line, column; /* 1-based, in characters */
	struct text text;	   /* YAML_TEXT: valid UTF-8, may hold NUL */
	bool plain;		   /* YAML_TEXT: not quoted, so that null and true are not text */
	struct yaml_node *first;   /* children; of a map: key, value, key, value, ... */
	struct yaml_node *next;
	size_t weight; /* memory that the subtree stands for, aliases written out */
};

struct yaml_tree {
	struct yaml_node *root; /* NULL: the text holds nothing */
	/* the text ended in an error; the root has the children that ended before it */
	bool broken;
};

/* Reads one document.  What is wrong with the YAML is added to `diag`; returns 0, or -ENOMEM. */
int yaml_tree_read(struct arena *arena, const char *text, size_t len, struct yaml_diag *diag,
		   struct yaml_tree *out);

bool yaml_is_null(const struct yaml_node *node);
/* "text", "a list", "a mapping" or "empty", for messages. */
const char *yaml_kind_name(const struct yaml_node *node);

/*
 * A number for what the node says, wherever it stands: of another text it is another one, but for a
 * chance of one in many.
 */
uint64_t yaml_hash(const struct yaml_node *node);

#define yaml_for_each(child, node) \
	for (const struct yaml_node *child = (node)->first; child; child = child->next)

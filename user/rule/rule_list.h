/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists that rules share: "- list: NAME", "items: [...]", used as $NAME.  Internal to this folder.
 */
#pragma once

#include "rule/rule_pattern.h"

struct yaml_node;

/* The lists of all files, while rules are read. */
struct rule_lists {
	void *root;
};

bool rule_is_list(const struct yaml_node *node);
/* Notes the list; its items are read when a rule first uses them. */
void rule_read_list(struct rule_reader *r, const struct yaml_node *node);
/* True if the text is a reference, "$NAME". */
bool rule_is_reference(struct text text);
/*
 * The patterns of the list that `node` refers to, as a subject of that kind reads them.  NULL if it
 * is empty or after an error.
 */
const struct rule_patterns *rule_list_patterns(struct rule_reader *r, const struct yaml_node *node,
					       enum rule_subject_kind kind);
void rule_lists_fini(struct rule_lists *lists);

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a rule file's tree.  Every mapping in a rule is described by a table of keys;
 * rule_read_map() does for all of them what is the same: unknown keys, duplicates, wrong kinds.
 * Internal to this folder.
 */
#pragma once

#include "rule/rule.h"
#include "rule/rule_pattern.h"
#include "yaml/yaml_read.h"

/* The names of all rules read so far, across files. */
struct rule_names {
	void *root;
};

struct rule_case;
struct rule_case_set;
struct rule_list;
struct rule_lists;
struct rule_term;

struct rule_reader {
	struct yaml_reader yaml;
	struct rule_names names;
	struct rule_lists *lists;
	struct rule_set *set;
	struct rule *rule;	     /* the rule being read */
	struct rule_list *list;	     /* or the list */
	struct rule_case *test_case; /* or the test case */
	struct rule_term **terms;    /* the subjects of its condition, or of a case of `except` */
	size_t *nr_terms;
	bool in_exception;
	struct rule_term *term;	      /* the one being read */
	struct rule_pattern *pattern; /* of that, for a subject of this kind */
	enum rule_subject_kind kind;
};

struct rule_key {
	/* in "arg.NAME", NAME stands for anything; each such key may be given once */
	const char *name;
	void (*read)(struct rule_reader *r, const struct yaml_entry *entry);
};

/*
 * Calls the reader of each key of `map` that is in the table.  `what` names the mapping in
 * messages.  `seen` (may be NULL) receives for each row of the table the key's node, or NULL.
 */
void rule_read_map(struct rule_reader *r, const struct yaml_node *map, const char *what,
		   const struct rule_key *keys, size_t nr_keys, const struct yaml_node **seen);

/* Adds an error at a node. */
#define rule_error(r, node, ...) yaml_error(&(r)->yaml, node, __VA_ARGS__)

/* Registers the name of the rule being read, or says where it was used before. */
void rule_names_add(struct rule_reader *r, const struct yaml_node *node, const char *name);
void rule_names_fini(struct rule_names *names);

/* Readers of one key each that have a file of their own. */
void rule_read_condition(struct rule_reader *r, const struct yaml_entry *entry);
void rule_read_values(struct rule_reader *r, const struct yaml_entry *entry);
void rule_read_func(struct rule_reader *r, const struct yaml_entry *entry);
void rule_read_file(struct rule_reader *r, const struct yaml_entry *entry);
void rule_read_module(struct rule_reader *r, const struct yaml_entry *entry);
void rule_read_audit(struct rule_reader *r, const struct yaml_entry *entry);

/* Errors of the document being read, so far. */
static inline size_t rule_nr_errors(const struct rule_reader *r)
{
	return yaml_diag_count(&r->yaml.doc->diag);
}

/*
 * Reads the rules of all documents into `set`; errors are noted in the documents.  Returns 0 or
 * -ENOMEM.
 */
int rule_read_documents(struct yaml_documents *docs, struct rule_set *set);

/* The same for documents of test cases. */
int rule_read_cases(struct yaml_documents *docs, struct rule_case_set *set);

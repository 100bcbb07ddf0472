// SPDX-License-Identifier: GPL-2.0-only
#include "rule/rule_reader.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"

struct map_of_rule {
	struct rule_reader *r;
	const struct rule_key *keys;
};

static void read_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	const struct map_of_rule *m = ctx;

	m->keys[row].read(m->r, entry);
}

void rule_read_map(struct rule_reader *r, const struct yaml_node *map, const char *what,
		   const struct rule_key *keys, size_t nr_keys, const struct yaml_node **seen)
{
	struct map_of_rule m = { r, keys };
	const char *names[YAML_KEYS_MAX];

	for (size_t i = 0; i < nr_keys; i++)
		names[i] = keys[i].name;
	yaml_read_map(&r->yaml, map, what, names, nr_keys, seen, read_key, &m);
}

struct rule_name {
	char *name, *path;
	unsigned int line, column;
};

static int compare_names(const void *a, const void *b)
{
	const struct rule_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void free_name(void *p)
{
	struct rule_name *n = p;

	if (n) {
		free(n->name);
		free(n->path);
		free(n);
	}
}

DEFINE_CLEANUP(cleanup_name, struct rule_name, free_name);

void rule_names_add(struct rule_reader *r, const struct yaml_node *node, const char *name)
{
	_cleanup_(cleanup_name) struct rule_name *n = calloc(1, sizeof(*n));
	struct rule_name **found;

	if (!n || !(n->name = strdup(name)) || !(n->path = strdup(r->yaml.doc->path)))
		goto nomem;
	n->line = node->line;
	n->column = node->column;
	found = tsearch(n, &r->names.root, compare_names);
	if (!found)
		goto nomem;
	if (*found == n) {
		n = NULL; /* the tree has it now */
		return;
	}
	rule_error(r, node, "rule name %s is used already at %s:%u:%u",
		   YAML_QUOTE(((struct text){ name, strlen(name) })), (*found)->path,
		   (*found)->line, (*found)->column);
	return;
nomem:
	r->yaml.nomem = true;
}

void rule_names_fini(struct rule_names *names)
{
	tdestroy(names->root, free_name);
	names->root = NULL;
}

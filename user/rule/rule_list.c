// SPDX-License-Identifier: GPL-2.0-only
#include "rule/rule_list.h"

#include <ctype.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "yaml/yaml_nearest.h"
#include "rule/rule_reader.h"

struct rule_list {
	char *name;
	struct yaml_document *doc;
	const struct yaml_node *node;  /* the entry */
	const struct yaml_node *items; /* NULL: none */
	/* by kind of the subject it is used for; the rule set owns them */
	struct rule_patterns *patterns[NR_RULE_SUBJECT_KINDS];
	enum { UNREAD, READING, READ } state[NR_RULE_SUBJECT_KINDS];
};

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct rule_list *)a)->name, ((const struct rule_list *)b)->name);
}

static void list_free(void *p)
{
	struct rule_list *list = p;

	if (list) {
		free(list->name);
		free(list);
	}
}

DEFINE_CLEANUP(list_freep, struct rule_list, list_free);

void rule_lists_fini(struct rule_lists *lists)
{
	tdestroy(lists->root, list_free);
	lists->root = NULL;
}

bool rule_is_list(const struct yaml_node *node)
{
	const struct yaml_node *key;

	if (node->kind != YAML_MAP)
		return false;
	for (key = node->first; key && key->next; key = key->next->next) {
		if (key->kind == YAML_TEXT && text_eq(key->text, TEXT("list")))
			return true;
	}
	return false;
}

/* Length of the name at the start of `t`. */
static size_t name_len(struct text t)
{
	size_t n = 0;

	while (n < t.len && (isalnum((unsigned char)t.s[n]) || t.s[n] == '_' || t.s[n] == '-'))
		n++;
	return n;
}

bool rule_is_reference(struct text text)
{
	return text.len > 1 && text.s[0] == '$' &&
	       name_len((struct text){ text.s + 1, text.len - 1 }) == text.len - 1;
}

static void read_list_name(struct rule_reader *r, const struct yaml_entry *entry)
{
	struct text text;

	if (!yaml_read_text(&r->yaml, entry, &text))
		return;
	if (name_len(text) != text.len) {
		rule_error(r, entry->value,
			   "%s is not a name for a list: letters, digits, `_` and `-` are",
			   YAML_QUOTE(text));
		return;
	}
	r->list->name = yaml_read_string(&r->yaml, entry);
}

static void read_items(struct rule_reader *r, const struct yaml_entry *entry)
{
	if (yaml_read_container(&r->yaml, entry, YAML_LIST))
		r->list->items = entry->value;
}

static void read_list_description(struct rule_reader *r, const struct yaml_entry *entry)
{
	struct text text;

	yaml_read_text(&r->yaml, entry, &text);
}

enum { KEY_LIST, KEY_ITEMS, KEY_DESCRIPTION, NR_KEYS };

static const struct rule_key list_keys[NR_KEYS] = {
	[KEY_LIST] = { "list", read_list_name },
	[KEY_ITEMS] = { "items", read_items },
	[KEY_DESCRIPTION] = { "description", read_list_description },
};

void rule_read_list(struct rule_reader *r, const struct yaml_node *node)
{
	_cleanup_(list_freep) struct rule_list *list = calloc(1, sizeof(*list));
	const struct yaml_node *seen[NR_KEYS] = { 0 };
	struct rule_list **found;

	if (!list) {
		r->yaml.nomem = true;
		return;
	}
	list->doc = r->yaml.doc;
	list->node = node;
	r->list = list;
	rule_read_map(r, node, "a list", list_keys, NR_KEYS, seen);
	r->list = NULL;
	if (!seen[KEY_ITEMS])
		rule_error(r, node, "the list has no `items`");
	if (!list->name)
		return;
	found = tsearch(list, &r->lists->root, compare_entries);
	if (!found)
		r->yaml.nomem = true;
	else if (*found == list)
		list = NULL; /* the tree has it now */
	else
		rule_error(r, node, "there is a list `%s` already at %s:%u:%u", list->name,
			   (*found)->doc->path, (*found)->node->line, (*found)->node->column);
}

struct names {
	const char *words[64];
	size_t n;
};

/* twalk_r() */
static void add_name(const void *node, VISIT which, void *closure)
{
	struct names *names = closure;

	if ((which == postorder || which == leaf) && names->n < ARRAY_SIZE(names->words))
		names->words[names->n++] = (*(struct rule_list *const *)node)->name;
}

static void unknown_list(struct rule_reader *r, const struct yaml_node *node, struct text name)
{
	struct names names = { .n = 0 };
	const char *nearest;

	twalk_r(r->lists->root, add_name, &names);
	nearest = yaml_nearest(name, names.words, names.n);
	if (nearest)
		rule_error(r, node, "there is no list %s; did you mean `$%s`?",
			   YAML_QUOTE(node->text), nearest);
	else
		rule_error(r, node,
			   "there is no list %s; text that looks so is written `{contains: "
			   "%.*s}`",
			   YAML_QUOTE(node->text), (int)MIN(node->text.len, YAML_QUOTE_CHARS),
			   node->text.s);
}

/* Hands the patterns to the rule set. */
static bool keep_patterns(struct rule_reader *r, struct rule_patterns *patterns)
{
	struct rule_set *set = r->set;
	struct rule_patterns **lists = reallocarray(set->lists, set->nr_lists + 1, sizeof(*lists));

	if (!lists) {
		r->yaml.nomem = true;
		rule_patterns_free(patterns);
		return false;
	}
	set->lists = lists;
	lists[set->nr_lists++] = patterns;
	return true;
}

static void read_list(struct rule_reader *r, struct rule_list *list, enum rule_subject_kind kind)
{
	const struct yaml_entry entry = { "items", list->items, list->items };
	struct yaml_document *doc = r->yaml.doc;
	struct rule_patterns *patterns;

	list->state[kind] = READING;
	r->yaml.doc = list->doc;
	patterns = list->items ? rule_read_patterns(r, &entry, kind) : NULL;
	r->yaml.doc = doc;
	list->state[kind] = READ;
	if (patterns && keep_patterns(r, patterns))
		list->patterns[kind] = patterns;
}

const struct rule_patterns *rule_list_patterns(struct rule_reader *r, const struct yaml_node *node,
					       enum rule_subject_kind kind)
{
	_cleanup_free_ char *name = strndup(node->text.s + 1, node->text.len - 1);
	struct rule_list key = { .name = name }, **found;

	if (!name) {
		r->yaml.nomem = true;
		return NULL;
	}
	found = tfind(&key, &r->lists->root, compare_entries);
	if (!found) {
		unknown_list(r, node, (struct text){ name, strlen(name) });
		return NULL;
	}
	if ((*found)->state[kind] == READING)
		rule_error(r, node, "list `%s` holds itself", name);
	else if ((*found)->state[kind] == UNREAD)
		read_list(r, *found, kind);
	return (*found)->patterns[kind];
}

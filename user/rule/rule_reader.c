// SPDX-License-Identifier: GPL-2.0-only
#include "rule/rule_reader.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "rule/rule_nearest.h"

static void unknown_key(struct rule_reader *r, const struct yaml_node *key, const char *what,
			const struct rule_key *keys, size_t nr_keys)
{
	_cleanup_buf_ struct buf hint = { 0 };
	const char *words[RULE_KEYS_MAX];

	for (size_t i = 0; i < nr_keys; i++)
		words[i] = keys[i].name;
	rule_hint(&hint, key->text, "keys", words, nr_keys);
	if (hint.failed)
		r->nomem = true;
	else
		rule_error(r, key, "unknown key %s in %s%s", RULE_QUOTE(key->text), what,
			   hint.data);
}

/* Length of "arg." in "arg.NAME"; 0 for a key that is one word. */
static size_t open_len(const char *name)
{
	const char *dot = strstr(name, ".NAME");

	return dot ? dot + 1 - name : 0;
}

static size_t find_key(const struct rule_key *keys, size_t nr_keys, struct text name)
{
	size_t i;

	for (i = 0; i < nr_keys && !text_eq_str(name, keys[i].name); i++) {
		size_t len = open_len(keys[i].name);

		if (len && name.len > len && memcmp(name.s, keys[i].name, len) == 0)
			break;
	}
	return i;
}

/* The first key of `map` that is the same as `key`, or `key`. */
static const struct yaml_node *find_same(const struct yaml_node *map, const struct yaml_node *key)
{
	const struct yaml_node *k = map->first;

	while (k != key && (k->kind != YAML_TEXT || !text_eq(k->text, key->text)))
		k = k->next->next;
	return k;
}

/* Beyond this many keys of an open kind their reader refuses them: no more are compared. */
#define OPEN_KEYS_MAX 128

void rule_read_map(struct rule_reader *r, const struct yaml_node *map, const char *what,
		   const struct rule_key *keys, size_t nr_keys, const struct yaml_node **seen)
{
	const struct yaml_node *own[RULE_KEYS_MAX] = { 0 }, *first;
	size_t nr_open = 0;

	if (!seen)
		seen = own;
	for (const struct yaml_node *key = map->first; key && key->next; key = key->next->next) {
		size_t i;

		if (key->kind != YAML_TEXT) {
			rule_error(r, key, "a key of %s must be text, not %s", what,
				   yaml_kind_name(key));
			continue;
		}
		i = find_key(keys, nr_keys, key->text);
		if (i == nr_keys) {
			unknown_key(r, key, what, keys, nr_keys);
			continue;
		}
		first = open_len(keys[i].name) && nr_open++ < OPEN_KEYS_MAX ? find_same(map, key)
									    : seen[i];
		if (first && first != key) {
			rule_error(r, key, "key %s is given twice, first at line %u",
				   RULE_QUOTE(key->text), first->line);
			continue;
		}
		seen[i] = key;
		keys[i].read(r, &(struct rule_entry){ keys[i].name, key, key->next });
	}
}

/* Where an error about a value is shown: a missing value has no place of its own. */
static const struct yaml_node *value_place(const struct rule_entry *entry)
{
	return yaml_is_null(entry->value) ? entry->key : entry->value;
}

static bool is_blank(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		if (!strchr(" \t\r\n", t.s[i]) || !t.s[i])
			return false;
	}
	return true;
}

bool rule_read_text(struct rule_reader *r, const struct rule_entry *entry, struct text *out)
{
	const struct yaml_node *value = entry->value, *place = value_place(entry);

	if (value->kind != YAML_TEXT)
		rule_error(r, place, "`%s` must be text, not %s", entry->name,
			   yaml_kind_name(value));
	else if (yaml_is_null(value) || is_blank(value->text))
		rule_error(r, place, "`%s` is empty", entry->name);
	else if (memchr(value->text.s, '\0', value->text.len))
		rule_error(r, place, "`%s` holds a NUL character", entry->name);
	else {
		*out = value->text;
		return true;
	}
	return false;
}

char *rule_read_string(struct rule_reader *r, const struct rule_entry *entry)
{
	struct text text;
	char *s;

	if (!rule_read_text(r, entry, &text))
		return NULL;
	s = strndup(text.s, text.len);
	if (!s)
		r->nomem = true;
	return s;
}

bool rule_read_container(struct rule_reader *r, const struct rule_entry *entry, enum yaml_kind kind)
{
	static const char *const kinds[] = { "text", "a list", "a mapping" };

	if (yaml_is_null(entry->value))
		return false;
	if (entry->value->kind != kind) {
		rule_error(r, entry->value, "`%s` must be %s, not %s", entry->name, kinds[kind],
			   yaml_kind_name(entry->value));
		return false;
	}
	return entry->value->first;
}

void rule_refuse(struct rule_reader *r, const struct rule_entry *entry)
{
	rule_error(r, entry->key, "`%s` is not supported yet", entry->name);
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

	if (!n || !(n->name = strdup(name)) || !(n->path = strdup(r->doc->path)))
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
		   RULE_QUOTE(((struct text){ name, strlen(name) })), (*found)->path,
		   (*found)->line, (*found)->column);
	return;
nomem:
	r->nomem = true;
}

void rule_names_fini(struct rule_names *names)
{
	tdestroy(names->root, free_name);
	names->root = NULL;
}

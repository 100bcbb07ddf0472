// SPDX-License-Identifier: GPL-2.0-only
#include "yaml/yaml_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "yaml/yaml_nearest.h"

static void unknown_key(struct yaml_reader *r, const struct yaml_node *key, const char *what,
			const char *const *names, size_t nr_names)
{
	_cleanup_buf_ struct buf hint = { 0 };

	yaml_hint(&hint, key->text, "keys", names, nr_names);
	if (hint.failed)
		r->nomem = true;
	else
		yaml_error(r, key, "unknown key %s in %s%s", YAML_QUOTE(key->text), what,
			   hint.data);
}

/* Length of "arg." in "arg.NAME"; 0 for a key that is one word. */
static size_t open_len(const char *name)
{
	const char *dot = strstr(name, ".NAME");

	return dot ? dot + 1 - name : 0;
}

static size_t find_key(const char *const *names, size_t nr_names, struct text name)
{
	size_t i;

	for (i = 0; i < nr_names && !text_eq_str(name, names[i]); i++) {
		size_t len = open_len(names[i]);

		if (len && name.len > len && memcmp(name.s, names[i], len) == 0)
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

void yaml_read_map(struct yaml_reader *r, const struct yaml_node *map, const char *what,
		   const char *const *names, size_t nr_names, const struct yaml_node **seen,
		   yaml_read_fn read, void *ctx)
{
	const struct yaml_node *own[YAML_KEYS_MAX] = { 0 }, *first;
	size_t nr_open = 0;

	if (!seen)
		seen = own;
	for (const struct yaml_node *key = map->first; key && key->next; key = key->next->next) {
		size_t i;

		if (key->kind != YAML_TEXT) {
			yaml_error(r, key, "a key of %s must be text, not %s", what,
				   yaml_kind_name(key));
			continue;
		}
		i = find_key(names, nr_names, key->text);
		if (i == nr_names) {
			unknown_key(r, key, what, names, nr_names);
			continue;
		}
		first = open_len(names[i]) && nr_open++ < OPEN_KEYS_MAX ? find_same(map, key)
									: seen[i];
		if (first && first != key) {
			yaml_error(r, key, "key %s is given twice, first at line %u",
				   YAML_QUOTE(key->text), first->line);
			continue;
		}
		seen[i] = key;
		read(ctx, i, &(struct yaml_entry){ names[i], key, key->next });
	}
}

/* Where an error about a value is shown: a missing value has no place of its own. */
static const struct yaml_node *value_place(const struct yaml_entry *entry)
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

bool yaml_read_text(struct yaml_reader *r, const struct yaml_entry *entry, struct text *out)
{
	const struct yaml_node *value = entry->value, *place = value_place(entry);

	if (value->kind != YAML_TEXT)
		yaml_error(r, place, "`%s` must be text, not %s", entry->name,
			   yaml_kind_name(value));
	else if (yaml_is_null(value) || is_blank(value->text))
		yaml_error(r, place, "`%s` is empty", entry->name);
	else if (memchr(value->text.s, '\0', value->text.len))
		yaml_error(r, place, "`%s` holds a NUL character", entry->name);
	else {
		*out = value->text;
		return true;
	}
	return false;
}

char *yaml_read_string(struct yaml_reader *r, const struct yaml_entry *entry)
{
	struct text text;
	char *s;

	if (!yaml_read_text(r, entry, &text))
		return NULL;
	s = strndup(text.s, text.len);
	if (!s)
		r->nomem = true;
	return s;
}

bool yaml_read_container(struct yaml_reader *r, const struct yaml_entry *entry, enum yaml_kind kind)
{
	static const char *const kinds[] = { "text", "a list", "a mapping" };

	if (yaml_is_null(entry->value))
		return false;
	if (entry->value->kind != kind) {
		yaml_error(r, entry->value, "`%s` must be %s, not %s", entry->name, kinds[kind],
			   yaml_kind_name(entry->value));
		return false;
	}
	return entry->value->first;
}

bool yaml_read_word(struct yaml_reader *r, const struct yaml_entry *entry, const char *what,
		    const char *const *words, size_t nr_words, size_t *out)
{
	_cleanup_buf_ struct buf hint = { 0 };
	struct text text;

	if (!yaml_read_text(r, entry, &text))
		return false;
	for (*out = 0; *out < nr_words; ++*out) {
		if (text_eq_str(text, words[*out]))
			return true;
	}
	yaml_hint(&hint, text, what, words, nr_words);
	if (hint.failed)
		r->nomem = true;
	else
		yaml_error(r, entry->value, "unknown %s %s%s", entry->name, YAML_QUOTE(text),
			   hint.data);
	return false;
}

/* YAML 1.1, which libyaml reads, has all of these. */
static const struct {
	const char *word;
	bool value;
} bools[] = {
	{ "true", true }, { "True", true },   { "TRUE", true },	  { "yes", true },
	{ "Yes", true },  { "YES", true },    { "on", true },	  { "On", true },
	{ "ON", true },	  { "false", false }, { "False", false }, { "FALSE", false },
	{ "no", false },  { "No", false },    { "NO", false },	  { "off", false },
	{ "Off", false }, { "OFF", false },
};

bool yaml_read_bool(struct yaml_reader *r, const struct yaml_entry *entry, bool *out)
{
	struct text text;

	if (!yaml_read_text(r, entry, &text))
		return false;
	for (size_t i = 0; entry->value->plain && i < ARRAY_SIZE(bools); i++) {
		if (text_eq_str(text, bools[i].word)) {
			*out = bools[i].value;
			return true;
		}
	}
	yaml_error(r, entry->value, "`%s` must be true or false, not the text %s", entry->name,
		   YAML_QUOTE(text));
	return false;
}

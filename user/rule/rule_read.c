// SPDX-License-Identifier: GPL-2.0-only
/* From the tree of a rule file to its rules. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "rule/rule_condition.h"
#include "rule/rule_list.h"
#include "rule/rule_nearest.h"
#include "rule/rule_reader.h"

static void read_name(struct rule_reader *r, const struct rule_entry *entry)
{
	r->rule->name = rule_read_string(r, entry);
	if (r->rule->name)
		rule_names_add(r, entry->value, r->rule->name);
}

static void read_id(struct rule_reader *r, const struct rule_entry *entry)
{
	r->rule->id = rule_read_string(r, entry);
}

static void read_description(struct rule_reader *r, const struct rule_entry *entry)
{
	r->rule->description = rule_read_string(r, entry);
}

static const char *const level_names[NR_RULE_LEVELS] = {
	[RULE_LEVEL_INFO] = "info",
	[RULE_LEVEL_WARN] = "warn",
	[RULE_LEVEL_ALERT] = "alert",
};

const char *rule_level_name(enum rule_level level)
{
	return (unsigned int)level < NR_RULE_LEVELS ? level_names[level] : "?";
}

static void read_level(struct rule_reader *r, const struct rule_entry *entry)
{
	_cleanup_buf_ struct buf hint = { 0 };
	struct text text;

	if (!rule_read_text(r, entry, &text))
		return;
	for (size_t i = 0; i < NR_RULE_LEVELS; i++) {
		if (text_eq_str(text, level_names[i])) {
			r->rule->level = i;
			return;
		}
	}
	rule_hint(&hint, text, "levels", level_names, NR_RULE_LEVELS);
	if (hint.failed)
		r->nomem = true;
	else
		rule_error(r, entry->value, "unknown level %s%s", RULE_QUOTE(text), hint.data);
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

static void read_enabled(struct rule_reader *r, const struct rule_entry *entry)
{
	struct text text;

	if (!rule_read_text(r, entry, &text))
		return;
	for (size_t i = 0; entry->value->plain && i < ARRAY_SIZE(bools); i++) {
		if (text_eq_str(text, bools[i].word)) {
			r->rule->enabled = bools[i].value;
			return;
		}
	}
	rule_error(r, entry->value, "`enabled` must be true or false, not the text %s",
		   RULE_QUOTE(text));
}

static void read_tags(struct rule_reader *r, const struct rule_entry *entry)
{
	struct rule *rule = r->rule;
	size_t n = 0;

	if (!rule_read_container(r, entry, YAML_LIST))
		return;
	yaml_for_each(item, entry->value) n++;
	rule->tags = calloc(n, sizeof(*rule->tags));
	if (!rule->tags) {
		r->nomem = true;
		return;
	}
	yaml_for_each(tag, entry->value)
	{
		const struct rule_entry one = { "tags", tag, tag };
		char *s;

		if (tag->kind != YAML_TEXT) {
			rule_error(r, tag, "a tag must be text, not %s", yaml_kind_name(tag));
			continue;
		}
		s = rule_read_string(r, &one);
		if (s)
			rule->tags[rule->nr_tags++] = s;
	}
}

enum {
	KEY_NAME,
	KEY_FUNC,
	KEY_FILE,
	KEY_MODULE,
	KEY_AUDIT,
	KEY_LEVEL,
	KEY_VALUE,
	KEY_CONDITION,
	KEY_ID,
	KEY_DESCRIPTION,
	KEY_TAGS,
	KEY_ENABLED,
	NR_KEYS,
};

static const struct rule_key rule_keys[NR_KEYS] = {
	[KEY_NAME] = { "name", read_name },
	[KEY_FUNC] = { "func", rule_read_func },
	[KEY_FILE] = { "file", rule_read_file },
	[KEY_MODULE] = { "module", rule_read_module },
	[KEY_AUDIT] = { "audit", rule_read_audit },
	[KEY_LEVEL] = { "level", read_level },
	[KEY_VALUE] = { "value", rule_read_values },
	[KEY_CONDITION] = { "condition", rule_read_condition },
	[KEY_ID] = { "id", read_id },
	[KEY_DESCRIPTION] = { "description", read_description },
	[KEY_TAGS] = { "tags", read_tags },
	[KEY_ENABLED] = { "enabled", read_enabled },
};

_Static_assert(NR_KEYS <= RULE_KEYS_MAX, "rule_read_map() has room for every key");

static const int required_keys[] = { KEY_NAME, KEY_LEVEL };
static const int place_keys[] = { KEY_FILE, KEY_MODULE, KEY_AUDIT };

/* "rule `X`", or "the rule" where its name is not known. */
static const char *rule_label(const struct rule_reader *r, char out[RULE_QUOTE_SIZE + 8])
{
	char quote[RULE_QUOTE_SIZE];
	const char *name = r->rule->name;

	if (!name)
		return "the rule";
	rule_quote((struct text){ name, strlen(name) }, quote);
	snprintf(out, RULE_QUOTE_SIZE + 8, "rule %s", quote);
	return out;
}

/* Which keys must be there, and which exclude each other. */
static void check_keys(struct rule_reader *r, const struct yaml_node *map,
		       const struct yaml_node *const *seen)
{
	const char *label = rule_label(r, (char[RULE_QUOTE_SIZE + 8]){ 0 });
	int place = -1;

	for (size_t i = 0; i < ARRAY_SIZE(required_keys); i++) {
		if (!seen[required_keys[i]])
			rule_error(r, map, "%s has no `%s`", label,
				   rule_keys[required_keys[i]].name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(place_keys); i++) {
		int key = place_keys[i];

		if (!seen[key])
			continue;
		if (place < 0)
			place = key;
		else
			rule_error(r, seen[key],
				   "`%s` beside `%s`: a rule has exactly one of `file`, `module` "
				   "and `audit`",
				   rule_keys[key].name, rule_keys[place].name);
	}
	if (place < 0)
		rule_error(r, map, "%s has none of `file`, `module` and `audit`", label);
	if (place == KEY_AUDIT && seen[KEY_FUNC])
		rule_error(r, seen[KEY_FUNC],
			   "`func` beside `audit`: an audit event has no function");
	else if (place != KEY_AUDIT && !seen[KEY_FUNC])
		rule_error(r, map, "%s has no `func`", label);
}

/* Moves the rule into the set. */
static void keep_rule(struct rule_reader *r, struct rule *rule)
{
	struct rule_set *set = r->set;
	struct rule *rules;

	/* Doubled at each power of two. */
	if (!(set->nr_rules & (set->nr_rules - 1))) {
		rules = reallocarray(set->rules, set->nr_rules ? 2 * set->nr_rules : 1,
				     sizeof(*rules));
		if (!rules) {
			r->nomem = true;
			return;
		}
		set->rules = rules;
	}
	set->rules[set->nr_rules++] = *rule;
	*rule = (struct rule){ 0 };
}

static void read_rule(struct rule_reader *r, const struct yaml_node *node)
{
	_cleanup_(rule_fini) struct rule rule = { .enabled = true };
	const struct yaml_node *seen[NR_KEYS] = { 0 };
	size_t errors = rule_nr_errors(r);

	if (node->kind != YAML_MAP) {
		rule_error(r, node, "a rule must be a mapping, not %s", yaml_kind_name(node));
		return;
	}
	rule.line = node->line;
	rule.column = node->column;
	rule.path = strdup(r->doc->path);
	if (!rule.path) {
		r->nomem = true;
		return;
	}
	r->rule = &rule;
	rule_read_map(r, node, "a rule", rule_keys, NR_KEYS, seen);
	check_keys(r, node, seen);
	r->rule = NULL;
	if (errors == rule_nr_errors(r) && !r->nomem && (rule.enabled || r->set->with_disabled))
		keep_rule(r, &rule);
}

/* The list of a document's entries; NULL if there is none. */
static const struct yaml_node *document_root(struct rule_document *doc)
{
	const struct yaml_node *root = doc->tree.root;

	if (!root || yaml_is_null(root) || (root->kind == YAML_LIST && !root->first)) {
		/* Of a broken file nothing is known, and of one that could not be read all is said. */
		if (!doc->tree.broken && !doc->failure.len)
			rule_diag_add(&doc->diag, root ? root->line : 1, root ? root->column : 1,
				      "the file has no rules");
		return NULL;
	}
	if (root->kind == YAML_LIST)
		return root;
	rule_diag_add(&doc->diag, root->line, root->column,
		      "a rule file is a list of rules (\"- name: ...\"), not %s",
		      yaml_kind_name(root));
	return NULL;
}

int rule_read_documents(struct rule_documents *docs, struct rule_set *set)
{
	_cleanup_(rule_lists_fini) struct rule_lists lists = { 0 };
	struct rule_reader r = { .lists = &lists, .set = set };
	const struct yaml_node *root;

	/* Lists first: a rule may use one that stands below it, or in a later file. */
	for (r.doc = docs->first; r.doc; r.doc = r.doc->next) {
		root = r.doc->tree.root;
		if (!root || root->kind != YAML_LIST)
			continue;
		yaml_for_each(node, root)
		{
			if (rule_is_list(node))
				rule_read_list(&r, node);
		}
	}
	for (r.doc = docs->first; r.doc; r.doc = r.doc->next) {
		root = document_root(r.doc);
		if (!root)
			continue;
		yaml_for_each(node, root)
		{
			if (!rule_is_list(node))
				read_rule(&r, node);
		}
	}
	rule_names_fini(&r.names);
	return r.nomem ? -ENOMEM : 0;
}

void rule_fini(struct rule *rule)
{
	free(rule->name);
	free(rule->id);
	free(rule->description);
	for (size_t i = 0; i < rule->nr_tags; i++)
		free(rule->tags[i]);
	free(rule->tags);
	free(rule->func);
	free(rule->place);
	for (size_t i = 0; i < rule->nr_values; i++) {
		for (size_t j = 0; j < rule->values[i].nr_pieces; j++)
			free(rule->values[i].pieces[j].text);
		free(rule->values[i].pieces);
		free(rule->values[i].label);
	}
	free(rule->values);
	rule_condition_free(rule->condition);
	free(rule->path);
	*rule = (struct rule){ 0 };
}

void rule_set_fini(struct rule_set *set)
{
	for (size_t i = 0; i < set->nr_rules; i++)
		rule_fini(&set->rules[i]);
	free(set->rules);
	for (size_t i = 0; i < set->nr_lists; i++)
		rule_patterns_free(set->lists[i]);
	free(set->lists);
	*set = (struct rule_set){ 0 };
}

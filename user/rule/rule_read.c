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
#include "rule/rule_reader.h"

static void read_name(struct rule_reader *r, const struct yaml_entry *entry)
{
	r->rule->name = yaml_read_string(&r->yaml, entry);
	if (r->rule->name)
		rule_names_add(r, entry->value, r->rule->name);
}

static void read_id(struct rule_reader *r, const struct yaml_entry *entry)
{
	r->rule->id = yaml_read_string(&r->yaml, entry);
}

static void read_description(struct rule_reader *r, const struct yaml_entry *entry)
{
	r->rule->description = yaml_read_string(&r->yaml, entry);
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

static void read_level(struct rule_reader *r, const struct yaml_entry *entry)
{
	size_t level;

	if (yaml_read_word(&r->yaml, entry, "levels", level_names, NR_RULE_LEVELS, &level))
		r->rule->level = level;
}

static void read_enabled(struct rule_reader *r, const struct yaml_entry *entry)
{
	yaml_read_bool(&r->yaml, entry, &r->rule->enabled);
}

static void read_tags(struct rule_reader *r, const struct yaml_entry *entry)
{
	struct rule *rule = r->rule;
	size_t n = 0;

	if (!yaml_read_container(&r->yaml, entry, YAML_LIST))
		return;
	yaml_for_each(item, entry->value) n++;
	rule->tags = calloc(n, sizeof(*rule->tags));
	if (!rule->tags) {
		r->yaml.nomem = true;
		return;
	}
	yaml_for_each(tag, entry->value)
	{
		const struct yaml_entry one = { "tags", tag, tag };
		char *s;

		if (tag->kind != YAML_TEXT) {
			rule_error(r, tag, "a tag must be text, not %s", yaml_kind_name(tag));
			continue;
		}
		s = yaml_read_string(&r->yaml, &one);
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

_Static_assert(NR_KEYS <= YAML_KEYS_MAX, "rule_read_map() has room for every key");

static const int required_keys[] = { KEY_NAME, KEY_LEVEL };
static const int place_keys[] = { KEY_FILE, KEY_MODULE, KEY_AUDIT };

/* "rule `X`", or "the rule" where its name is not known. */
static const char *rule_label(const struct rule_reader *r, char out[YAML_QUOTE_SIZE + 8])
{
	char quote[YAML_QUOTE_SIZE];
	const char *name = r->rule->name;

	if (!name)
		return "the rule";
	yaml_quote((struct text){ name, strlen(name) }, quote);
	snprintf(out, YAML_QUOTE_SIZE + 8, "rule %s", quote);
	return out;
}

/* Which keys must be there, and which exclude each other. */
static void check_keys(struct rule_reader *r, const struct yaml_node *map,
		       const struct yaml_node *const *seen)
{
	const char *label = rule_label(r, (char[YAML_QUOTE_SIZE + 8]){ 0 });
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
			r->yaml.nomem = true;
			return;
		}
		set->rules = rules;
	}
	set->rules[set->nr_rules++] = *rule;
	*rule = (struct rule){ 0 };
}

/* Frees what a rule holds. */
static void rule_fini(struct rule *rule)
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
	rule.path = strdup(r->yaml.doc->path);
	if (!rule.path) {
		r->yaml.nomem = true;
		return;
	}
	r->rule = &rule;
	rule_read_map(r, node, "a rule", rule_keys, NR_KEYS, seen);
	check_keys(r, node, seen);
	r->rule = NULL;
	if (errors == rule_nr_errors(r) && !r->yaml.nomem &&
	    (rule.enabled || r->set->with_disabled))
		keep_rule(r, &rule);
}

/* The list of a document's entries; NULL if there is none. */
static const struct yaml_node *document_root(struct yaml_document *doc)
{
	const struct yaml_node *root = doc->tree.root;

	if (!root || yaml_is_null(root) || (root->kind == YAML_LIST && !root->first)) {
		/*
		 * Of a broken file nothing is known, and of one that could not be read all is said.
		 */
		if (!doc->tree.broken && !doc->failure.len)
			yaml_diag_add(&doc->diag, root ? root->line : 1, root ? root->column : 1,
				      "the file has no rules");
		return NULL;
	}
	if (root->kind == YAML_LIST)
		return root;
	yaml_diag_add(&doc->diag, root->line, root->column,
		      "a rule file is a list of rules (\"- name: ...\"), not %s",
		      yaml_kind_name(root));
	return NULL;
}

int rule_read_documents(struct yaml_documents *docs, struct rule_set *set)
{
	_cleanup_(rule_lists_fini) struct rule_lists lists = { 0 };
	struct rule_reader r = { .lists = &lists, .set = set };
	const struct yaml_node *root;

	/* Lists first: a rule may use one that stands below it, or in a later file. */
	for (r.yaml.doc = docs->first; r.yaml.doc; r.yaml.doc = r.yaml.doc->next) {
		root = r.yaml.doc->tree.root;
		if (!root || root->kind != YAML_LIST)
			continue;
		yaml_for_each(node, root)
		{
			if (rule_is_list(node))
				rule_read_list(&r, node);
		}
	}
	for (r.yaml.doc = docs->first; r.yaml.doc; r.yaml.doc = r.yaml.doc->next) {
		root = document_root(r.yaml.doc);
		if (!root)
			continue;
		yaml_for_each(node, root)
		{
			if (!rule_is_list(node))
				read_rule(&r, node);
		}
	}
	rule_names_fini(&r.names);
	return r.yaml.nomem ? -ENOMEM : 0;
}

int rule_set_append(struct rule_set *set, struct rule_set *more, size_t *first)
{
	struct rule *rules =
		reallocarray(set->rules, set->nr_rules + more->nr_rules + 1, sizeof(*rules));
	struct rule_patterns **lists;

	if (!rules)
		return -ENOMEM;
	set->rules = rules;
	lists = reallocarray(set->lists, set->nr_lists + more->nr_lists + 1, sizeof(*lists));
	if (!lists)
		return -ENOMEM;
	set->lists = lists;
	*first = set->nr_rules;
	for (size_t i = 0; i < more->nr_rules; i++)
		rules[set->nr_rules++] = more->rules[i];
	for (size_t i = 0; i < more->nr_lists; i++)
		lists[set->nr_lists++] = more->lists[i];
	set->with_disabled |= more->with_disabled;
	free(more->rules);
	free(more->lists);
	*more = (struct rule_set){ 0 };
	return 0;
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

// SPDX-License-Identifier: GPL-2.0-only
/* The keys `targets` and `exclude` of a configuration: which processes are traced. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/config_priv.h"

/* More are a mistake: each new process is held against all of them. */
#define TARGETS_MAX 256

enum { TARGET_NAME, TARGET_MATCH, TARGET_RULES, TARGET_MODE, NR_TARGET_KEYS };

static const char *const target_keys[NR_TARGET_KEYS] = { "name", "match", "rules", "mode" };

struct match_reader {
	struct config_reader *r;
	struct select_match *match;
};

static void read_pattern(struct match_reader *m, size_t key, const struct yaml_entry *entry)
{
	struct yaml_reader *yaml = &m->r->yaml;
	struct text text;
	char why[256];
	int ret;

	if (!yaml_read_text(yaml, entry, &text))
		return;
	ret = select_match_add(m->match, key, text, why, sizeof(why));
	if (ret == -ENOMEM)
		yaml->nomem = true;
	else if (ret)
		yaml_error(yaml, entry->value, "`%s` does not take %s: %s", entry->name,
			   YAML_QUOTE(text), why);
}

static void read_match_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	struct match_reader *m = ctx;

	if (row == SELECT_LABELS) {
		config_read_labels(m->r, entry, m->match);
	} else if (entry->value->kind == YAML_LIST) {
		if (!entry->value->first)
			yaml_error(&m->r->yaml, entry->value, "`%s` is empty", entry->name);
		yaml_for_each(item, entry->value)
			read_pattern(m, row, &(struct yaml_entry){ entry->name, item, item });
	} else {
		read_pattern(m, row, entry);
	}
}

static void read_match(struct config_reader *r, const struct yaml_node *node, const char *what,
		       struct select_match *match)
{
	struct match_reader m = { r, match };

	if (node->kind != YAML_MAP)
		yaml_error(&r->yaml, node, "%s is a mapping (\"user: www-data\"), not %s", what,
			   yaml_kind_name(node));
	else
		yaml_read_map(&r->yaml, node, what, select_key_names, NR_SELECT_KEYS, NULL,
			      read_match_key, &m);
}

static bool is_name_taken(const struct selection *s, const struct select_target *target)
{
	for (const struct select_target *t = s->targets; t < target; t++) {
		if (t->name && str_eq(t->name, target->name))
			return true;
	}
	return false;
}

static void read_path(struct config_reader *r, struct select_target *target,
		      const struct yaml_entry *entry)
{
	struct text text;
	char **more;

	if (!yaml_read_text(&r->yaml, entry, &text))
		return;
	if (!text.len) {
		yaml_error(&r->yaml, entry->value, "`rules` takes files and directories");
		return;
	}
	more = reallocarray(target->rules, target->nr_rules + 1, sizeof(*more));
	if (!more) {
		r->yaml.nomem = true;
		return;
	}
	target->rules = more;
	more[target->nr_rules] = config_path(r, text);
	target->nr_rules += more[target->nr_rules] != NULL;
}

static void read_rules(struct config_reader *r, struct select_target *target,
		       const struct yaml_entry *entry)
{
	if (entry->value->kind != YAML_LIST) {
		read_path(r, target, entry);
		return;
	}
	if (!entry->value->first)
		yaml_error(&r->yaml, entry->value, "`rules` is empty: nothing is watched");
	yaml_for_each(item, entry->value)
		read_path(r, target, &(struct yaml_entry){ entry->name, item, item });
}

static void read_target_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	struct config_reader *r = ctx;
	struct selection *s = &r->config->selection;
	struct select_target *target = &s->targets[s->nr_targets - 1];

	switch (row) {
	case TARGET_NAME:
		target->name = yaml_read_string(&r->yaml, entry);
		if (target->name && is_name_taken(s, target))
			yaml_error(&r->yaml, entry->value,
				   "there is a target \"%s\" before this one", target->name);
		break;
	case TARGET_MATCH:
		read_match(r, entry->value, "a match", &target->match);
		break;
	case TARGET_MODE:
		config_read_mode(r, entry);
		break;
	default:
		read_rules(r, target, entry);
	}
}

static void read_target(struct config_reader *r, const struct yaml_node *node)
{
	const struct yaml_node *seen[NR_TARGET_KEYS] = { 0 };

	if (node->kind != YAML_MAP) {
		yaml_error(&r->yaml, node, "a target is a mapping (\"name: ...\"), not %s",
			   yaml_kind_name(node));
		return;
	}
	yaml_read_map(&r->yaml, node, "a target", target_keys, NR_TARGET_KEYS, seen,
		      read_target_key, r);
	if (!seen[TARGET_NAME])
		yaml_error(&r->yaml, node, "a target has a `name`");
	if (!seen[TARGET_MATCH])
		yaml_error(&r->yaml, node,
			   "a target has a `match`: `match: {}` is one that every process fits");
}

/* Has room for one entry more in a list; NULL: there is none, which is noted. */
static void *add_entry(struct config_reader *r, const struct yaml_node *node, void *list,
		       size_t count, size_t size)
{
	char *more;

	if (count == TARGETS_MAX) {
		yaml_error(&r->yaml, node, "more than %d of them", TARGETS_MAX);
		return NULL;
	}
	more = reallocarray(list, count + 1, size);
	if (!more)
		r->yaml.nomem = true;
	else
		memset(more + count * size, 0, size);
	return more;
}

void config_read_targets(struct config_reader *r, const struct yaml_entry *entry)
{
	struct selection *s = &r->config->selection;

	if (!yaml_read_container(&r->yaml, entry, YAML_LIST)) {
		if (entry->value->kind == YAML_LIST || yaml_is_null(entry->value))
			yaml_error(&r->yaml, entry->value, "`targets` is empty: nothing is traced");
		return;
	}
	yaml_for_each(node, entry->value)
	{
		struct select_target *more =
			add_entry(r, node, s->targets, s->nr_targets, sizeof(*more));

		if (!more)
			return;
		s->targets = more;
		s->nr_targets++;
		read_target(r, node);
	}
}

void config_read_exclude(struct config_reader *r, const struct yaml_entry *entry)
{
	struct selection *s = &r->config->selection;

	if (!yaml_read_container(&r->yaml, entry, YAML_LIST))
		return;
	yaml_for_each(node, entry->value)
	{
		struct select_match *more =
			add_entry(r, node, s->exclude, s->nr_exclude, sizeof(*more));

		if (!more)
			return;
		s->exclude = more;
		read_match(r, node, "an exclusion", &s->exclude[s->nr_exclude]);
		if (node->kind == YAML_MAP && !node->first)
			yaml_error(&r->yaml, node, "an exclusion without a key leaves nothing");
		s->nr_exclude++;
	}
}

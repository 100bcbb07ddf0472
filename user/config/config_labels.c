// SPDX-License-Identifier: GPL-2.0-only
/*
 * The key `labels` of a match: a mapping, all of whose labels a pod has to have, or a list of such
 * mappings, of which one must fit.  A label has one value or a list, too.
 */
#include <errno.h>

#include "base/util.h"
#include "config/config_priv.h"

static void read_value(struct config_reader *r, const struct yaml_node *key,
		       const struct yaml_node *value, struct select_labels *labels)
{
	char why[256];
	int ret;

	if (value->kind != YAML_TEXT || yaml_is_null(value)) {
		yaml_error(&r->yaml, yaml_is_null(value) ? key : value,
			   "the value of a label is text, or a list of texts, not %s (\"\" is one "
			   "that is empty)",
			   yaml_kind_name(value));
		return;
	}
	ret = select_labels_add(labels, key->text, value->text, why, sizeof(why));
	if (ret == -ENOMEM)
		r->yaml.nomem = true;
	else if (ret)
		yaml_error(&r->yaml, kube_is_label_key(key->text) ? value : key,
			   "`labels` does not take %s: %s",
			   YAML_QUOTE(kube_is_label_key(key->text) ? value->text : key->text), why);
}

static bool is_repeated(const struct yaml_node *map, const struct yaml_node *key)
{
	for (const struct yaml_node *k = map->first; k != key; k = k->next->next) {
		if (k->kind == YAML_TEXT && text_eq(k->text, key->text))
			return true;
	}
	return false;
}

static void read_pair(struct config_reader *r, const struct yaml_node *map,
		      const struct yaml_node *key, struct select_labels *labels)
{
	const struct yaml_node *value = key->next;

	if (key->kind != YAML_TEXT) {
		yaml_error(&r->yaml, key, "the key of a label is text, not %s",
			   yaml_kind_name(key));
	} else if (is_repeated(map, key)) {
		yaml_error(&r->yaml, key, "label %s is given twice", YAML_QUOTE(key->text));
	} else if (value->kind != YAML_LIST) {
		read_value(r, key, value, labels);
	} else {
		if (!value->first)
			yaml_error(&r->yaml, value, "label %s has no values",
				   YAML_QUOTE(key->text));
		yaml_for_each(item, value) read_value(r, key, item, labels);
	}
}

static void read_labels(struct config_reader *r, const struct yaml_node *node,
			struct select_match *match)
{
	struct select_labels labels = { 0 };

	if (node->kind != YAML_MAP || !node->first) {
		yaml_error(&r->yaml, node, "`labels` takes a mapping (\"app: shop\"), not %s",
			   node->kind == YAML_MAP ? "an empty one" : yaml_kind_name(node));
		return;
	}
	for (const struct yaml_node *key = node->first; key && key->next; key = key->next->next)
		read_pair(r, node, key, &labels);
	if (select_match_add_labels(match, &labels))
		r->yaml.nomem = true;
}

void config_read_labels(struct config_reader *r, const struct yaml_entry *entry,
			struct select_match *match)
{
	const struct yaml_node *value = entry->value;

	if (yaml_is_null(value) || (value->kind == YAML_LIST && !value->first)) {
		yaml_error(&r->yaml, yaml_is_null(value) ? entry->key : value, "`labels` is empty");
		return;
	}
	if (value->kind != YAML_LIST) {
		read_labels(r, value, match);
		return;
	}
	yaml_for_each(item, value) read_labels(r, item, match);
}

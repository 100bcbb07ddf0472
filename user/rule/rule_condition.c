// SPDX-License-Identifier: GPL-2.0-only
/*
 * The key `condition`: what keeps a match from being reported.  Its shape is checked; one that demands anything
 * is refused, because a condition that is passed over in silence reports what its author ruled out.
 */
#include <stdio.h>

#include "base/util.h"
#include "rule/rule_reader.h"

static void read_values(struct rule_reader *r, const struct rule_entry *entry)
{
	if (!rule_read_container(r, entry, YAML_LIST))
		return;
	yaml_for_each(item, entry->value)
	{
		const struct rule_entry value = { entry->name, item, item };
		struct text text;

		rule_read_text(r, &value, &text);
	}
}

static const struct rule_key list_keys[] = {
	{ "allow", read_values },
	{ "disallow", read_values },
};

static void read_subject(struct rule_reader *r, const struct rule_entry *entry)
{
	char what[32];

	if (!rule_read_container(r, entry, YAML_MAP))
		return;
	snprintf(what, sizeof(what), "`%s`", entry->name);
	rule_read_map(r, entry->value, what, list_keys, ARRAY_SIZE(list_keys), NULL);
}

static const struct rule_key subject_keys[] = {
	{ "arg", read_subject },
	{ "func", read_subject },
	{ "remote_addr", read_subject },
	{ "request_path", read_subject },
};

/* True if any list of any subject has an element. */
static bool demands_anything(const struct yaml_node *condition)
{
	for (const struct yaml_node *s = condition->first; s && s->next; s = s->next->next) {
		for (const struct yaml_node *l = s->next->first; l && l->next; l = l->next->next) {
			if (l->next->first)
				return true;
		}
	}
	return false;
}

void rule_read_condition(struct rule_reader *r, const struct rule_entry *entry)
{
	size_t errors = rule_diag_count(&r->diag);

	if (!rule_read_container(r, entry, YAML_MAP))
		return;
	rule_read_map(r, entry->value, "`condition`", subject_keys, ARRAY_SIZE(subject_keys), NULL);
	/* What is malformed has been said; that it is not supported either would only confuse. */
	if (errors == rule_diag_count(&r->diag) && demands_anything(entry->value))
		rule_refuse(r, entry);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a configuration: a list for all, and those that targets have of their own.  Each
 * list is read by itself, as files of different ones may use a name for different things; all rules
 * are in one set, of which a list is a part.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "config/config.h"

static int load_list(const struct config *c, char *const *paths, size_t nr_paths,
		     struct config_rules *out, struct config_list *list, struct buf *messages)
{
	unsigned int flags = (c->disabled ? RULE_LOAD_DISABLED : 0) |
			     (c->from_file ? RULE_LOAD_REFUSE_OTHERS : 0);
	struct rule_set rules;
	int ret = rule_set_load((const char *const *)paths, nr_paths, flags, &rules, messages);

	if (ret)
		return ret;
	list->count = rules.nr_rules;
	ret = rule_set_append(&out->all, &rules, &list->first);
	rule_set_fini(&rules);
	return ret;
}

static bool has_same_rules(const struct select_target *a, const struct select_target *b)
{
	bool same = a->nr_rules == b->nr_rules;

	for (size_t i = 0; same && i < a->nr_rules; i++)
		same = str_eq(a->rules[i], b->rules[i]);
	return same;
}

/* Two targets that name the same have the same list. */
static int load_target(const struct config *c, size_t number, struct config_rules *out,
		       struct buf *messages)
{
	const struct select_target *targets = c->selection.targets, *target = &targets[number];

	if (!target->nr_rules) {
		out->of_target[number] = out->common;
		return 0;
	}
	for (size_t i = 0; i < number; i++) {
		if (!has_same_rules(&targets[i], target))
			continue;
		out->of_target[number] = out->of_target[i];
		return 0;
	}
	return load_list(c, target->rules, target->nr_rules, out, &out->of_target[number],
			 messages);
}

int config_load_rules(const struct config *c, struct config_rules *out, struct buf *messages)
{
	struct config_rules rules = { 0 };
	int ret = 0, one;

	*out = (struct config_rules){ 0 };
	rules.of_target = calloc(c->selection.nr_targets + 1, sizeof(*rules.of_target));
	if (!rules.of_target)
		return -ENOMEM;
	if (c->rules.count)
		ret = load_list(c, c->rules.list, c->rules.count, &rules, &rules.common, messages);
	/* All that is wrong is said. */
	for (size_t i = 0; i < c->selection.nr_targets && ret != -ENOMEM; i++) {
		one = load_target(c, i, &rules, messages);
		ret = one ?: ret;
	}
	if (ret)
		config_rules_fini(&rules);
	else
		*out = rules;
	return ret;
}

void config_rules_fini(struct config_rules *rules)
{
	rule_set_fini(&rules->all);
	free(rules->of_target);
	*rules = (struct config_rules){ 0 };
}

const char *config_lacks_rules(const struct config *c, bool discovers)
{
	if (c->rules.count)
		return NULL;
	if (!discovers || !c->selection.nr_targets)
		return "";
	for (size_t i = 0; i < c->selection.nr_targets; i++) {
		if (!c->selection.targets[i].nr_rules)
			return c->selection.targets[i].name;
	}
	return NULL;
}

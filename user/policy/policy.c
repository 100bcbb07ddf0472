// SPDX-License-Identifier: GPL-2.0-only
#include "policy/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/stamp.h"
#include "base/util.h"

/* Where all of it is from, each once. */
static int list_files(const struct config *config, struct config_words *out)
{
	const struct selection *s = &config->selection;
	size_t room = config->rules.count + 1;

	for (size_t i = 0; i < s->nr_targets; i++)
		room += s->targets[i].nr_rules;
	out->list = calloc(room, sizeof(*out->list));
	if (!out->list)
		return -ENOMEM;
	for (size_t i = 0; i < config->rules.count; i++) {
		out->list[out->count] = strdup(config->rules.list[i]);
		if (!out->list[out->count++])
			return -ENOMEM;
	}
	for (size_t i = 0; i < s->nr_targets; i++) {
		for (size_t k = 0; k < s->targets[i].nr_rules; k++) {
			out->list[out->count] = strdup(s->targets[i].rules[k]);
			if (!out->list[out->count++])
				return -ENOMEM;
		}
	}
	return 0;
}

uint64_t policy_stamp(const struct config *config)
{
	struct config_words files = { 0 };
	uint64_t stamp = 0;

	if (!list_files(config, &files))
		stamp = stamp_of((const char *const *)files.list, files.count);
	config_words_fini(&files);
	return stamp;
}

int policy_new(struct config_rules *rules, struct config *config, uint64_t stamp,
	       struct policy **out)
{
	struct policy *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->imports = calloc(rules->all.nr_rules + 1, sizeof(*p->imports));
	if (!p->imports || list_files(config, &p->files) ||
	    watched_make(&rules->all, &p->watched)) {
		policy_unref(p);
		return -ENOMEM;
	}
	p->refs = 1;
	p->stamp = stamp;
	p->rules = rules->all;
	p->common = rules->common;
	p->of_target = rules->of_target;
	p->selection = config->selection;
	*rules = (struct config_rules){ 0 };
	config->selection = (struct selection){ 0 };
	*out = p;
	return 0;
}

struct config_list policy_list(const struct policy *policy, const struct select_target *target)
{
	const struct selection *s = &policy->selection;

	if (!target)
		return policy->common;
	for (size_t i = 0; i < s->nr_targets; i++) {
		if (target == &s->targets[i] || str_eq(target->name, s->targets[i].name))
			return policy->of_target[i];
	}
	return policy->common;
}

struct policy *policy_ref(struct policy *policy)
{
	if (policy)
		atomic_fetch_add(&policy->refs, 1);
	return policy;
}

void policy_unref(struct policy *policy)
{
	if (!policy || atomic_fetch_sub(&policy->refs, 1) > 1)
		return;
	rule_set_fini(&policy->rules);
	selection_fini(&policy->selection);
	watched_fini(&policy->watched);
	config_words_fini(&policy->files);
	free(policy->imports);
	free(policy->of_target);
	free(policy);
}

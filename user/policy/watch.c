// SPDX-License-Identifier: GPL-2.0-only
#include "policy/watch.h"

#include <stdlib.h>
#include <string.h>

static int watch_imports(struct kern *kern, struct policy *policy, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < policy->rules.nr_rules && !ret; i++) {
		const struct rule *rule = &policy->rules.rules[i];
		struct import_numbers *n = &policy->imports[i];
		const char *dot;

		if (rule->place_kind != RULE_MODULE)
			continue;
		dot = strrchr(rule->place, '.');
		ret = kern_import_watch(kern, rule->place, &n->full);
		n->last = n->full;
		if (!ret && dot)
			ret = kern_import_watch(kern, dot + 1, &n->last);
	}
	return ret ? err_set(err, ret, "cannot pass the rules' modules to the kernel: %s",
			     strerror(-ret))
		   : 0;
}

int watch_policy(struct kern *kern, struct policy *policy, struct err *err)
{
	int ret = kern_watch(kern, &policy->watched, err);

	return ret ? ret : watch_imports(kern, policy, err);
}

/* kern_import_keep_fn */
static bool is_imported(const void *ctx, uint32_t number)
{
	const struct policy *policy = ctx;

	for (size_t i = 0; i < policy->rules.nr_rules; i++) {
		if (policy->rules.rules[i].place_kind == RULE_MODULE &&
		    (policy->imports[i].full == number || policy->imports[i].last == number))
			return true;
	}
	return false;
}

void watch_only(struct kern *kern, const struct policy *policy)
{
	kern_watch_only(kern, &policy->watched);
	kern_import_keep(kern, is_imported, policy);
}

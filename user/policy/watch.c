// SPDX-License-Identifier: GPL-2.0-only
#include "policy/watch.h"

#include "base/util.h"

int watch_rules(struct kern *kern, const struct rule_set *rules, uint64_t names[WATCH_NAMES_WORDS],
		struct err *err)
{
	for (size_t i = 0; i < rules->nr_rules; i++) {
		struct phrude_target_key keys[8];
		size_t n = rule_target_keys(&rules->rules[i], keys, ARRAY_SIZE(keys));
		int bit = rule_prefilter_bit(&rules->rules[i]);
		int ret = kern_watch(kern, (enum phrude_level)rules->rules[i].level, keys, n, &bit,
				     1, err);

		if (ret)
			return ret;
		if (bit >= 0)
			names[bit / 64] |= 1ULL << bit % 64;
		if (rules->rules[i].condition)
			kern_expect_dismissals(kern);
	}
	return 0;
}

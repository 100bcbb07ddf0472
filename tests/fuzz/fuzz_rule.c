// SPDX-License-Identifier: GPL-2.0-only
/* A rule file may hold anything: either rules come of it or messages, and never both. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "event/event.h"
#include "rule/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that is done with a rule must bear what the reader let through. */
static void use_rule(const struct rule *rule, const struct rule *other)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct phrude_target_key keys[4];
	struct event_arg arg = { TEXT("key"), { .type = VALUE_NONE } };
	struct event ev = { .args = &arg, .nr_args = 1 };

	if (rule_target_keys(rule, keys, 4) == 0)
		abort();
	rule_prefilter_bit(rule);
	ev.name = (struct text){ rule_func_name(rule), strlen(rule_func_name(rule)) };
	ev.qualname = (struct text){ rule->func, strlen(rule->func) };
	if (rule->place_kind == RULE_FILE)
		ev.file = (struct text){ rule->place, strlen(rule->place) };
	else
		ev.module = (struct text){ rule->place, strlen(rule->place) };
	if (!rule_matches(rule, &ev))
		abort();
	rule_matches(other, &ev);
	for (size_t i = 0; i < rule->nr_values; i++)
		rule_value_expand(&rule->values[i], &ev, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf messages = { 0 };
	struct rule_set set;
	int err;

	err = rule_set_parse("fuzz", (const char *)data, size, &set, &messages);
	if (!err != !messages.len || (err && set.nr_rules))
		abort();
	for (size_t i = 0; i < set.nr_rules && i < 64; i++)
		use_rule(&set.rules[i], &set.rules[set.nr_rules - 1 - i]);
	rule_set_fini(&set);
	return 0;
}

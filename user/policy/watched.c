// SPDX-License-Identifier: GPL-2.0-only
#include "policy/watched.h"

#include <errno.h>
#include <stdlib.h>

/* Of one rule. */
#define KEYS_MAX 8

static void note_name(struct watched *w, int bit)
{
	if (bit == RULE_PREFILTER_NONE)
		return;
	if (bit < 0)
		w->non_ascii = true;
	else
		w->names[bit / 64] |= 1ULL << bit % 64;
}

static void note_prefix(struct watched *w, const struct phrude_target_key *key)
{
	if (key->kind != PHRUDE_PLACE_AUDIT_PREFIX)
		return;
	w->prefix_lens[key->place / 64] |= 1ULL << key->place % 64;
	w->prefixes = true;
}

static void add_rule(struct watched *w, const struct rule *rule)
{
	struct phrude_target_key keys[KEYS_MAX];
	size_t n = rule_target_keys(rule, keys, KEYS_MAX);
	bool by_class = false;

	for (size_t i = 0; i < n; i++)
		by_class |= keys[i].kind == PHRUDE_PLACE_QUALNAME;
	for (size_t i = 0; i < n; i++) {
		uint32_t value = by_class && keys[i].kind == PHRUDE_PLACE_FILE ? PHRUDE_TARGET_CLASS
									       : PHRUDE_TARGET_ANY;

		w->targets[w->nr_targets++] =
			(struct watched_target){ keys[i],
						 value | watched_watch(&keys[i], rule->level)
								 << PHRUDE_TARGET_WATCH_SHIFT };
		note_prefix(w, &keys[i]);
	}
	note_name(w, rule_prefilter_bit(rule));
	w->conditions |= rule->condition != NULL;
}

/* What is there twice becomes one. */
static void join(struct watched *w)
{
	size_t n = 0;

	qsort(w->targets, w->nr_targets, sizeof(*w->targets), watched_compare);
	for (size_t i = 0; i < w->nr_targets; i++) {
		if (n && !watched_compare(&w->targets[n - 1], &w->targets[i]))
			w->targets[n - 1].value =
				watched_join(w->targets[n - 1].value, w->targets[i].value);
		else
			w->targets[n++] = w->targets[i];
	}
	w->nr_targets = n;
}

int watched_make(const struct rule_set *rules, struct watched *out)
{
	*out = (struct watched){ .targets = calloc(rules->nr_rules * KEYS_MAX + 1,
						   sizeof(*out->targets)) };
	if (!out->targets)
		return -ENOMEM;
	for (size_t i = 0; i < rules->nr_rules; i++)
		add_rule(out, &rules->rules[i]);
	join(out);
	return 0;
}

void watched_fini(struct watched *w)
{
	free(w->targets);
	*w = (struct watched){ 0 };
}

bool watched_may_be(const struct watched *w, struct text name)
{
	uint64_t first8 = 0;
	uint32_t bit;

	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.s[i] >= 0x80)
			return true;
		if (i < 8)
			first8 |= (uint64_t)(unsigned char)name.s[i] << (8 * i);
	}
	bit = phrude_prefilter_bit(name.len, first8);
	return w->names[bit / 64] >> bit % 64 & 1;
}

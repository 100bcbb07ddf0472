// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel side is told of a rule: hashes, see bpf/abi/hash.h. */
#include <string.h>

#include "base/util.h"
#include "bpf/abi/hash.h"
#include "bpf/abi/limits.h"
#include "rule/rule.h"
#include "rule/rule_frozen.h"

static uint64_t hash_forward(const char *s)
{
	size_t len = strlen(s), pos = 0;
	uint64_t h = PHRUDE_HASH_SEED;

	while (pos < len)
		h = phrude_hash_step(h, text_next(s, len, &pos));
	return h;
}

/* A place as the sequence of characters to be hashed. */
struct spelling {
	uint32_t chars[PHRUDE_MATCH_FILE_MAX];
	size_t len;
	bool too_long;
};

static void spell(struct spelling *sp, struct text t, bool dots_are_slashes)
{
	size_t pos = 0;
	uint32_t ch;

	while (pos < t.len) {
		ch = text_next(t.s, t.len, &pos);
		if (sp->len == ARRAY_SIZE(sp->chars)) {
			sp->too_long = true;
			return;
		}
		sp->chars[sp->len++] = dots_are_slashes && ch == '.' ? '/' : ch;
	}
}

static uint64_t hash_backward(const struct spelling *sp)
{
	uint64_t h = PHRUDE_HASH_SEED;

	for (size_t i = sp->len; i > 0; i--)
		h = phrude_hash_step(h, sp->chars[i - 1]);
	return h;
}

/* The ways of a file pattern to be spelled: at most two. */
static size_t spell_file(struct text file, struct spelling sp[2])
{
	static const struct text init = { "/__init__.py", 12 };
	struct text inner;

	if (rule_frozen_module(file, &inner)) {
		spell(&sp[0], inner, true);
		spell(&sp[0], TEXT(".py"), false);
		return 1;
	}
	spell(&sp[0], file, false);
	/* The kernel side takes every frozen module for a plain file. */
	if (file.len <= init.len ||
	    !text_eq((struct text){ file.s + file.len - init.len, init.len }, init))
		return 1;
	rule_frozen_stem(file, &inner);
	spell(&sp[1], inner, false);
	spell(&sp[1], TEXT(".py"), false);
	return 2;
}

/* What stands before the first wildcard, by its hash and its length in characters. */
static struct phrude_target_key audit_key(const char *pattern)
{
	size_t len = strcspn(pattern, "*?"), pos = 0, chars = 0;
	uint64_t h = PHRUDE_HASH_SEED;

	if (!pattern[len])
		return (struct phrude_target_key){ .name = hash_forward(pattern),
						   .kind = PHRUDE_PLACE_AUDIT };
	for (; pos < len; chars++)
		h = phrude_hash_step(h, text_next(pattern, len, &pos));
	return (struct phrude_target_key){ .name = h,
					   .place = chars,
					   .kind = PHRUDE_PLACE_AUDIT_PREFIX };
}

size_t rule_target_keys(const struct rule *rule, struct phrude_target_key *keys, size_t max)
{
	struct spelling sp[2] = { 0 };
	struct text place;
	size_t n = 1, out = 0;

	if (rule->place_kind == RULE_AUDIT && rule->place && max) {
		keys[0] = audit_key(rule->place);
		return 1;
	}
	if (!rule->func || !rule->place)
		return 0;
	place = (struct text){ rule->place, strlen(rule->place) };
	if (rule->place_kind == RULE_FILE)
		n = spell_file(place, sp);
	else
		spell(&sp[0], place, false);
	for (size_t i = 0; i < n && out < max; i++) {
		if (sp[i].too_long)
			continue;
		keys[out++] = (struct phrude_target_key){
			.name = hash_forward(rule_func_name(rule)),
			.place = hash_backward(&sp[i]),
			.kind = rule->place_kind == RULE_FILE ? PHRUDE_PLACE_FILE
							      : PHRUDE_PLACE_MODULE,
		};
	}
	if (rule->place_kind == RULE_FILE && rule_func_name(rule) != rule->func && out < max) {
		struct spelling qualname = { 0 };

		spell(&qualname, (struct text){ rule->func, strlen(rule->func) }, false);
		keys[out++] = (struct phrude_target_key){
			.name = hash_forward(rule_func_name(rule)),
			.place = hash_backward(&qualname),
			.kind = PHRUDE_PLACE_QUALNAME,
		};
	}
	return out;
}

int rule_prefilter_bit(const struct rule *rule)
{
	const char *name = rule->place_kind == RULE_AUDIT ? rule->place : rule_func_name(rule);
	size_t len = strlen(name);
	uint64_t first8 = 0;

	if (rule->place_kind == RULE_AUDIT && name[strcspn(name, "*?")])
		return RULE_PREFILTER_NONE;

	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)name[i] >= 0x80)
			return RULE_PREFILTER_NON_ASCII;
		if (i < 8)
			first8 |= (uint64_t)(unsigned char)name[i] << (8 * i);
	}
	return phrude_prefilter_bit(len, first8);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What calls the kernel side is to send matches of: the contents of its map "targets", and its
 * filters.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/hash.h"
#include "bpf/abi/limits.h"
#include "bpf/abi/rule.h"

#define WATCHED_NAMES_WORDS (PHRUDE_PREFILTER_BITS / 64)
#define WATCHED_PREFIX_WORDS (PHRUDE_MATCH_NAME_MAX / 64 + 2)

struct watched_target {
	struct phrude_target_key key;
	uint32_t value; /* PHRUDE_TARGET_* */
};

struct watched {
	struct watched_target *targets; /* each key once, in the order of watched_compare() */
	size_t nr_targets;
	uint64_t names[WATCHED_NAMES_WORDS]; /* the prefilter: bits by phrude_prefilter_bit() */
	bool non_ascii;			     /* a name has no bit there */
	uint64_t prefix_lens[WATCHED_PREFIX_WORDS]; /* of audit events, as bits */
	bool prefixes;				    /* there are some */
	bool conditions;			    /* matches are worth a digest */
};

/*
 * What the kernel side keeps of a match, PHRUDE_TARGET_WATCH: the same whatever else is watched, so
 * that a reload changes nothing of it.  Of a thousand functions two have the same number once in
 * two hundred times; they are then spared together.
 */
static inline uint32_t watched_watch(const struct phrude_target_key *key, uint32_t level)
{
	uint64_t id = ((key->name * 31 + key->place) * 31 + key->kind) * 0x9e3779b97f4a7c15ULL;

	return (uint32_t)(id >> 36 | 1) << PHRUDE_WATCH_ID_SHIFT | level;
}

/*
 * A function that is named twice: what is watched in any class stays so, and at the highest level.
 */
static inline uint32_t watched_join(uint32_t a, uint32_t b)
{
	return MIN(PHRUDE_TARGET_KIND(a), PHRUDE_TARGET_KIND(b)) |
	       MAX(PHRUDE_TARGET_WATCH(a), PHRUDE_TARGET_WATCH(b)) << PHRUDE_TARGET_WATCH_SHIFT;
}

/* For qsort() and bsearch(), of struct watched_target. */
static inline int watched_compare(const void *a, const void *b)
{
	const struct watched_target *x = a, *y = b;

	return memcmp(&x->key, &y->key, sizeof(x->key));
}

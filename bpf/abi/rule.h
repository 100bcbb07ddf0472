/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel side knows of the rules: which (function name, place) pairs are watched. */
#pragma once

#include "types.h"

enum phrude_place {
	PHRUDE_PLACE_FILE = 1,	 /* a Python function: place is the hash of a trailing file path */
	PHRUDE_PLACE_MODULE = 2, /* a C function: place is the hash of its module's name */
	PHRUDE_PLACE_AUDIT = 3,	 /* an audit event: name is the hash of the whole, place is 0 */
	PHRUDE_PLACE_AUDIT_PREFIX =
		4, /* events that begin with `place` characters, whose hash is name */
	PHRUDE_PLACE_QUALNAME =
		5, /* place is the hash of a trailing part of the qualified name: "Class.method" */
};

/* Values of the map "targets". */
#define PHRUDE_TARGET_ANY 1   /* whatever class the function may belong to */
#define PHRUDE_TARGET_CLASS 2 /* only with a qualified name that is watched, where it is known */
/*
 * Above: what the kernel side keeps of a match, the highest level of the rules that name it (enum
 * phrude_level), and above that a number that tells it from others, never 0.
 */
#define PHRUDE_TARGET_WATCH_SHIFT 2
#define PHRUDE_TARGET_KIND(value) ((value) & ((1u << PHRUDE_TARGET_WATCH_SHIFT) - 1))
#define PHRUDE_TARGET_WATCH(value) ((value) >> PHRUDE_TARGET_WATCH_SHIFT)
#define PHRUDE_WATCH_ID_SHIFT 2
#define PHRUDE_WATCH_LEVEL(watch) ((watch) & ((1u << PHRUDE_WATCH_ID_SHIFT) - 1))
#define PHRUDE_WATCH_ID(watch) ((watch) >> PHRUDE_WATCH_ID_SHIFT)

/* The order in which matches are given up when there are too many. */
enum phrude_level { PHRUDE_LEVEL_INFO, PHRUDE_LEVEL_WARN, PHRUDE_LEVEL_ALERT, NR_PHRUDE_LEVELS };

/* In place of a bit of the prefilter: the name is not ASCII; the prefilter is not asked. */
#define RULE_PREFILTER_NON_ASCII (-1)
#define RULE_PREFILTER_NONE (-2)

/* Key of the map "targets". */
struct phrude_target_key {
	__u64 name;  /* hash of co_name, ml_name or the type's name */
	__u64 place; /* see phrude_place; reversed hash, see hash.h */
	__u32 kind;  /* enum phrude_place */
	__u32 pad;
};

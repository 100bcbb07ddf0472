/* SPDX-License-Identifier: GPL-2.0-only */
/* Internal to this folder. */
#pragma once

#include <nettle/hmac.h>
#include <stdatomic.h>

#include "base/regex.h"
#include "redact/literals.h"
#include "redact/redact.h"

/* Processor time for one alert, once it was not quick. */
#define REDACT_CPU_NS (20 * 1000000LL)

/* A shape of secrets. */
struct redact_kind {
	const char *name;
	/* One of them is in any text that has such a secret, in small or capital letters. */
	const char *literals[LITERALS_OF_ONE];
	/*
	 * PCRE2, of bytes; its first group is the secret, or all of it.  NULL: as commands_find()
	 * finds it
	 */
	const char *pattern;
	bool matches_cut; /* a secret whose end is missing matches as well */
	bool in_cut_only; /* the row is about text whose end is missing */
};

#define NR_REDACT_KINDS 29
extern const struct redact_kind redact_kinds[NR_REDACT_KINDS];
/* What a value is called that is a secret whatever it looks like. */
extern const char redact_name_pattern[];
extern const char *const redact_name_literals[LITERALS_OF_ONE];

struct redact {
	bool defaults;
	struct regex *kinds[NR_REDACT_KINDS];
	struct literals literals;
	struct regex *names;
	struct literals name_literals;
	struct regex **patterns; /* of the user */
	size_t nr_patterns;
	struct hmac_sha256_ctx hash;
	atomic_ulong count, unread; /* other threads look at these */
	/* What is left of the time for one alert. */
	struct redact_budget {
		bool on, spent;
		int64_t look_ns; /* when to look next (monotonic); 0: nothing was searched yet */
		int64_t cpu_ns;	 /* of the thread, when it is spent; 0: it was quick so far */
	} budget;
};

/* Is it the name of a secret? */
bool redact_is_name(struct redact *r, struct text name);
/* All of a text is taken out. */
struct text redact_whole(struct redact *r, struct arena *arena, const char *kind, struct text text);
/* Some of it, as a password. */
struct text redact_part(struct redact *r, struct arena *arena, struct text text,
			struct regex_span secret);
/* Kind of a secret that is one by its name. */
#define REDACT_NAMED "password"

/* SPDX-License-Identifier: GPL-2.0-only */
/* Which probe kind each rule gets on an interpreter. */
#pragma once

#include "probe/probe_kind.h"
#include "py/interp.h"
#include "py/py_cfunc.h"
#include "rule/rule.h"

struct plan_rule {
	enum phrude_probe probe; /* PROBE_NONE: the rule cannot be watched here */
	struct py_cfuncs cfuncs; /* direct: the functions, located */
	size_t nr_codes;	 /* arm: code objects that it fits; plan_count_codes() */
	bool partial;		 /* what it gets sees some calls only; `why` tells more */
	bool refused; /* direct: an address that the process has is none of the function's */
	bool pending; /* direct: nothing of that name is there yet; it is looked for at imports */
	/*
	 * direct: its module is not imported yet, but will be from the file that the functions are
	 * in
	 */
	bool ahead;
	/* direct: it is in a module's file, of which another process may load another copy */
	bool loaded;
	bool found; /* direct: at an import, just now; it has no probe yet */
	char *why;  /* what keeps it from a better kind, or what it does not cover; NULL: nothing */
};

struct plan {
	struct plan_rule *rules; /* as many as there are rules */
	size_t nr_rules;
};

/* What there is to choose from. */
struct plan_choice {
	enum phrude_probe forced; /* PROBE_NONE: any */
	const char *no_arm;	  /* why nothing may be armed: a sentence; NULL: it may */
};

/* On this kernel, and as the user wants it. */
struct plan_choice plan_choice(enum phrude_probe forced, bool no_arm);

/*
 * Chooses for each rule the cheapest kind that misses nothing; a forced one is taken for all.  What
 * cannot be watched is PROBE_NONE, and `why` has the sentence.  -EINVAL with a sentence if a rule
 * does not go with `forced`, or another -errno.
 */
int plan_examine(const struct py_interp *interp, const struct rule_set *rules,
		 const struct plan_choice *choice, struct plan *out, struct err *err);
/* Is a function one that the rule names, and that is to be armed?  See py_code_fn. */
bool plan_arms(const struct rule *rule, struct text name, struct text file, struct text qualname);
/* Counts what the rules that get the kind arm find in the process. */
int plan_count_codes(const struct py_interp *interp, const struct rule_set *rules,
		     struct plan *plan, struct err *err);
void plan_fini(struct plan *plan);

/* The kinds that plan_examine() tries first for these rules, as bits. */
uint32_t plan_kinds(const struct rule_set *rules, const struct plan_choice *choice);
/* Appends "frame 12" or "call 2, usdt 3". */
void plan_print(struct buf *out, const enum phrude_probe *probes, size_t nr_rules);

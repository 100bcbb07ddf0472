/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test cases of rules, "NAME.test.yaml": pieces of Python that must make a rule report, or must
 * not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* A name with a text: a file that the case needs, or an argument that its alert must show. */
struct rule_case_pair {
	char *name, *text;
};

struct rule_case {
	char *rule;   /* id or name */
	char *name;   /* NULL: none */
	bool fires;   /* must be reported; else must not */
	char *code;   /* the Python that is run */
	char *setup;  /* run before, what it does does not count; NULL: none */
	char *python; /* versions it is for, as in ">=3.9,<3.13"; NULL: all */
	char **needs; /* modules without which it is skipped */
	size_t nr_needs;
	struct rule_case_pair *files, *args;
	size_t nr_files, nr_args;

	/* where it stands */
	char *path;
	unsigned int line;
};

struct rule_case_set {
	struct rule_case *cases;
	size_t nr_cases;
};

/* As rule_set_load(), for test cases: of directories every *.test.yaml below them. */
int rule_case_set_load(const char *const *paths, size_t nr_paths, struct rule_case_set *out,
		       struct buf *messages);
/* As rule_set_parse(). */
int rule_case_set_parse(const char *name, const char *text, size_t len, struct rule_case_set *out,
			struct buf *messages);
void rule_case_set_fini(struct rule_case_set *set);

/* SPDX-License-Identifier: GPL-2.0-only */
/* The key `condition` of a rule, read.  Internal to this folder. */
#pragma once

#include "rule/rule_pattern.h"

enum rule_subject_what {
	RULE_ARG,	 /* any argument, or the one called `name` */
	RULE_CALLERS,	 /* all callers */
	RULE_CALLER,	 /* the immediate one */
	RULE_APP_CALLER, /* the nearest one that belongs to the application */
	RULE_REMOTE_ADDR,
	RULE_REQUEST_PATH,
};

struct rule_subject {
	enum rule_subject_what what;
	char *name; /* of an argument; NULL: any */
	char *item; /* index or key of what is meant within it; NULL: all of it */
};

/* What is asked of one subject. */
struct rule_term {
	struct rule_subject subject;
	struct rule_patterns *only, *allow, *disallow; /* NULL: empty */
	/* 1 << INPUT_*: asks what of the request is in the arguments, and what that does there */
	unsigned int inputs;
};

/* A case of `except`: all its terms together, each with its patterns in `allow`. */
struct rule_exception {
	struct rule_term *terms;
	size_t nr_terms;
};

struct rule_condition {
	struct rule_term *terms;
	size_t nr_terms;
	struct rule_exception *exceptions;
	size_t nr_exceptions;
};

void rule_condition_free(struct rule_condition *condition);

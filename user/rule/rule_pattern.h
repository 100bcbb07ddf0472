/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the lists of a condition hold: patterns, each a few tests that must all pass.  They are
 * applied to the elements of a subject: its arguments, its callers, an address, a path.  Internal
 * to this folder.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/ip_network.h"
#include "base/text.h"
#include "input/input.h"

struct event;
struct event_frame;
struct yaml_entry;
struct rule_reader;
struct regex;
struct value;

/* What patterns are applied to decides what a plain value means. */
enum rule_subject_kind {
	RULE_SUBJECT_TEXT, /* contains it */
	RULE_SUBJECT_ARG,  /* the same */
	/* is called so, or stands in that file: FUNCTION, FUNCTION@FILE, @FILE */
	RULE_SUBJECT_CALLER,
	RULE_SUBJECT_ADDRESS,  /* is that address or in that range; else contains it */
	RULE_SUBJECT_FUNCTION, /* is exactly that */
	RULE_SUBJECT_FILE,     /* ends in these path components */
	NR_RULE_SUBJECT_KINDS,
};

enum rule_test_op {
	RULE_TEST_CONTAINS,
	RULE_TEST_EXACT,
	RULE_TEST_PREFIX,
	RULE_TEST_SUFFIX,
	RULE_TEST_GLOB,
	RULE_TEST_REGEX,
	RULE_TEST_UNDER, /* is this path or below it */
	RULE_TEST_GT,
	RULE_TEST_GE,
	RULE_TEST_LT,
	RULE_TEST_LE,
	RULE_TEST_NETWORK,
	RULE_TEST_INPUT,     /* holds the client's text, which does this in it */
	RULE_TEST_FILE_NAME, /* rule_file_matches() */
	RULE_TEST_CALLER,    /* the caller is called so, or stands in that file */
	RULE_TEST_FUNCTION,  /* the caller's function passes `nested` */
	RULE_TEST_FILE,	     /* the caller's file passes `nested` */
	RULE_TEST_CALLED_BY, /* the caller has one itself, which passes `nested` */
	RULE_TEST_NOT,	     /* does not pass `nested` */
};

struct rule_patterns;

struct rule_test {
	enum rule_test_op op;
	struct text text; /* owned */
	double number;
	enum input_kind input;
	struct ip_network network;
	struct regex *regex;
	struct rule_patterns *nested;
};

struct rule_pattern {
	struct rule_test *tests;
	size_t nr_tests;
};

struct rule_patterns {
	struct rule_pattern *patterns;
	size_t nr_patterns;
	const struct rule_patterns **shared; /* lists used by name; the rule set owns them */
	size_t nr_shared;
};

/* Reads a list of patterns.  An empty list is NULL, as is one with errors. */
struct rule_patterns *rule_read_patterns(struct rule_reader *r, const struct yaml_entry *entry,
					 enum rule_subject_kind kind);
void rule_patterns_free(struct rule_patterns *patterns);

/* Text that was cut when it was captured leaves some questions open. */
enum rule_verdict { RULE_NO, RULE_MAYBE, RULE_YES };

#define RULE_SPELLINGS_MAX 2

/* Who called a caller: nobody, as a program begins there; it was not captured; it is known. */
enum rule_outer { RULE_OUTER_NONE, RULE_OUTER_OPEN, RULE_OUTER_KNOWN };

/* Something a pattern is applied to. */
struct rule_element {
	struct text spellings[RULE_SPELLINGS_MAX]; /* ways to write it, of which one must pass */
	size_t nr_spellings;
	bool cut;		   /* the end is missing */
	bool cut_inside;	   /* or something within */
	const struct value *value; /* NULL: not an argument */
	struct inputs *inputs;	   /* NULL: not an argument, or no request is in sight */
	bool input_open;	   /* they are not to be asked yet */
	struct text arg;	   /* name of the argument */
	struct text file;	   /* of a caller */
	bool file_cut;
	enum rule_outer outer; /* by whom it was called in turn */
	struct text outer_function, outer_file;
};

/* For what of the request they ask: 1 << INPUT_*; 0: for nothing. */
unsigned int rule_patterns_inputs(const struct rule_patterns *patterns);

/*
 * Whether one of the patterns fits one of the elements; one that has only a `not` must fit all of
 * them.
 */
enum rule_verdict rule_patterns_match(const struct rule_patterns *patterns,
				      const struct rule_element *elements, size_t nr_elements);

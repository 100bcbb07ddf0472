/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules: what a rule file says, checked.  Pure but for rule_set_load(), which reads files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"
#include "bpf/abi/rule.h"

struct event;
struct alert_request;
struct rule_condition;
struct rule_patterns;

enum rule_level { RULE_LEVEL_INFO, RULE_LEVEL_WARN, RULE_LEVEL_ALERT, NR_RULE_LEVELS };

enum rule_place { RULE_FILE, RULE_MODULE, RULE_AUDIT };

/* A piece of a `value` template: literal text, or the value of an argument. */
struct rule_piece {
	bool is_arg;
	char *text; /* the text, or the argument's name */
};

struct rule_value {
	char *label;
	struct rule_piece *pieces;
	size_t nr_pieces;
};

struct rule {
	char *name;
	char *id;	   /* NULL if none */
	char *description; /* NULL if none */
	char **tags;
	size_t nr_tags;
	bool enabled;
	enum rule_level level;

	char *func; /* "getenv", "Popen.__init__"; NULL for an audit rule */
	enum rule_place place_kind;
	char *place; /* the file, the module or the audit event */

	struct rule_value *values;
	size_t nr_values;

	struct rule_condition *condition; /* NULL: none */

	/* where it stands, for messages */
	char *path;
	unsigned int line, column;
};

struct rule_set {
	struct rule *rules;
	size_t nr_rules;
	bool with_disabled;
	struct rule_patterns **lists; /* what the rules' conditions share */
	size_t nr_lists;
};

const char *rule_level_name(enum rule_level level);

/*
 * Reads rule files, and of directories every *.yaml below them (not *.test.yaml, nothing hidden),
 * in the order of their names.  All errors of all files are appended to `messages`, one a line,
 * "FILE:LINE:COL: message", or "PATH: message" for a path that cannot be read.  A rule that uses
 * what cannot be honoured yet is such an error.  Disabled rules are checked and then left out, so
 * that a set may be empty.  Returns 0; -EINVAL if there was any error in a file or a file could not
 * be read (`messages` says it); -ENOMEM.
 */
#define RULE_LOAD_DISABLED (1u << 0) /* disabled rules as well */
#define RULE_LOAD_REFUSE_OTHERS \
	(1u << 1) /* a file that others can write is an error, not a warning */
int rule_set_load(const char *const *paths, size_t nr_paths, unsigned int flags,
		  struct rule_set *out, struct buf *messages);

/*
 * As above for one text in memory, `name` standing for the file name in messages: for tests and
 * fuzzing.
 */
int rule_set_parse(const char *name, const char *text, size_t len, struct rule_set *out,
		   struct buf *messages);

/* Appends the rules of another set, which is empty then; *first: the first one's number. -ENOMEM */
int rule_set_append(struct rule_set *set, struct rule_set *more, size_t *first);
void rule_set_fini(struct rule_set *set);

/*
 * What the kernel side must preselect for a rule: one key for each way its place can be spelled
 * (see bpf/abi/hash.h), and for Class.method one for that.  Writes at most `max` keys, returns how
 * many.
 */
size_t rule_target_keys(const struct rule *rule, struct phrude_target_key *keys, size_t max);
/* The characters of the name to be matched first: the last component of func. */
const char *rule_func_name(const struct rule *rule);
/* Bit of the function's or event's name in the kernel side's prefilter, or RULE_PREFILTER_*. */
int rule_prefilter_bit(const struct rule *rule);

/*
 * True if the match is one of this rule's function: full comparison of names, file or module.  A
 * Class.method rule is compared with the qualified name where it is known (event->qualname.s), and
 * is taken to fit where it is not, unless the function has none of the arguments that the rule's
 * values show: a false alarm is better than a miss.  For the same reason a C function of unknown
 * module fits, and a name that was cut when it was captured (event->names_cut) fits all that it
 * may have been.
 */
bool rule_matches(const struct rule *rule, const struct event *ev);

/*
 * True if the whole text fits the pattern, in which `*` stands for any characters and `?` for any
 * one.
 */
bool rule_glob_matches(const char *pattern, struct text text);

/* True if the qualified name is `func`, or ends in it behind a dot. */
bool rule_qualname_matches(const char *func, struct text qualname);

/*
 * True if co_filename `file` fits the pattern of a rule: whole trailing path components; frozen
 * modules count as their file; "<string>" and the like as they are.
 */
bool rule_file_matches(const char *pattern, struct text file);

/* What a condition's verdict goes by, besides the function. */
#define RULE_BASIS_ARGS (1u << 0)
#define RULE_BASIS_CALLERS (1u << 1)
#define RULE_BASIS_INPUT (1u << 2) /* what of the request is in the arguments */
#define RULE_BASIS_REQUEST (1u << 3)

/*
 * False if the rule's conditions keep a match of it from being reported.  `request` may be NULL:
 * none is known.  What cannot be decided, because it was cut when it was captured, is decided for
 * reporting.  Adds to *basis what was asked: another match that is the same in this has the same
 * verdict.  What of the request is in an argument, if a pattern asked for that and fitted, is in
 * request->inputs->found.
 */
bool rule_condition_allows(const struct rule *rule, const struct event *ev,
			   const struct alert_request *request, unsigned int *basis);

/*
 * True if the file is neither the standard library's nor an installed package's: what `app_caller`
 * is looked for in.
 */
bool rule_file_is_application(struct text file);

/*
 * Appends the text of a value template for this event.  An argument that the event lacks is empty.
 */
void rule_value_expand(const struct rule_value *value, const struct event *ev, struct buf *out);

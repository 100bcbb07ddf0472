// SPDX-License-Identifier: GPL-2.0-only
/* Reading patterns: a plain value, a reference to a list, or a mapping of operators. */
#include "rule/rule_pattern.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "rule/rule_list.h"
#include "yaml/yaml_nearest.h"
#include "rule/rule_reader.h"
#include "base/regex.h"

DEFINE_CLEANUP(rule_patterns_freep, struct rule_patterns, rule_patterns_free);

static void test_fini(struct rule_test *t)
{
	free((char *)t->text.s);
	regex_free(t->regex);
	rule_patterns_free(t->nested);
}

void rule_patterns_free(struct rule_patterns *patterns)
{
	if (!patterns)
		return;
	for (size_t i = 0; i < patterns->nr_patterns; i++) {
		struct rule_pattern *p = &patterns->patterns[i];

		for (size_t j = 0; j < p->nr_tests; j++)
			test_fini(&p->tests[j]);
		free(p->tests);
	}
	free(patterns->patterns);
	free(patterns->shared);
	free(patterns);
}

/* A test more in the pattern, which owns it; NULL without memory. */
static struct rule_test *add_test(struct rule_reader *r, enum rule_test_op op)
{
	struct rule_pattern *p = r->pattern;
	struct rule_test *tests = reallocarray(p->tests, p->nr_tests + 1, sizeof(*tests));

	if (!tests) {
		r->yaml.nomem = true;
		return NULL;
	}
	p->tests = tests;
	tests[p->nr_tests] = (struct rule_test){ .op = op };
	return &tests[p->nr_tests++];
}

/* As above, with a copy of the text. */
static struct rule_test *add_text_test(struct rule_reader *r, enum rule_test_op op,
				       struct text text)
{
	struct rule_test *t = add_test(r, op);
	char *copy = t ? malloc(text.len + 1) : NULL;

	if (!copy) {
		r->yaml.nomem = true;
		return NULL;
	}
	memcpy(copy, text.s, text.len);
	copy[text.len] = '\0';
	t->text = (struct text){ copy, text.len };
	return t;
}

#define KIND(kind) (1u << RULE_SUBJECT_##kind)
#define TEXT_KINDS (KIND(TEXT) | KIND(ARG))
#define ANY_KIND ((1u << NR_RULE_SUBJECT_KINDS) - 1)

enum operand { OPERAND_TEXT, OPERAND_NUMBER, OPERAND_INPUT, OPERAND_PATTERNS };

struct operator
{
	enum rule_test_op op;
	enum operand operand;
	unsigned int kinds;	       /* of subjects it goes with */
	enum rule_subject_kind nested; /* how what it holds is read; NR_: as its own subject */
};

enum { NR_OPERATORS = 16 };

static void read_operator(struct rule_reader *r, const struct yaml_entry *entry);

static const struct rule_key operator_keys[NR_OPERATORS] = {
	{ "contains", read_operator },	{ "exact", read_operator }, { "prefix", read_operator },
	{ "suffix", read_operator },	{ "glob", read_operator },  { "regex", read_operator },
	{ "under", read_operator },	{ "gt", read_operator },    { "ge", read_operator },
	{ "lt", read_operator },	{ "le", read_operator },    { "function", read_operator },
	{ "file", read_operator },	{ "not", read_operator },   { "input", read_operator },
	{ "called_by", read_operator },
};

static const struct operator operators[NR_OPERATORS] = {
	{ RULE_TEST_CONTAINS, OPERAND_TEXT, ANY_KIND, 0 },
	{ RULE_TEST_EXACT, OPERAND_TEXT, ANY_KIND, 0 },
	{ RULE_TEST_PREFIX, OPERAND_TEXT, ANY_KIND, 0 },
	{ RULE_TEST_SUFFIX, OPERAND_TEXT, ANY_KIND, 0 },
	{ RULE_TEST_GLOB, OPERAND_TEXT, ANY_KIND, 0 },
	{ RULE_TEST_REGEX, OPERAND_TEXT, ANY_KIND, 0 },
	{ RULE_TEST_UNDER, OPERAND_TEXT, TEXT_KINDS | KIND(FILE), 0 },
	{ RULE_TEST_GT, OPERAND_NUMBER, TEXT_KINDS, 0 },
	{ RULE_TEST_GE, OPERAND_NUMBER, TEXT_KINDS, 0 },
	{ RULE_TEST_LT, OPERAND_NUMBER, TEXT_KINDS, 0 },
	{ RULE_TEST_LE, OPERAND_NUMBER, TEXT_KINDS, 0 },
	{ RULE_TEST_FUNCTION, OPERAND_PATTERNS, KIND(CALLER), RULE_SUBJECT_FUNCTION },
	{ RULE_TEST_FILE, OPERAND_PATTERNS, KIND(CALLER), RULE_SUBJECT_FILE },
	{ RULE_TEST_NOT, OPERAND_PATTERNS, ANY_KIND, NR_RULE_SUBJECT_KINDS },
	{ RULE_TEST_INPUT, OPERAND_INPUT, KIND(ARG), 0 },
	{ RULE_TEST_CALLED_BY, OPERAND_PATTERNS, KIND(CALLER), NR_RULE_SUBJECT_KINDS },
};

_Static_assert(NR_OPERATORS <= YAML_KEYS_MAX, "rule_read_map() has room for every operator");

static size_t operator_index(const char *name)
{
	size_t i;

	for (i = 0; !str_eq(operator_keys[i].name, name); i++)
		;
	return i;
}

/* The operand as it is written, white space and NUL included. */
static void read_text_operand(struct rule_reader *r, const struct yaml_entry *entry,
			      enum rule_test_op op)
{
	const struct yaml_node *value = entry->value;
	char message[256];
	struct rule_test *t;
	int err;

	if (value->kind != YAML_TEXT) {
		rule_error(r, value, "`%s` must be text, not %s", entry->name,
			   yaml_kind_name(value));
		return;
	}
	if (yaml_is_null(value) || (!value->text.len && op != RULE_TEST_EXACT)) {
		rule_error(r, yaml_is_null(value) ? entry->key : value, "`%s` is empty",
			   entry->name);
		return;
	}
	if (op == RULE_TEST_UNDER && value->text.s[0] != '/') {
		rule_error(r, value, "`under` takes a path from the root, which %s is not",
			   YAML_QUOTE(value->text));
		return;
	}
	t = add_text_test(r, op, value->text);
	if (!t || op != RULE_TEST_REGEX)
		return;
	t->regex = regex_new(t->text, &err, message, sizeof(message));
	if (!t->regex && err == -EINVAL)
		rule_error(r, value, "%s is no regular expression: %s", YAML_QUOTE(value->text),
			   message);
	else if (!t->regex)
		r->yaml.nomem = true;
}

static void read_number_operand(struct rule_reader *r, const struct yaml_entry *entry,
				enum rule_test_op op)
{
	struct rule_test *t;
	struct text text;
	char *end, copy[64];
	double number;

	if (!yaml_read_text(&r->yaml, entry, &text))
		return;
	if (text.len < sizeof(copy)) {
		memcpy(copy, text.s, text.len);
		copy[text.len] = '\0';
		number = strtod(copy, &end);
		if (end != copy && !*end && isfinite(number)) {
			t = add_test(r, op);
			if (t)
				t->number = number;
			return;
		}
	}
	rule_error(r, entry->value, "`%s` takes a number, not %s", entry->name, YAML_QUOTE(text));
}

static void read_input_operand(struct rule_reader *r, const struct yaml_entry *entry,
			       enum rule_test_op op)
{
	_cleanup_buf_ struct buf hint = { 0 };
	const char *words[NR_INPUT_KINDS];
	struct rule_test *t;
	struct text text;

	if (!yaml_read_text(&r->yaml, entry, &text))
		return;
	for (enum input_kind kind = 0; kind < NR_INPUT_KINDS; kind++) {
		words[kind] = input_kind_name(kind);
		if (text_eq_str(text, words[kind])) {
			t = add_test(r, op);
			if (t)
				t->input = kind;
			return;
		}
	}
	yaml_hint(&hint, text, "kinds of input", words, NR_INPUT_KINDS);
	if (hint.failed)
		r->yaml.nomem = true;
	else
		rule_error(r, entry->value, "unknown kind of input %s%s", YAML_QUOTE(text),
			   hint.data);
}

static struct rule_patterns *read_one_or_many(struct rule_reader *r, const struct yaml_entry *entry,
					      enum rule_subject_kind kind);

static const char *kinds_name(unsigned int kinds)
{
	return kinds == KIND(CALLER) ? "callers" : kinds == KIND(ARG) ? "arguments" : "texts";
}

static void read_operator(struct rule_reader *r, const struct yaml_entry *entry)
{
	const struct operator* o = & operators[operator_index(entry->name)];
	enum rule_subject_kind kind = r->kind;
	struct rule_patterns *nested;
	struct rule_test *t;

	if (!(o->kinds & 1u << kind)) {
		rule_error(r, entry->key, "`%s` does not go with this subject: it is for %s",
			   entry->name, kinds_name(o->kinds));
		return;
	}
	switch (o->operand) {
	case OPERAND_TEXT:
		read_text_operand(r, entry, o->op);
		break;
	case OPERAND_NUMBER:
		read_number_operand(r, entry, o->op);
		break;
	case OPERAND_INPUT:
		read_input_operand(r, entry, o->op);
		break;
	case OPERAND_PATTERNS:
		if (o->nested != NR_RULE_SUBJECT_KINDS)
			kind = o->nested;
		nested = read_one_or_many(r, entry, kind);
		t = nested ? add_test(r, o->op) : NULL;
		if (t)
			t->nested = nested;
		else
			rule_patterns_free(nested);
		break;
	}
}

/* FUNCTION@FILE; either may be missing. */
static void read_caller(struct rule_reader *r, const struct yaml_entry *entry, struct text text)
{
	const char *at = memchr(text.s, '@', text.len);
	struct text function, file;
	struct rule_patterns *nested;
	const struct {
		enum rule_test_op op, nested;
		struct text *text;
	} parts[] = {
		{ RULE_TEST_FUNCTION, RULE_TEST_EXACT, &function },
		{ RULE_TEST_FILE, RULE_TEST_FILE_NAME, &file },
	};
	struct rule_pattern *outer = r->pattern;

	function = (struct text){ text.s, at - text.s };
	file = (struct text){ at + 1, text.s + text.len - (at + 1) };
	if (!file.len) {
		rule_error(r, entry->value, "%s names no file behind the `@`", YAML_QUOTE(text));
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		struct rule_test *t = parts[i].text->len ? add_test(r, parts[i].op) : NULL;

		if (!t)
			continue;
		nested = calloc(1, sizeof(*nested));
		if (nested)
			nested->patterns = calloc(1, sizeof(*nested->patterns));
		t->nested = nested;
		if (!nested || !nested->patterns) {
			r->yaml.nomem = true;
			return;
		}
		nested->nr_patterns = 1;
		r->pattern = nested->patterns;
		add_text_test(r, parts[i].nested, *parts[i].text);
		r->pattern = outer;
	}
}

static void read_plain(struct rule_reader *r, const struct yaml_entry *entry)
{
	enum rule_test_op op = RULE_TEST_CONTAINS;
	struct ip_network network;
	struct rule_test *t;
	struct text text;

	if (!yaml_read_text(&r->yaml, entry, &text))
		return;
	switch (r->kind) {
	case RULE_SUBJECT_CALLER:
		if (memchr(text.s, '@', text.len)) {
			read_caller(r, entry, text);
			return;
		}
		op = RULE_TEST_CALLER;
		break;
	case RULE_SUBJECT_FUNCTION:
		op = RULE_TEST_EXACT;
		break;
	case RULE_SUBJECT_FILE:
		op = RULE_TEST_FILE_NAME;
		break;
	case RULE_SUBJECT_ADDRESS:
		if (!ip_address_parse(text, &network) && !ip_network_parse(text, &network)) {
			if (memchr(text.s, '/', text.len)) {
				rule_error(r, entry->value,
					   "%s is no range of addresses, as "
					   "`192.0.2.0/24` or `2001:db8::/32` are",
					   YAML_QUOTE(text));
				return;
			}
			break;
		}
		t = add_test(r, RULE_TEST_NETWORK);
		if (t)
			t->network = network;
		return;
	default:
		break;
	}
	add_text_test(r, op, text);
}

/* Reads one pattern into `out`, which owns what comes of it. */
static void read_pattern(struct rule_reader *r, const struct yaml_entry *entry,
			 enum rule_subject_kind kind, struct rule_pattern *out)
{
	struct rule_pattern *outer = r->pattern;
	enum rule_subject_kind outer_kind = r->kind;

	r->pattern = out;
	r->kind = kind;
	if (entry->value->kind == YAML_MAP && !entry->value->first)
		rule_error(r, entry->value, "a pattern without an operator");
	else if (entry->value->kind == YAML_MAP)
		rule_read_map(r, entry->value, "a pattern", operator_keys, NR_OPERATORS, NULL);
	else
		read_plain(r, entry);
	r->pattern = outer;
	r->kind = outer_kind;
}

static void add_shared(struct rule_reader *r, const struct yaml_node *node,
		       enum rule_subject_kind kind, struct rule_patterns *out)
{
	const struct rule_patterns *list = rule_list_patterns(r, node, kind), **shared;

	if (!list)
		return;
	shared = reallocarray(out->shared, out->nr_shared + 1, sizeof(*shared));
	if (!shared) {
		r->yaml.nomem = true;
		return;
	}
	out->shared = shared;
	shared[out->nr_shared++] = list;
}

static struct rule_patterns *read_nodes(struct rule_reader *r, const struct yaml_entry *entry,
					const struct yaml_node *first, size_t n,
					enum rule_subject_kind kind)
{
	_cleanup_(rule_patterns_freep) struct rule_patterns *out = calloc(1, sizeof(*out));
	const struct yaml_node *node = first;

	if (out)
		out->patterns = calloc(n, sizeof(*out->patterns));
	if (!out || !out->patterns) {
		r->yaml.nomem = true;
		return NULL;
	}
	for (; n; n--, node = node->next) {
		if (node->kind == YAML_TEXT && rule_is_reference(node->text))
			add_shared(r, node, kind, out);
		else
			read_pattern(r, &(struct yaml_entry){ entry->name, node, node }, kind,
				     &out->patterns[out->nr_patterns++]);
	}
	return TAKE_PTR(out);
}

struct rule_patterns *rule_read_patterns(struct rule_reader *r, const struct yaml_entry *entry,
					 enum rule_subject_kind kind)
{
	size_t n = 0;

	if (!yaml_read_container(&r->yaml, entry, YAML_LIST))
		return NULL;
	yaml_for_each(node, entry->value) n++;
	return read_nodes(r, entry, entry->value->first, n, kind);
}

/* A list of patterns, or a single one. */
static struct rule_patterns *read_one_or_many(struct rule_reader *r, const struct yaml_entry *entry,
					      enum rule_subject_kind kind)
{
	if (entry->value->kind != YAML_LIST)
		return read_nodes(r, entry, entry->value, 1, kind);
	if (!entry->value->first) {
		rule_error(r, entry->value, "`%s` is empty", entry->name);
		return NULL;
	}
	return rule_read_patterns(r, entry, kind);
}

unsigned int rule_patterns_inputs(const struct rule_patterns *patterns)
{
	unsigned int kinds = 0;

	if (!patterns)
		return 0;
	for (size_t i = 0; i < patterns->nr_patterns; i++) {
		const struct rule_pattern *p = &patterns->patterns[i];

		for (size_t j = 0; j < p->nr_tests; j++) {
			if (p->tests[j].op == RULE_TEST_INPUT)
				kinds |= 1U << p->tests[j].input;
			kinds |= rule_patterns_inputs(p->tests[j].nested);
		}
	}
	for (size_t i = 0; i < patterns->nr_shared; i++)
		kinds |= rule_patterns_inputs(patterns->shared[i]);
	return kinds;
}

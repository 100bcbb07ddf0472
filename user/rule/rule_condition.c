// SPDX-License-Identifier: GPL-2.0-only
/* The key `condition`: what keeps a match from being reported. */
#include "rule/rule_condition.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "rule/rule_reader.h"

/*
 * More subjects than this in one condition are a mistake; it also bounds the search for duplicates.
 */
#define TERMS_MAX 64

static void terms_free(struct rule_term *terms, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(terms[i].subject.name);
		free(terms[i].subject.item);
		rule_patterns_free(terms[i].only);
		rule_patterns_free(terms[i].allow);
		rule_patterns_free(terms[i].disallow);
	}
	free(terms);
}

void rule_condition_free(struct rule_condition *condition)
{
	if (!condition)
		return;
	terms_free(condition->terms, condition->nr_terms);
	for (size_t i = 0; i < condition->nr_exceptions; i++)
		terms_free(condition->exceptions[i].terms, condition->exceptions[i].nr_terms);
	free(condition->exceptions);
	free(condition);
}

static enum rule_subject_kind kind_of(const struct rule_subject *s)
{
	switch (s->what) {
	case RULE_CALLERS:
	case RULE_CALLER:
	case RULE_APP_CALLER:
		return RULE_SUBJECT_CALLER;
	case RULE_REMOTE_ADDR:
		return RULE_SUBJECT_ADDRESS;
	case RULE_ARG:
		return RULE_SUBJECT_ARG;
	default:
		return RULE_SUBJECT_TEXT;
	}
}

static void read_only(struct rule_reader *r, const struct yaml_entry *entry)
{
	r->term->only = rule_read_patterns(r, entry, kind_of(&r->term->subject));
}

static void read_allow(struct rule_reader *r, const struct yaml_entry *entry)
{
	r->term->allow = rule_read_patterns(r, entry, kind_of(&r->term->subject));
}

static void read_disallow(struct rule_reader *r, const struct yaml_entry *entry)
{
	r->term->disallow = rule_read_patterns(r, entry, kind_of(&r->term->subject));
}

static const struct rule_key list_keys[] = {
	{ "only", read_only },
	{ "allow", read_allow },
	{ "disallow", read_disallow },
};

/* The lists of a subject, or in a case of `except` its one list. */
static void read_term(struct rule_reader *r, const struct yaml_entry *entry)
{
	if (r->in_exception)
		read_allow(r, entry);
	else if (yaml_read_container(&r->yaml, entry, YAML_MAP))
		rule_read_map(r, entry->value, YAML_QUOTE(entry->key->text), list_keys,
			      ARRAY_SIZE(list_keys), NULL);
}

/* The word behind "arg.": NAME, or NAME[INDEX]. */
static bool read_arg_name(struct rule_reader *r, const struct yaml_node *key, struct text word,
			  struct rule_subject *s)
{
	const char *open = memchr(word.s, '[', word.len);
	struct text name = { word.s, open ? (size_t)(open - word.s) : word.len }, item = { 0 };

	if (open)
		item = (struct text){ open + 1, word.s + word.len - (open + 1) };
	if (!name.len || (open && (item.len < 2 || item.s[item.len - 1] != ']')) ||
	    memchr(word.s, ' ', word.len) || memchr(word.s, '\0', word.len)) {
		rule_error(r, key, "%s names no argument: write `arg.NAME` or `arg.NAME[INDEX]`",
			   YAML_QUOTE(key->text));
		return false;
	}
	s->name = strndup(name.s, name.len);
	s->item = open ? strndup(item.s, item.len - 1) : NULL;
	if (!s->name || (open && !s->item))
		r->yaml.nomem = true;
	return true;
}

static const struct {
	const char *name;
	enum rule_subject_what what;
} subjects[] = {
	{ "arg", RULE_ARG },
	{ "arg.NAME", RULE_ARG },
	{ "func", RULE_CALLERS },
	{ "caller", RULE_CALLER },
	{ "app_caller", RULE_APP_CALLER },
	{ "remote_addr", RULE_REMOTE_ADDR },
	{ "request_path", RULE_REQUEST_PATH },
};

/* Reads the subject that entry->name begins with, and what is asked of it, into r->terms. */
static void read_subject(struct rule_reader *r, const struct yaml_entry *entry)
{
	const size_t prefix = sizeof("arg.") - 1;
	const struct text key = entry->key->text;
	struct rule_term *terms, *term;
	size_t i;

	if (*r->nr_terms == TERMS_MAX) {
		rule_error(r, entry->key, "more than %d subjects", TERMS_MAX);
		return;
	}
	terms = reallocarray(*r->terms, *r->nr_terms + 1, sizeof(*terms));
	if (!terms) {
		r->yaml.nomem = true;
		return;
	}
	*r->terms = terms;
	term = &terms[(*r->nr_terms)++];
	*term = (struct rule_term){ 0 };
	for (i = 0; !str_eq(subjects[i].name, entry->name); i++)
		;
	term->subject.what = subjects[i].what;
	if (str_eq(entry->name, "arg.NAME") &&
	    !read_arg_name(r, entry->key, (struct text){ key.s + prefix, key.len - prefix },
			   &term->subject))
		return;
	r->term = term;
	read_term(r, entry);
	term->inputs = rule_patterns_inputs(term->only) | rule_patterns_inputs(term->allow) |
		       rule_patterns_inputs(term->disallow);
	r->term = NULL;
}

static void read_exceptions(struct rule_reader *r, const struct yaml_entry *entry);

enum { NR_SUBJECT_KEYS = ARRAY_SIZE(subjects) + 1 };

/* In a case of `except` the last is left out. */
static const struct rule_key condition_keys[NR_SUBJECT_KEYS] = {
	{ "arg", read_subject },	  { "arg.NAME", read_subject },
	{ "func", read_subject },	  { "caller", read_subject },
	{ "app_caller", read_subject },	  { "remote_addr", read_subject },
	{ "request_path", read_subject }, { "except", read_exceptions },
};

static void read_terms(struct rule_reader *r, const struct yaml_node *map, const char *what,
		       size_t nr_keys, struct rule_term **terms, size_t *nr_terms)
{
	r->terms = terms;
	r->nr_terms = nr_terms;
	rule_read_map(r, map, what, condition_keys, nr_keys, NULL);
}

static void read_exceptions(struct rule_reader *r, const struct yaml_entry *entry)
{
	struct rule_condition *c = r->rule->condition;
	struct rule_term **terms = r->terms;
	size_t *nr_terms = r->nr_terms, n = 0;

	if (!yaml_read_container(&r->yaml, entry, YAML_LIST))
		return;
	yaml_for_each(node, entry->value) n++;
	c->exceptions = calloc(n, sizeof(*c->exceptions));
	if (!c->exceptions) {
		r->yaml.nomem = true;
		return;
	}
	r->in_exception = true;
	yaml_for_each(node, entry->value)
	{
		struct rule_exception *x = &c->exceptions[c->nr_exceptions++];

		if (node->kind != YAML_MAP || !node->first)
			rule_error(r, node,
				   "a case of `except` must be a mapping of subjects to "
				   "lists, not %s",
				   node->kind == YAML_MAP ? "empty" : yaml_kind_name(node));
		else
			read_terms(r, node, "a case of `except`", NR_SUBJECT_KEYS - 1, &x->terms,
				   &x->nr_terms);
	}
	r->in_exception = false;
	r->terms = terms;
	r->nr_terms = nr_terms;
}

void rule_read_condition(struct rule_reader *r, const struct yaml_entry *entry)
{
	struct rule_condition *c;

	if (!yaml_read_container(&r->yaml, entry, YAML_MAP))
		return;
	c = calloc(1, sizeof(*c));
	if (!c) {
		r->yaml.nomem = true;
		return;
	}
	r->rule->condition = c;
	read_terms(r, entry->value, "`condition`", NR_SUBJECT_KEYS, &c->terms, &c->nr_terms);
}

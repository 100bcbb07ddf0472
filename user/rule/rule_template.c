// SPDX-License-Identifier: GPL-2.0-only
/*
 * The key `value`: labelled templates, in which `$func_args[NAME]` stands for the value of an
 * argument.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "event/event.h"
#include "rule/rule_reader.h"

/*
 * More labels than this in one rule are no summary of a call; it also bounds the search for
 * duplicates.
 */
#define VALUES_MAX 64

static const char arg_open[] = "$func_args[";

/* Appends a piece; takes the text by copy. */
static bool add_piece(struct rule_reader *r, struct rule_value *value, bool is_arg,
		      struct text text)
{
	struct rule_piece *pieces;
	char *copy;

	pieces = reallocarray(value->pieces, value->nr_pieces + 1, sizeof(*pieces));
	if (pieces)
		value->pieces = pieces;
	copy = strndup(text.s, text.len);
	if (!pieces || !copy) {
		free(copy);
		r->yaml.nomem = true;
		return false;
	}
	pieces[value->nr_pieces++] = (struct rule_piece){ is_arg, copy };
	return true;
}

/* Length of the identifier behind a '$'. */
static size_t word_len(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (isalnum((unsigned char)s[n]) || s[n] == '_'))
		n++;
	return n;
}

/*
 * Refuses what looks like a reference and is none: it would be shown as it stands, and the argument
 * be missed.
 */
static bool check_dollar(struct rule_reader *r, const struct yaml_entry *entry, struct text rest)
{
	struct text word = { rest.s + 1, word_len(rest.s + 1, rest.len - 1) };
	bool bracket = 1 + word.len < rest.len && rest.s[1 + word.len] == '[';

	if (text_eq(word, TEXT("func_args")) && !bracket) {
		rule_error(r, entry->value, "template of `%s`: `$func_args` lacks its `[NAME]`",
			   entry->name);
		return false;
	}
	if (bracket && word.len && !text_eq(word, TEXT("func_args"))) {
		rule_error(
			r, entry->value,
			"template of `%s`: unknown reference %s; only `$func_args[NAME]` is known",
			entry->name, YAML_QUOTE(((struct text){ rest.s, 1 + word.len })));
		return false;
	}
	return true;
}

/* Reads the reference at the start of `rest`; returns its length, 0 after an error. */
static size_t read_reference(struct rule_reader *r, const struct yaml_entry *entry,
			     struct rule_value *value, struct text rest)
{
	const char *name = rest.s + sizeof(arg_open) - 1;
	size_t left = rest.len - (sizeof(arg_open) - 1);
	const char *end = memchr(name, ']', left);
	struct text text;

	if (!end) {
		rule_error(r, entry->value, "template of `%s`: `$func_args[` without a `]`",
			   entry->name);
		return 0;
	}
	text = (struct text){ name, end - name };
	if (!text.len) {
		rule_error(r, entry->value, "template of `%s`: `$func_args[]` names no argument",
			   entry->name);
		return 0;
	}
	if (memchr(name, ' ', text.len) || memchr(name, '[', text.len)) {
		rule_error(r, entry->value, "template of `%s`: %s is not the name of an argument",
			   entry->name, YAML_QUOTE(text));
		return 0;
	}
	return add_piece(r, value, true, text) ? end + 1 - rest.s : 0;
}

static bool read_template(struct rule_reader *r, const struct yaml_entry *entry, struct text text,
			  struct rule_value *value)
{
	const size_t open_len = sizeof(arg_open) - 1;
	size_t pos = 0, start = 0, n;

	while (pos < text.len) {
		struct text rest = { text.s + pos, text.len - pos };

		if (*rest.s != '$') {
			pos++;
			continue;
		}
		if (rest.len < open_len || memcmp(rest.s, arg_open, open_len) != 0) {
			if (!check_dollar(r, entry, rest))
				return false;
			pos++;
			continue;
		}
		if (pos > start &&
		    !add_piece(r, value, false, (struct text){ text.s + start, pos - start }))
			return false;
		n = read_reference(r, entry, value, rest);
		if (!n)
			return false;
		pos += n;
		start = pos;
	}
	return start == text.len ||
	       add_piece(r, value, false, (struct text){ text.s + start, text.len - start });
}

/* The label of a value, checked like any text.  NULL after an error. */
static char *read_label(struct rule_reader *r, const struct yaml_entry *entry,
			const struct yaml_node *key)
{
	const struct yaml_entry label = { "label", key, key };
	const struct rule *rule = r->rule;

	if (key->kind != YAML_TEXT || yaml_is_null(key) || !key->text.len) {
		rule_error(r, key, "a label in `%s` %s%s", entry->name,
			   key->kind == YAML_TEXT ? "is empty" : "must be text, not ",
			   key->kind == YAML_TEXT ? "" : yaml_kind_name(key));
		return NULL;
	}
	for (size_t i = 0; i < rule->nr_values; i++) {
		if (text_eq_str(key->text, rule->values[i].label)) {
			rule_error(r, key, "label %s is given twice in `%s`", YAML_QUOTE(key->text),
				   entry->name);
			return NULL;
		}
	}
	return yaml_read_string(&r->yaml, &label);
}

static void read_value(struct rule_reader *r, const struct yaml_entry *entry,
		       const struct yaml_node *key)
{
	struct rule *rule = r->rule;
	char shown[YAML_QUOTE_SIZE];
	struct yaml_entry template;
	struct rule_value *value;
	struct text text;
	char *label;

	label = read_label(r, entry, key);
	if (!label)
		return;
	/* In the rule from here on, which owns it whatever comes. */
	value = &rule->values[rule->nr_values++];
	value->label = label;
	/* In messages as a quote would show it, less the marks, which they have themselves. */
	yaml_quote((struct text){ label, strlen(label) }, shown);
	shown[strlen(shown) - 1] = '\0';
	template = (struct yaml_entry){ shown + 1, key, key->next };
	if (yaml_read_text(&r->yaml, &template, &text))
		read_template(r, &template, text, value);
}

void rule_read_values(struct rule_reader *r, const struct yaml_entry *entry)
{
	struct rule *rule = r->rule;
	size_t n = 0;

	if (!yaml_read_container(&r->yaml, entry, YAML_MAP))
		return;
	yaml_for_each(child, entry->value) n++;
	if (n / 2 > VALUES_MAX) {
		rule_error(r, entry->value, "`%s` has %zu labels, the most is %d", entry->name,
			   n / 2, VALUES_MAX);
		return;
	}
	rule->values = calloc(n / 2, sizeof(*rule->values));
	if (!rule->values) {
		r->yaml.nomem = true;
		return;
	}
	for (const struct yaml_node *key = entry->value->first; key && key->next;
	     key = key->next->next)
		read_value(r, entry, key);
}

void rule_value_expand(const struct rule_value *value, const struct event *ev, struct buf *out)
{
	for (size_t i = 0; i < value->nr_pieces; i++) {
		const struct rule_piece *piece = &value->pieces[i];

		if (!piece->is_arg) {
			buf_adds(out, piece->text);
			continue;
		}
		for (size_t j = 0; j < ev->nr_args; j++) {
			if (text_eq_str(ev->args[j].name, piece->text)) {
				value_str(out, &ev->args[j].value);
				break;
			}
		}
	}
}

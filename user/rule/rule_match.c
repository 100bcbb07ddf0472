// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a call is of a rule's function.  Runs for each hit and each rule: it allocates nothing.
 */
#include <string.h>

#include "base/util.h"
#include "event/event.h"
#include "rule/rule_frozen.h"
#include "rule/rule.h"

const char *rule_func_name(const struct rule *rule)
{
	const char *dot;

	if (!rule->func)
		return "";
	dot = strrchr(rule->func, '.');
	return dot ? dot + 1 : rule->func;
}

bool rule_qualname_matches(const char *func, struct text qualname)
{
	size_t len = strlen(func);

	if (len > qualname.len || memcmp(qualname.s + qualname.len - len, func, len) != 0)
		return false;
	return len == qualname.len || qualname.s[qualname.len - len - 1] == '.';
}

/* A character of a file name as a path: the dots of a frozen module's name stand for slashes. */
static char path_char(char c, bool frozen)
{
	return frozen && c == '.' ? '/' : c;
}

/*
 * True if `tail` is whole trailing components of `path`.  A tail from the root is the whole path or
 * nothing.
 */
static bool path_ends_in(struct text path, struct text tail, bool frozen)
{
	size_t skip = path.len - tail.len;

	if (tail.len > path.len || (skip && tail.len && tail.s[0] == '/'))
		return false;
	/* From the end, where they differ soonest: each caller's path is held against many. */
	for (size_t i = tail.len; i-- > 0;) {
		if (path_char(path.s[skip + i], frozen) != tail.s[i])
			return false;
	}
	return !skip || path_char(path.s[skip - 1], frozen) == '/';
}

bool rule_file_matches(const char *pattern, struct text file)
{
	struct text whole = { pattern, strlen(pattern) }, module, stem;

	if (!file.s || !whole.len)
		return false;
	if (path_ends_in(file, whole, false))
		return true;
	return rule_frozen_module(file, &module) && rule_frozen_stem(whole, &stem) &&
	       path_ends_in(module, stem, true);
}

/*
 * A name that was cut when it was captured: the kernel side knew all of it and found it to be
 * watched, so what is left of it must only not contradict.  Returns true and the part that is
 * known.
 */
static bool is_cut(const struct event *ev, struct text t, struct text *known)
{
	static const struct text mark = { "…", sizeof("…") - 1 };

	if (!ev->names_cut || t.len < mark.len ||
	    memcmp(t.s + t.len - mark.len, mark.s, mark.len) != 0)
		return false;
	*known = (struct text){ t.s, t.len - mark.len };
	return true;
}

static bool text_matches(const struct event *ev, struct text t, const char *expected)
{
	struct text known;

	if (is_cut(ev, t, &known))
		return strlen(expected) >= known.len && memcmp(expected, known.s, known.len) == 0;
	return text_eq_str(t, expected);
}

static bool file_matches(const struct rule *rule, const struct event *ev)
{
	struct text known;

	/* It is the end that would tell. */
	return is_cut(ev, ev->file, &known) || rule_file_matches(rule->place, ev->file);
}

static bool qualname_matches(const struct rule *rule, const struct event *ev)
{
	struct text known;

	return is_cut(ev, ev->qualname, &known) || rule_qualname_matches(rule->func, ev->qualname);
}

/*
 * A C function's module may be unknown where the probe was set on that very function; it was found
 * by its module then.
 */
static bool module_matches(const struct rule *rule, const struct event *ev)
{
	if (ev->file.s)
		return false;
	return !ev->module.s || text_matches(ev, ev->module, rule->place);
}

static bool place_matches(const struct rule *rule, const struct event *ev)
{
	switch (rule->place_kind) {
	case RULE_FILE:
		return file_matches(rule, ev);
	case RULE_MODULE:
		return module_matches(rule, ev);
	default:
		return false;
	}
}

bool rule_glob_matches(const char *pattern, struct text text)
{
	const char *star = NULL;
	size_t at = 0, resume = 0;

	/* Where it does not fit, the last star takes one character more. */
	while (at < text.len || *pattern) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = at;
			continue;
		}
		if (at < text.len && *pattern == '?') {
			text_next(text.s, text.len, &at);
			pattern++;
			continue;
		}
		if (at < text.len && *pattern && *pattern == text.s[at]) {
			pattern++;
			at++;
			continue;
		}
		if (!star || resume >= text.len)
			return false;
		pattern = star;
		at = ++resume;
	}
	return true;
}

static bool audit_matches(const struct rule *rule, const struct event *ev)
{
	struct text known;

	if (rule->place_kind != RULE_AUDIT || !ev->name.s)
		return false;
	return is_cut(ev, ev->name, &known) || rule_glob_matches(rule->place, ev->name);
}

static bool has_arg(const struct event *ev, const char *name)
{
	for (size_t i = 0; i < ev->nr_args; i++) {
		if (text_eq_str(ev->args[i].name, name))
			return true;
	}
	return false;
}

/*
 * Methods of one name in one file are told apart by their arguments where the class is not known:
 * a function with none of those that the rule shows is another class's.
 */
static bool may_be_method(const struct rule *rule, const struct event *ev)
{
	bool shows = false;

	if (!ev->nr_args || ev->args_cut)
		return true;
	for (size_t i = 0; i < rule->nr_values; i++) {
		const struct rule_value *value = &rule->values[i];

		for (size_t j = 0; j < value->nr_pieces; j++) {
			if (!value->pieces[j].is_arg)
				continue;
			if (has_arg(ev, value->pieces[j].text))
				return true;
			shows = true;
		}
	}
	return !shows;
}

bool rule_matches(const struct rule *rule, const struct event *ev)
{
	const char *name = rule_func_name(rule);

	if (ev->head.probe == PROBE_AUDIT || rule->place_kind == RULE_AUDIT)
		return ev->head.probe == PROBE_AUDIT && audit_matches(rule, ev);
	if (!rule->func || !ev->name.s || !text_matches(ev, ev->name, name))
		return false;
	if (!place_matches(rule, ev))
		return false;
	if (name == rule->func)
		return true;
	if (!ev->qualname.s)
		return rule->place_kind != RULE_FILE || may_be_method(rule, ev);
	return qualname_matches(rule, ev);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The keys that name the watched function: `func`, and `file` or `module`.  Refused is what could
 * never match, or what the kernel side could not preselect: such a rule would be a silent miss.
 */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/limits.h"
#include "rule/rule_reader.h"

static size_t count_chars(const char *s)
{
	size_t len = strlen(s), pos = 0, n = 0;

	while (pos < len) {
		text_next(s, len, &pos);
		n++;
	}
	return n;
}

static struct text as_text(const char *s)
{
	return (struct text){ s, strlen(s) };
}

/* False after an error if `s` has more than `max` characters. */
static bool check_length(struct rule_reader *r, const struct yaml_entry *entry, const char *s,
			 size_t max)
{
	size_t n = count_chars(s);

	if (n <= max)
		return true;
	rule_error(r, entry->value,
		   "%s in `%s` has %zu characters, the most that can be matched is %zu",
		   YAML_QUOTE(as_text(s)), entry->name, n, max);
	return false;
}

/* Names with white space or brackets are signatures or slips, never names. */
static bool check_name(struct rule_reader *r, const struct yaml_entry *entry, const char *s)
{
	size_t n = strcspn(s, " \t\r\n()[]{}\"'");

	if (!s[n])
		return true;
	rule_error(r, entry->value, "%s in `%s` is not a name: it holds %s", YAML_QUOTE(as_text(s)),
		   entry->name, YAML_QUOTE(((struct text){ s + n, 1 })));
	return false;
}

static bool has_empty_component(const char *s)
{
	size_t len = strlen(s);

	return s[0] == '.' || s[len - 1] == '.' || strstr(s, "..");
}

static bool check_func(struct rule_reader *r, const struct yaml_entry *entry, const char *func)
{
	if (!check_name(r, entry, func))
		return false;
	if (has_empty_component(func)) {
		rule_error(r, entry->value, "%s in `%s` has an empty part beside a dot",
			   YAML_QUOTE(as_text(func)), entry->name);
		return false;
	}
	return check_length(r, entry, func, PHRUDE_NAME_MAX) &&
	       check_length(r, entry, rule_func_name(&(struct rule){ .func = (char *)func }),
			    PHRUDE_MATCH_NAME_MAX);
}

void rule_read_func(struct rule_reader *r, const struct yaml_entry *entry)
{
	char *func = yaml_read_string(&r->yaml, entry);

	r->rule->func = func;
	if (func)
		check_func(r, entry, func);
}

/* A rule with two places is refused by its reader; the later one must not leak the earlier. */
static const char *set_place(struct rule_reader *r, const struct yaml_entry *entry,
			     enum rule_place kind)
{
	char *place = yaml_read_string(&r->yaml, entry);

	if (place) {
		free(r->rule->place);
		r->rule->place = place;
		r->rule->place_kind = kind;
	}
	return place;
}

void rule_read_file(struct rule_reader *r, const struct yaml_entry *entry)
{
	const char *file = set_place(r, entry, RULE_FILE);

	if (!file)
		return;
	if (file[strlen(file) - 1] == '/')
		rule_error(r, entry->value, "%s in `%s` ends in a slash: it must name a file",
			   YAML_QUOTE(as_text(file)), entry->name);
	else
		/* In a longer path the kernel side must see the slash before it, too. */
		check_length(r, entry, file, PHRUDE_MATCH_FILE_MAX - 1);
}

void rule_read_module(struct rule_reader *r, const struct yaml_entry *entry)
{
	const char *module = set_place(r, entry, RULE_MODULE);

	if (module && check_name(r, entry, module))
		check_length(r, entry, module, PHRUDE_MATCH_FILE_MAX);
}

void rule_read_audit(struct rule_reader *r, const struct yaml_entry *entry)
{
	const char *event = set_place(r, entry, RULE_AUDIT);

	if (event && check_name(r, entry, event))
		check_length(r, entry, event, PHRUDE_MATCH_NAME_MAX);
}

// SPDX-License-Identifier: GPL-2.0-only
/* The key `redact` of a configuration: what is taken out of alerts. */
#include <errno.h>
#include <string.h>

#include "base/regex.h"
#include "base/util.h"
#include "config/config_priv.h"

/* More are a mistake: each text of an alert is held against all of them. */
#define PATTERNS_MAX 64

enum { REDACT_DEFAULTS, REDACT_PATTERNS, REDACT_KEY_FILE };

static const char *const redact_keys[] = { "defaults", "patterns", "key_file" };

static void read_pattern(struct config_reader *r, const struct yaml_entry *entry)
{
	struct config_words *patterns = &r->config->redact.patterns;
	_cleanup_(regex_freep) struct regex *regex = NULL;
	_cleanup_free_ char *pattern = yaml_read_string(&r->yaml, entry);
	struct regex_span whole, group;
	char why[256];
	int ret;

	if (!pattern)
		return;
	if (patterns->count == PATTERNS_MAX) {
		yaml_error(&r->yaml, entry->value, "more than %d of them", PATTERNS_MAX);
		return;
	}
	regex = regex_new((struct text){ pattern, strlen(pattern) }, &ret, why, sizeof(why));
	if (ret == -EINVAL)
		yaml_error(&r->yaml, entry->value, "this is no regular expression (PCRE2): %s",
			   why);
	else if (!ret && regex_find(regex, TEXT(""), 0, false, &whole, &group) == REGEX_WHOLE)
		yaml_error(&r->yaml, entry->value, "this matches even where there is nothing");
	else if (ret || config_add_word(patterns, pattern))
		r->yaml.nomem = true;
}

static void read_redact_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	struct config_reader *r = ctx;
	struct text text;
	bool defaults;

	if (row == REDACT_DEFAULTS) {
		if (yaml_read_bool(&r->yaml, entry, &defaults))
			r->config->redact.no_defaults = !defaults;
	} else if (row == REDACT_KEY_FILE) {
		if (yaml_read_text(&r->yaml, entry, &text))
			r->config->redact.key_file = config_path(r, text);
	} else if (entry->value->kind == YAML_LIST) {
		yaml_for_each(item, entry->value)
			read_pattern(r, &(struct yaml_entry){ entry->name, item, item });
	} else {
		read_pattern(r, entry);
	}
}

/* All or nothing. */
static void read_switch(struct config_reader *r, const struct yaml_entry *entry)
{
	bool on;

	if (yaml_read_bool(&r->yaml, entry, &on))
		config_set_flag(r->config, config_setting("no-redact"), !on);
}

void config_read_redact(struct config_reader *r, const struct yaml_entry *entry)
{
	if (entry->value->kind == YAML_TEXT)
		read_switch(r, entry);
	else if (entry->value->kind != YAML_MAP)
		yaml_error(&r->yaml, entry->value,
			   "`redact` is `false` or a mapping (\"defaults: true\"), not %s",
			   yaml_kind_name(entry->value));
	else
		yaml_read_map(&r->yaml, entry->value, "`redact`", redact_keys,
			      ARRAY_SIZE(redact_keys), NULL, read_redact_key, r);
}

// SPDX-License-Identifier: GPL-2.0-only
/* A configuration as it stands in a file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "config/config_priv.h"

static const char *const modes[] = { "detect", "protect" };

/* Keys that are to be there, and are not yet. */
static const char *const unsupported[] = {
	"deny",
};

/*
 * The keys of a configuration: settings, those of a kind of their own, and what is not supported
 * yet.
 */
enum { KEY_OUTPUTS = NR_CONFIG_SETTINGS, KEY_MODE, KEY_TARGETS, KEY_EXCLUDE, KEY_REDACT, NR_KEYS };
#define NR_NAMES (NR_KEYS + ARRAY_SIZE(unsupported))

_Static_assert(NR_NAMES <= YAML_KEYS_MAX, "yaml_read_map() has room for every key");

char *config_path(struct config_reader *r, struct text path)
{
	const char *file = r->yaml.doc->path, *slash = strrchr(file, '/');
	int folder = slash && path.s[0] != '/' ? (int)(slash + 1 - file) : 0;
	char *out;

	if (asprintf(&out, "%.*s%.*s", folder, file, (int)path.len, path.s) < 0) {
		r->yaml.nomem = true;
		return NULL;
	}
	return out;
}

static void read_value(struct config_reader *r, const struct config_setting *s,
		       const struct yaml_entry *entry)
{
	_cleanup_free_ char *word = NULL;
	_cleanup_buf_ struct buf why = { 0 };
	struct text text;
	int ret;

	if (!yaml_read_text(&r->yaml, entry, &text))
		return;
	word = s->is_path ? config_path(r, text) : strndup(text.s, text.len);
	ret = word ? config_set(r->config, s, word) : -ENOMEM;
	if (ret == -EINVAL)
		config_explain(&why, s, word);
	if (ret == -ENOMEM || why.failed)
		r->yaml.nomem = true;
	else if (ret)
		yaml_error(&r->yaml, entry->value, "`%s` %s", s->name, why.data);
}

struct keyed_setting {
	struct config_reader *reader;
	const struct config_setting *setting;
};

static void read_only_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	const struct keyed_setting *k = ctx;

	read_value(k->reader, k->setting, entry);
}

/* A mapping that has one key so far. */
static void read_keyed(struct config_reader *r, const struct config_setting *s,
		       const struct yaml_entry *entry)
{
	struct keyed_setting keyed = { r, s };
	const struct yaml_node *seen[1] = { 0 };
	char what[64];

	if (entry->value->kind != YAML_MAP) {
		yaml_error(&r->yaml, entry->value, "`%s` must be a mapping, `{ %s: ... }`, not %s",
			   s->name, s->key, yaml_kind_name(entry->value));
		return;
	}
	snprintf(what, sizeof(what), "`%s`", s->name);
	yaml_read_map(&r->yaml, entry->value, what, &s->key, 1, seen, read_only_key, &keyed);
	if (!seen[0])
		yaml_error(&r->yaml, entry->value, "`%s` has no `%s`", s->name, s->key);
}

static void read_setting(struct config_reader *r, const struct config_setting *s,
			 const struct yaml_entry *entry)
{
	bool flag;

	if (s->read) {
		s->read(r, entry);
		r->config->given |= 1u << (s - config_settings);
	} else if (s->key) {
		read_keyed(r, s, entry);
	} else if (!s->set) {
		if (yaml_read_bool(&r->yaml, entry, &flag))
			config_set_flag(r->config, s, flag);
	} else if (s->many && entry->value->kind == YAML_LIST) {
		if (!entry->value->first)
			yaml_error(&r->yaml, entry->value, "`%s` is empty", s->name);
		yaml_for_each(item, entry->value)
			read_value(r, s, &(struct yaml_entry){ s->name, item, item });
	} else {
		read_value(r, s, entry);
	}
}

void config_read_mode(struct config_reader *r, const struct yaml_entry *entry)
{
	size_t mode;

	if (yaml_read_word(&r->yaml, entry, "modes", modes, ARRAY_SIZE(modes), &mode) && mode)
		yaml_error(&r->yaml, entry->value,
			   "`mode: protect` is not supported yet: calls are detected, not denied");
}

/* Settings that are read anew while the tracer runs. */
static const char *const changing[] = { "rules",  "disabled",	"output",
					"format", "rate-limit", "shed" };

static bool is_fixed(size_t row)
{
	if (row >= NR_CONFIG_SETTINGS)
		return row == KEY_MODE;
	for (size_t i = 0; i < ARRAY_SIZE(changing); i++) {
		if (str_eq(config_settings[row].name, changing[i]))
			return false;
	}
	return true;
}

/* The kernel side looks at costs, or does not, from its start on; the limit is nothing to it. */
static bool is_there_or_not(size_t row)
{
	return row < NR_CONFIG_SETTINGS && str_eq(config_settings[row].name, "max-cpu-percent");
}

static void read_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	struct config_reader *r = ctx;

	/* In whatever order they stand. */
	if (is_fixed(row))
		r->config->fixed += yaml_hash(entry->key) ^
				    (is_there_or_not(row) ? 0 : 3 * yaml_hash(entry->value));
	if (row < NR_CONFIG_SETTINGS) {
		read_setting(r, &config_settings[row], entry);
	} else if (row == KEY_OUTPUTS) {
		config_read_outputs(r, entry);
	} else if (row == KEY_MODE) {
		config_read_mode(r, entry);
	} else if (row == KEY_TARGETS) {
		config_read_targets(r, entry);
	} else if (row == KEY_EXCLUDE) {
		config_read_exclude(r, entry);
	} else if (row == KEY_REDACT) {
		config_read_redact(r, entry);
	} else {
		yaml_error(&r->yaml, entry->key, "`%s` is not supported yet", entry->name);
	}
}

static void read_root(struct config_reader *r, const struct yaml_node *root)
{
	const struct yaml_node *seen[NR_NAMES] = { 0 };
	const char *names[NR_NAMES];
	size_t output = config_setting("output") - config_settings;
	size_t pid = config_setting("pid") - config_settings;

	for (size_t i = 0; i < NR_CONFIG_SETTINGS; i++)
		names[i] = config_settings[i].in_file ?: config_settings[i].name;
	names[KEY_OUTPUTS] = "outputs";
	names[KEY_MODE] = "mode";
	names[KEY_TARGETS] = "targets";
	names[KEY_EXCLUDE] = "exclude";
	names[KEY_REDACT] = "redact";
	memcpy(names + NR_KEYS, unsupported, sizeof(unsupported));
	yaml_read_map(&r->yaml, root, "a configuration", names, NR_NAMES, seen, read_key, r);
	if (seen[output] && seen[KEY_OUTPUTS])
		yaml_error(&r->yaml, seen[output],
			   "`output` beside `outputs`: there may be one of them");
	if (seen[pid] && seen[KEY_TARGETS])
		yaml_error(&r->yaml, seen[pid], "`pid` beside `targets`: there may be one of them");
	if (seen[KEY_EXCLUDE] && !seen[KEY_TARGETS])
		yaml_error(&r->yaml, seen[KEY_EXCLUDE],
			   "`exclude` without `targets` leaves nothing out: `targets` says what is "
			   "traced");
}

static void read_document(struct config_reader *r)
{
	struct yaml_document *doc = r->yaml.doc;
	const struct yaml_node *root = doc->tree.root;

	if (root && root->kind == YAML_MAP)
		read_root(r, root);
	else if (root && !yaml_is_null(root))
		yaml_error(&r->yaml, root, "a configuration is a mapping (\"rules: ...\"), not %s",
			   yaml_kind_name(root));
	else if (!doc->tree.broken && !doc->failure.len)
		yaml_diag_add(&doc->diag, 1, 1, "the configuration is empty");
}

/* Makes a configuration of what was read, unless anything was wrong. */
static int finish_config(struct yaml_documents *docs, struct config *out, struct buf *messages)
{
	struct config config;
	struct config_reader r = { .yaml.doc = docs->first, .config = &config };
	int ret;

	config_init(&config);
	config.from_file = true;
	read_document(&r);
	ret = r.yaml.nomem ? -ENOMEM : yaml_documents_show(docs, messages);
	if (ret)
		config_fini(&config);
	else
		*out = config;
	return ret;
}

int config_load(const char *path, struct config *out, struct buf *messages)
{
	_cleanup_(yaml_documents_fini) struct yaml_documents docs = { 0 };
	struct stat st;
	int ret = yaml_documents_load(&docs, path, &st);

	config_init(out);
	if (ret == -ENOMEM)
		return ret;
	if (!ret && yaml_documents_refuse_others(&docs, path, &st, "is watched") == -ENOMEM)
		return -ENOMEM;
	return finish_config(&docs, out, messages);
}

int config_parse(const char *name, const char *text, size_t len, struct config *out,
		 struct buf *messages)
{
	_cleanup_(yaml_documents_fini) struct yaml_documents docs = { 0 };

	config_init(out);
	return yaml_documents_add(&docs, name, text, len) ?: finish_config(&docs, out, messages);
}

bool config_is_one(const char *path)
{
	_cleanup_(yaml_documents_fini) struct yaml_documents docs = { 0 };
	const struct yaml_node *root;
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode) || yaml_documents_load(&docs, path, &st))
		return false;
	root = docs.first->tree.root;
	if (!root || root->kind != YAML_MAP)
		return false;
	for (const struct yaml_node *key = root->first; key && key->next; key = key->next->next) {
		if (key->kind == YAML_TEXT && text_eq_str(key->text, "name"))
			return false;
	}
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/* The key `outputs` of a configuration. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/config_priv.h"
#include "sink/sinks.h"

#define QUEUE_MAX 1000000

/* All that there are to be, and how many of them there are. */
static const char *const types[] = { "file",	"stdout", "syslog", "journald",
				     "webhook", "kafka",  "console" };
static const char *const levels[] = { "info", "warn", "alert" };

static void read_type(struct config_reader *r, const struct yaml_entry *entry)
{
	size_t i;

	if (!yaml_read_word(&r->yaml, entry, "types", types, ARRAY_SIZE(types), &i))
		return;
	r->output->ops = sink_type(types[i]);
	if (!r->output->ops)
		yaml_error(&r->yaml, entry->value,
			   "outputs of type `%s` are not supported yet: `file` and `stdout` are",
			   types[i]);
}

static void read_name(struct config_reader *r, const struct yaml_entry *entry)
{
	r->output->name = yaml_read_string(&r->yaml, entry);
}

static void read_level(struct config_reader *r, const struct yaml_entry *entry)
{
	size_t i;

	if (yaml_read_word(&r->yaml, entry, "levels", levels, ARRAY_SIZE(levels), &i))
		r->output->level = i;
}

static void read_format(struct config_reader *r, const struct yaml_entry *entry)
{
	size_t i;

	if (yaml_read_word(&r->yaml, entry, "formats", sink_format_names + 1, NR_SINK_FORMATS - 1,
			   &i))
		r->output->format = i + 1;
}

static void read_queue(struct config_reader *r, const struct yaml_entry *entry)
{
	struct text text;
	size_t n = 0, i = 0;

	if (!yaml_read_text(&r->yaml, entry, &text))
		return;
	for (; i < text.len && text.s[i] >= '0' && text.s[i] <= '9' && n <= QUEUE_MAX; i++)
		n = 10 * n + (text.s[i] - '0');
	if (i < text.len || !n || n > QUEUE_MAX)
		yaml_error(&r->yaml, entry->value,
			   "`queue` takes a number of alerts from 1 to %d, not %s", QUEUE_MAX,
			   YAML_QUOTE(text));
	else
		r->output->queue = n;
}

static void read_path(struct config_reader *r, const struct yaml_entry *entry)
{
	struct text text;

	if (yaml_read_text(&r->yaml, entry, &text))
		r->output->path = config_path(r, text);
}

enum { KEY_TYPE, KEY_NAME, KEY_LEVEL, KEY_FORMAT, KEY_QUEUE, KEY_PATH, NR_READ };

static void (*const readers[NR_READ])(struct config_reader *, const struct yaml_entry *) = {
	read_type, read_name, read_level, read_format, read_queue, read_path,
};

/* Those without a reader are not supported yet. */
static const char *const keys[] = {
	[KEY_TYPE] = "type",
	[KEY_NAME] = "name",
	[KEY_LEVEL] = "level",
	[KEY_FORMAT] = "format",
	[KEY_QUEUE] = "queue",
	[KEY_PATH] = "path",
	"spool",
	"address",
	"url",
	"headers_file",
	"template",
	"brokers",
	"topic",
	"key",
	"key_file",
};

static void read_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	struct config_reader *r = ctx;

	if (row < NR_READ)
		readers[row](r, entry);
	else
		yaml_error(&r->yaml, entry->key, "`%s` is not supported yet", entry->name);
}

/* Is it another one than those before it? */
static void check_unique(struct config_reader *r, const struct yaml_node *node,
			 const struct yaml_node *const *seen)
{
	const struct sink_config *o = r->output;

	for (const struct sink_config *other = r->config->outputs.list; other < o; other++) {
		if (o->name && other->name && str_eq(o->name, other->name))
			yaml_error(&r->yaml, seen[KEY_NAME], "two outputs have this `name`");
		if (o->path && other->path && str_eq(o->path, other->path))
			yaml_error(&r->yaml, seen[KEY_PATH], "two outputs have this `path`");
		if (o->ops && o->ops == other->ops && !o->path && !other->path &&
		    str_eq(o->ops->type, "stdout"))
			yaml_error(&r->yaml, node, "two outputs of type `stdout`");
	}
}

static void read_output(struct config_reader *r, const struct yaml_node *node)
{
	const struct yaml_node *seen[ARRAY_SIZE(keys)] = { 0 };
	bool is_file;

	if (node->kind != YAML_MAP) {
		yaml_error(&r->yaml, node, "an output must be a mapping, not %s",
			   yaml_kind_name(node));
		return;
	}
	yaml_read_map(&r->yaml, node, "an output", keys, ARRAY_SIZE(keys), seen, read_key, r);
	if (!seen[KEY_TYPE])
		yaml_error(&r->yaml, node, "an output has no `type`");
	if (!r->output->ops)
		return;
	is_file = str_eq(r->output->ops->type, "file");
	if (is_file && !seen[KEY_PATH])
		yaml_error(&r->yaml, node, "an output of type `file` has no `path`");
	if (!is_file && seen[KEY_PATH])
		yaml_error(&r->yaml, seen[KEY_PATH], "an output of type `%s` has no `path`",
			   r->output->ops->type);
	check_unique(r, node, seen);
}

void config_read_outputs(struct config_reader *r, const struct yaml_entry *entry)
{
	struct config *c = r->config;

	if (!yaml_read_container(&r->yaml, entry, YAML_LIST)) {
		if (entry->value->kind == YAML_LIST || yaml_is_null(entry->value))
			yaml_error(&r->yaml, entry->key, "`outputs` is empty");
		return;
	}
	c->outputs.list = calloc(CONFIG_OUTPUTS_MAX, sizeof(*c->outputs.list));
	if (!c->outputs.list) {
		r->yaml.nomem = true;
		return;
	}
	yaml_for_each(node, entry->value)
	{
		if (c->outputs.count == CONFIG_OUTPUTS_MAX) {
			yaml_error(&r->yaml, node, "more than %d outputs", CONFIG_OUTPUTS_MAX);
			return;
		}
		r->output = &c->outputs.list[c->outputs.count++];
		read_output(r, node);
	}
}

void config_outputs_fini(struct config *c)
{
	for (size_t i = 0; i < c->outputs.count; i++) {
		free((char *)c->outputs.list[i].name);
		free((char *)c->outputs.list[i].path);
	}
	free(c->outputs.list);
}

size_t config_sinks(const struct config *c, struct sink_config sinks[CONFIG_OUTPUTS_MAX])
{
	if (!c->outputs.count)
		sinks[0] = (struct sink_config){ .ops = sink_type(c->output ? "file" : "stdout"),
						 .path = c->output,
						 .format = c->format };
	for (size_t i = 0; i < c->outputs.count; i++) {
		sinks[i] = c->outputs.list[i];
		if (sinks[i].format == SINK_AUTO)
			sinks[i].format = c->format;
	}
	return MAX(c->outputs.count, 1);
}

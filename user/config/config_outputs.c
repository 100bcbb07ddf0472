// SPDX-License-Identifier: GPL-2.0-only
/* The key `outputs` of a configuration. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/config_priv.h"
#include "sink/address.h"
#include "sink/http_headers.h"
#include "sink/sinks.h"

#define QUEUE_MAX 1000000
#define SPOOL_MIN (256ULL << 10)

static const char *const types[] = { "file",	"stdout", "syslog", "journald",
				     "webhook", "kafka",  "console" };
static const char *const levels[] = { "info", "warn", "alert" };

static void read_type(struct config_reader *r, const struct yaml_entry *entry)
{
	size_t i;

	if (!yaml_read_word(&r->yaml, entry, "types", types, ARRAY_SIZE(types), &i))
		return;
	r->output->ops = sink_type(types[i]);
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
	uint64_t n;

	if (!yaml_read_text(&r->yaml, entry, &text))
		return;
	if (config_parse_count(text, QUEUE_MAX, &n))
		r->output->queue = n;
	else
		yaml_error(&r->yaml, entry->value,
			   "`queue` takes a number of alerts from 1 to %d, not %s", QUEUE_MAX,
			   YAML_QUOTE(text));
}

static char *read_file_name(struct config_reader *r, const struct yaml_entry *entry)
{
	struct text text;

	return yaml_read_text(&r->yaml, entry, &text) ? config_path(r, text) : NULL;
}

static void read_path(struct config_reader *r, const struct yaml_entry *entry)
{
	r->output->path = read_file_name(r, entry);
}

static void read_ca_file(struct config_reader *r, const struct yaml_entry *entry)
{
	r->output->ca_file = read_file_name(r, entry);
}

static void read_headers_file(struct config_reader *r, const struct yaml_entry *entry)
{
	r->output->headers_file = read_file_name(r, entry);
}

static void read_key_file(struct config_reader *r, const struct yaml_entry *entry)
{
	r->output->key_file = read_file_name(r, entry);
}

static void read_template(struct config_reader *r, const struct yaml_entry *entry)
{
	struct text text;

	if (yaml_read_text(&r->yaml, entry, &text))
		r->output->template =
			text_eq_str(text, "slack") ? strdup("slack") : config_path(r, text);
}

static void read_url(struct config_reader *r, const struct yaml_entry *entry)
{
	struct err err;

	r->output->url = yaml_read_string(&r->yaml, entry);
	if (r->output->url && http_url_check(r->output->url, &err))
		yaml_error(&r->yaml, entry->value, "`url` is no URL of an output: %s", err.msg);
}

static void read_spool_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	struct config_reader *r = ctx;
	struct text text;

	if (row == 0)
		r->output->spool.path = read_file_name(r, entry);
	else if (yaml_read_text(&r->yaml, entry, &text) &&
		 !config_parse_size(text, SPOOL_MIN, CONFIG_SIZE_MAX, &r->output->spool.size))
		yaml_error(&r->yaml, entry->value,
			   "`size` takes bytes from 256K to 1024G, as in 512M, not %s",
			   YAML_QUOTE(text));
}

static void read_spool(struct config_reader *r, const struct yaml_entry *entry)
{
	static const char *const names[] = { "path", "size" };
	const struct yaml_node *seen[ARRAY_SIZE(names)] = { 0 };

	if (entry->value->kind != YAML_MAP) {
		yaml_error(&r->yaml, entry->value,
			   "`spool` must be a mapping, `{ path: ..., size: ... }`, not %s",
			   yaml_kind_name(entry->value));
		return;
	}
	yaml_read_map(&r->yaml, entry->value, "a spool", names, ARRAY_SIZE(names), seen,
		      read_spool_key, r);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!seen[i])
			yaml_error(&r->yaml, entry->value, "a spool has no `%s`", names[i]);
	}
}

static void read_brokers(struct config_reader *r, const struct yaml_entry *entry)
{
	_cleanup_buf_ struct buf all = { 0 };
	struct text text;

	if (entry->value->kind != YAML_LIST) {
		r->output->brokers = yaml_read_string(&r->yaml, entry);
		return;
	}
	yaml_for_each(item, entry->value)
	{
		if (!yaml_read_text(&r->yaml, &(struct yaml_entry){ entry->name, item, item },
				    &text))
			return;
		buf_adds(&all, all.len ? "," : "");
		buf_add(&all, text.s, text.len);
	}
	if (!all.len)
		yaml_error(&r->yaml, entry->value, "`brokers` is empty");
	r->output->brokers = all.len ? strdup(all.data) : NULL;
	r->yaml.nomem |= all.failed || (all.len && !r->output->brokers);
}

static void read_topic(struct config_reader *r, const struct yaml_entry *entry)
{
	r->output->topic = yaml_read_string(&r->yaml, entry);
}

static void read_key_of_kafka(struct config_reader *r, const struct yaml_entry *entry)
{
	static const char *const words[] = { "host", "session", "rule" };
	size_t i;

	if (yaml_read_word(&r->yaml, entry, "keys", words, ARRAY_SIZE(words), &i))
		r->output->key = SINK_BY_HOST + i;
}

static void read_address(struct config_reader *r, const struct yaml_entry *entry)
{
	struct address address;
	struct err err;

	r->output->address = yaml_read_string(&r->yaml, entry);
	if (r->output->address && address_parse(r->output->address, &address, &err))
		yaml_error(&r->yaml, entry->value, "`%s` is no address of an output: %s",
			   r->output->address, err.msg);
}

enum { KEY_TYPE, KEY_NAME, KEY_PATH, KEY_FORMAT, KEY_SPOOL, KEY_SASL };

/* A row for each key; `only`: just of those types that take it. */
static const struct output_key {
	const char *name;
	void (*read)(struct config_reader *r, const struct yaml_entry *entry);
	enum sink_key only;
} keys[] = {
	[KEY_TYPE] = { .name = "type", .read = read_type },
	[KEY_NAME] = { .name = "name", .read = read_name },
	[KEY_PATH] = { .name = "path", .read = read_path, .only = SINK_KEY_PATH },
	[KEY_FORMAT] = { .name = "format", .read = read_format },
	[KEY_SPOOL] = { .name = "spool", .read = read_spool, .only = SINK_KEY_SPOOL },
	[KEY_SASL] = { .name = "sasl", .read = config_read_sasl, .only = SINK_KEY_SASL },
	{ .name = "rotate", .read = config_read_rotate, .only = SINK_KEY_ROTATE },
	{ .name = "level", .read = read_level },
	{ .name = "queue", .read = read_queue },
	{ .name = "address", .read = read_address, .only = SINK_KEY_ADDRESS },
	{ .name = "ca_file", .read = read_ca_file, .only = SINK_KEY_CA_FILE },
	{ .name = "url", .read = read_url, .only = SINK_KEY_URL },
	{ .name = "headers_file", .read = read_headers_file, .only = SINK_KEY_HEADERS_FILE },
	{ .name = "template", .read = read_template, .only = SINK_KEY_TEMPLATE },
	{ .name = "brokers", .read = read_brokers, .only = SINK_KEY_BROKERS },
	{ .name = "topic", .read = read_topic, .only = SINK_KEY_TOPIC },
	{ .name = "key", .read = read_key_of_kafka, .only = SINK_KEY_KEY },
	{ .name = "key_file", .read = read_key_file, .only = SINK_KEY_KEY_FILE },
};

#define NR_KEYS ARRAY_SIZE(keys)
_Static_assert(NR_KEYS <= YAML_KEYS_MAX, "yaml_read_map() has room for every key");

static void read_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	struct config_reader *r = ctx;

	keys[row].read(r, entry);
}

/* Are the keys those of its type? */
static void check_keys(struct config_reader *r, const struct yaml_node *node,
		       const struct yaml_node *const *seen)
{
	const struct sink_ops *ops = r->output->ops;
	enum sink_format format = r->output->format;

	if (format > SINK_JSON && (ops->json_only || r->output->template))
		yaml_error(&r->yaml, seen[KEY_FORMAT], "%s takes `json`, and no other format",
			   ops->json_only ? "a console" : "a template");
	for (size_t i = 0; i < NR_KEYS; i++) {
		if (ops->needs & keys[i].only && !seen[i])
			yaml_error(&r->yaml, node, "an output of type `%s` has no `%s`", ops->type,
				   keys[i].name);
		if (seen[i] && keys[i].only && !(ops->takes & keys[i].only))
			yaml_error(&r->yaml, seen[i], "an output of type `%s` has no `%s`",
				   ops->type, keys[i].name);
	}
}

/* Is it another one than those before it? */
static void check_unique(struct config_reader *r, const struct yaml_node *node,
			 const struct yaml_node *const *seen)
{
	const struct sink_config *o = r->output;

	for (const struct sink_config *other = r->config->outputs.list; other < o; other++) {
		if (o->name && other->name && str_eq(o->name, other->name))
			yaml_error(&r->yaml, seen[KEY_NAME], "two outputs have this `name`");
		if (o->spool.path && other->spool.path && str_eq(o->spool.path, other->spool.path))
			yaml_error(&r->yaml, seen[KEY_SPOOL], "two outputs have this `spool`");
		if (o->path && other->path && str_eq(o->path, other->path))
			yaml_error(&r->yaml, seen[KEY_PATH], "two outputs have this `path`");
		if (config_rotates_to(o, other->path) || config_rotates_to(other, o->path))
			yaml_error(&r->yaml, seen[KEY_PATH],
				   "the file of one output would be rotated to that of another");
		if (o->ops && o->ops == other->ops && !o->path && !other->path &&
		    str_eq(o->ops->type, "stdout"))
			yaml_error(&r->yaml, node, "two outputs of type `stdout`");
	}
}

static void read_output(struct config_reader *r, const struct yaml_node *node)
{
	const struct yaml_node *seen[NR_KEYS] = { 0 };
	const char *names[NR_KEYS];

	if (node->kind != YAML_MAP) {
		yaml_error(&r->yaml, node, "an output must be a mapping, not %s",
			   yaml_kind_name(node));
		return;
	}
	for (size_t i = 0; i < NR_KEYS; i++)
		names[i] = keys[i].name;
	yaml_read_map(&r->yaml, node, "an output", names, NR_KEYS, seen, read_key, r);
	if (!seen[KEY_TYPE])
		yaml_error(&r->yaml, node, "an output has no `type`");
	if (!r->output->ops)
		return;
	check_keys(r, node, seen);
	config_check_sasl(r, seen[KEY_SASL]);
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
	for (size_t i = 0; i < c->outputs.count; i++)
		sink_config_fini(&c->outputs.list[i]);
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
		if (sinks[i].ops && (sinks[i].ops->json_only || sinks[i].template))
			sinks[i].format = SINK_JSON;
		else if (sinks[i].format == SINK_AUTO)
			sinks[i].format = c->format;
	}
	return MAX(c->outputs.count, 1);
}

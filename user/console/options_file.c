// SPDX-License-Identifier: GPL-2.0-only
/* `--config FILE`: what options say, from a file; those on the command line count more. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "console/options.h"
#include "yaml/yaml_read.h"

struct reading {
	struct yaml_reader reader;
	struct options *options;
	const char *folder; /* of the file */
	int folder_len;
};

/* In memory that lives as long as the options. */
static const char *keep(struct options *o, const char *folder, int folder_len, const char *value)
{
	size_t size = folder_len + strlen(value) + 1;
	char *copy = arena_alloc(&o->arena, size);

	if (copy)
		snprintf(copy, size, "%.*s%s", folder_len, folder, value);
	return copy;
}

static void read_value(struct reading *r, const struct option *option, const struct yaml_entry *e)
{
	_cleanup_free_ char *value = yaml_read_string(&r->reader, e);
	bool relative = value && option->is_file && *value != '/';
	struct err err = { "" };
	const char *kept;

	if (!value)
		return;
	kept = keep(r->options, r->folder, relative ? r->folder_len : 0, value);
	if (!kept)
		r->reader.nomem = true;
	else if (option->set(r->options, kept, &err))
		yaml_error(&r->reader, e->value, "%s", err.msg);
}

static void read_key(void *ctx, size_t row, const struct yaml_entry *e)
{
	struct reading *r = ctx;
	const struct option *option = &options_of_file()[row];
	bool yes = false;

	if (option->argument)
		read_value(r, option, e);
	else if (yaml_read_bool(&r->reader, e, &yes) && yes)
		option->set(r->options, NULL, NULL);
}

static int read_document(struct options *o, struct yaml_document *doc)
{
	const char *slash = strrchr(doc->path, '/');
	struct reading r = { .reader = { .doc = doc },
			     .options = o,
			     .folder = doc->path,
			     .folder_len = slash ? slash - doc->path + 1 : 0 };
	const char *names[YAML_KEYS_MAX];
	size_t nr = 0;

	for (const struct option *one = options_of_file(); one->name; one++)
		names[nr++] = one->name + strlen("--");
	if (doc->tree.root && doc->tree.root->kind == YAML_MAP)
		yaml_read_map(&r.reader, doc->tree.root, "the configuration", names, nr, NULL,
			      read_key, &r);
	else if (doc->tree.root)
		yaml_error(&r.reader, doc->tree.root, "a configuration is a mapping, not %s",
			   yaml_kind_name(doc->tree.root));
	return r.reader.nomem ? -ENOMEM : 0;
}

int options_read_file(struct options *o, const char *path, struct err *err)
{
	struct yaml_documents docs = { 0 };
	_cleanup_buf_ struct buf messages = { 0 };
	struct stat st;
	int res = yaml_documents_load(&docs, path, &st);

	if (!res) {
		res = read_document(o, docs.first) ?: yaml_documents_show(&docs, &messages);
	} else if (docs.first) {
		yaml_documents_show(&docs, &messages);
	}
	yaml_documents_fini(&docs);
	if (messages.len && !messages.failed)
		fputs(messages.data, stderr);
	return res ? err_set(err, -EINVAL, "%s cannot be used: nothing was done", path) : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "sink/sink_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/stamp.h"
#include "base/util.h"

const char *const sink_format_names[NR_SINK_FORMATS] = {
	[SINK_JSON] = "json", [SINK_TEXT] = "text", [SINK_ECS] = "ecs",
	[SINK_OCSF] = "ocsf", [SINK_CEF] = "cef",   [SINK_OTLP] = "otlp"
};

/* All text in it but literals. */
static const size_t texts[] = {
	offsetof(struct sink_config, name),
	offsetof(struct sink_config, path),
	offsetof(struct sink_config, address),
	offsetof(struct sink_config, ca_file),
	offsetof(struct sink_config, url),
	offsetof(struct sink_config, brokers),
	offsetof(struct sink_config, topic),
	offsetof(struct sink_config, sasl.user),
	offsetof(struct sink_config, headers_file),
	offsetof(struct sink_config, template),
	offsetof(struct sink_config, key_file),
	offsetof(struct sink_config, spool.path),
	offsetof(struct sink_config, sasl.password_file),
};

static const char **text_at(struct sink_config *config, size_t i)
{
	return (const char **)((char *)config + texts[i]);
}

static const char *text_of(const struct sink_config *config, size_t i)
{
	return *text_at((struct sink_config *)config, i);
}

int sink_config_copy(const struct sink_config *config, struct sink_config *out)
{
	bool failed = false;

	*out = *config;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		const char *text = text_of(config, i);

		*text_at(out, i) = text ? strdup(text) : NULL;
		failed |= text && !text_of(out, i);
	}
	if (failed)
		sink_config_fini(out);
	return failed ? -ENOMEM : 0;
}

void sink_config_fini(struct sink_config *config)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		free((char *)text_of(config, i));
		*text_at(config, i) = NULL;
	}
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? str_eq(a, b) : a == b;
}

bool sink_config_equal(const struct sink_config *a, const struct sink_config *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (!same_text(text_of(a, i), text_of(b, i)))
			return false;
	}
	return a->ops == b->ops && a->rotation.size == b->rotation.size &&
	       a->rotation.age_s == b->rotation.age_s && a->rotation.keep == b->rotation.keep &&
	       a->key == b->key && same_text(a->sasl.mechanism, b->sasl.mechanism) &&
	       a->spool.size == b->spool.size && a->spool.sender == b->spool.sender &&
	       a->format == b->format && a->level == b->level && a->queue == b->queue;
}

uint64_t sink_config_stamp(const struct sink_config *config)
{
	const char *const files[] = { config->ca_file, config->headers_file, config->template,
				      config->key_file, config->sasl.password_file };
	const char *given[ARRAY_SIZE(files)];
	size_t n = 0;

	/* The name of a template that is built in is no file's. */
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (files[i] && !str_eq(files[i], "slack"))
			given[n++] = files[i];
	}
	return stamp_of(given, n);
}

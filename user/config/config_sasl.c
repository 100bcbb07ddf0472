// SPDX-License-Identifier: GPL-2.0-only
/* The key `sasl` of an output: who the tracer is to its receiver. */
#include <stdlib.h>

#include "base/util.h"
#include "config/config_priv.h"

enum { SASL_MECHANISM, SASL_USER, SASL_PASSWORD_FILE };

static const char *const sasl_keys[] = { "mechanism", "user", "password_file" };
static const char *const mechanisms[] = { "SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN" };

static void read_sasl_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	struct config_reader *r = ctx;
	struct sink_sasl *sasl = &r->output->sasl;
	struct text text;
	size_t i;

	switch (row) {
	case SASL_MECHANISM:
		if (yaml_read_word(&r->yaml, entry, "mechanisms", mechanisms,
				   ARRAY_SIZE(mechanisms), &i))
			sasl->mechanism = mechanisms[i];
		break;
	case SASL_USER:
		sasl->user = yaml_read_string(&r->yaml, entry);
		break;
	case SASL_PASSWORD_FILE:
		if (yaml_read_text(&r->yaml, entry, &text))
			sasl->password_file = config_path(r, text);
	}
}

void config_read_sasl(struct config_reader *r, const struct yaml_entry *entry)
{
	const struct yaml_node *seen[ARRAY_SIZE(sasl_keys)] = { 0 };

	if (entry->value->kind != YAML_MAP) {
		yaml_error(&r->yaml, entry->value,
			   "`sasl` must be a mapping, `{ mechanism: SCRAM-SHA-512, user: ..., "
			   "password_file: ... }`, not %s",
			   yaml_kind_name(entry->value));
		return;
	}
	yaml_read_map(&r->yaml, entry->value, "`sasl`", sasl_keys, ARRAY_SIZE(sasl_keys), seen,
		      read_sasl_key, r);
	for (size_t i = 0; i < ARRAY_SIZE(sasl_keys); i++) {
		if (!seen[i])
			yaml_error(&r->yaml, entry->value, "`sasl` has no `%s`", sasl_keys[i]);
	}
}

void config_check_sasl(struct config_reader *r, const struct yaml_node *node)
{
	const struct sink_config *o = r->output;

	if (node && o->sasl.mechanism && str_eq(o->sasl.mechanism, "PLAIN") && !o->ca_file)
		yaml_error(&r->yaml, node,
			   "`PLAIN` would send the password for everybody to read: give a "
			   "`ca_file`, which turns on TLS");
}

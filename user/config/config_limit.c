// SPDX-License-Identifier: GPL-2.0-only
/* The key `rate_limit`, and the option that says the same in one word. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "config/config_priv.h"

#define BURST_MAX 1000000

enum { LIMIT_PER_RULE, LIMIT_BURST };

static const char *const limit_keys[] = { "per_rule", "burst" };

#define RATE_TAKES "a number of alerts in a second, a minute or an hour, as in 10/s, 5/m or 100/h"

static bool read_burst(struct text text, struct limit_rate *rate)
{
	return config_parse_count(text, BURST_MAX, &rate->burst);
}

int config_set_limit(struct config *c, const char *text)
{
	static const char burst[] = ",burst=";
	const char *comma = strchr(text, ',');
	size_t len = comma ? (size_t)(comma - text) : strlen(text);
	struct limit_rate rate;

	if (!config_parse_rate((struct text){ text, len }, &rate))
		return -EINVAL;
	if (comma) {
		if (!str_starts(comma, burst))
			return -EINVAL;
		comma += strlen(burst);
		if (!read_burst((struct text){ comma, strlen(comma) }, &rate))
			return -EINVAL;
	}
	c->limit = rate;
	return 0;
}

static void read_limit_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	struct config_reader *r = ctx;
	struct limit_rate *limit = &r->config->limit, rate;
	uint64_t burst = limit->burst;
	struct text text;

	if (!yaml_read_text(&r->yaml, entry, &text))
		return;
	if (row == LIMIT_BURST) {
		if (!read_burst(text, limit))
			yaml_error(&r->yaml, entry->value,
				   "`burst` takes a number of alerts from 1 to %d, not %s",
				   BURST_MAX, YAML_QUOTE(text));
		return;
	}
	if (!config_parse_rate(text, &rate)) {
		yaml_error(&r->yaml, entry->value, "`per_rule` takes " RATE_TAKES ", not %s",
			   YAML_QUOTE(text));
		return;
	}
	*limit = rate;
	/* Whichever of the two stands first. */
	if (burst)
		limit->burst = burst;
}

void config_read_limit(struct config_reader *r, const struct yaml_entry *entry)
{
	const struct yaml_node *seen[ARRAY_SIZE(limit_keys)] = { 0 };

	if (entry->value->kind != YAML_MAP) {
		yaml_error(&r->yaml, entry->value,
			   "`rate_limit` must be a mapping, `{ per_rule: 10/s, burst: 100 }`, not "
			   "%s",
			   yaml_kind_name(entry->value));
		return;
	}
	yaml_read_map(&r->yaml, entry->value, "`rate_limit`", limit_keys, ARRAY_SIZE(limit_keys),
		      seen, read_limit_key, r);
	if (!seen[LIMIT_PER_RULE])
		yaml_error(&r->yaml, entry->value, "`rate_limit` has no `per_rule`");
}

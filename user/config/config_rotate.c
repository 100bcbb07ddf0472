// SPDX-License-Identifier: GPL-2.0-only
/* The key `rotate` of an output: when a file is moved away, and how many of them are kept. */
#include <string.h>

#include "base/out_shift.h"
#include "base/util.h"
#include "config/config_priv.h"

#define SIZE_MIN_ (1ULL << 10)
#define AGE_MAX_S (3660ULL * 86400)
/* Where it is not said. */
#define KEEP 7

enum { ROTATE_SIZE, ROTATE_AGE, ROTATE_KEEP };

static const char *const rotate_keys[] = { "size", "age", "keep" };

static void read_rotate_key(void *ctx, size_t row, const struct yaml_entry *entry)
{
	struct config_reader *r = ctx;
	struct sink_rotation *rotation = &r->output->rotation;
	struct text text;
	uint64_t keep;

	if (!yaml_read_text(&r->yaml, entry, &text))
		return;
	if (row == ROTATE_SIZE &&
	    !config_parse_size(text, SIZE_MIN_, CONFIG_SIZE_MAX, &rotation->size))
		yaml_error(&r->yaml, entry->value,
			   "`size` takes bytes from 1K to 1024G, as in 100M, not %s",
			   YAML_QUOTE(text));
	if (row == ROTATE_AGE && !config_parse_age(text, AGE_MAX_S, &rotation->age_s))
		yaml_error(&r->yaml, entry->value,
			   "`age` takes a time from 1s to 3660d, as in 30m, 12h or 1d, not %s",
			   YAML_QUOTE(text));
	if (row != ROTATE_KEEP)
		return;
	if (config_parse_count(text, OUT_SHIFT_MAX, &keep))
		rotation->keep = (unsigned int)keep;
	else
		yaml_error(&r->yaml, entry->value,
			   "`keep` takes a number of files from 1 to %d, not %s", OUT_SHIFT_MAX,
			   YAML_QUOTE(text));
}

void config_read_rotate(struct config_reader *r, const struct yaml_entry *entry)
{
	const struct yaml_node *seen[ARRAY_SIZE(rotate_keys)] = { 0 };

	if (entry->value->kind != YAML_MAP) {
		yaml_error(&r->yaml, entry->value,
			   "`rotate` must be a mapping, `{ size: 100M, age: 1d, keep: 7 }`, not %s",
			   yaml_kind_name(entry->value));
		return;
	}
	r->output->rotation.keep = KEEP;
	yaml_read_map(&r->yaml, entry->value, "`rotate`", rotate_keys, ARRAY_SIZE(rotate_keys),
		      seen, read_rotate_key, r);
	if (!seen[ROTATE_SIZE] && !seen[ROTATE_AGE])
		yaml_error(&r->yaml, entry->value,
			   "`rotate` has neither `size` nor `age`: a file would never be rotated");
}

bool config_rotates_to(const struct sink_config *output, const char *path)
{
	size_t len = output->path ? strlen(output->path) : 0;

	return output->rotation.keep && len && path && str_starts(path, output->path) &&
	       path[len] == '.' && path[len + 1] &&
	       !path[len + 1 + strspn(path + len + 1, "0123456789")];
}

// SPDX-License-Identifier: GPL-2.0-only
#include "py/known_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* 6 MiB of them. */
#define KNOWN_MAX ((1u << 17) - 2)

static size_t slot_of(const struct known_names *k, uint64_t name, uint64_t file)
{
	size_t i =
		((name * 0x9e3779b97f4a7c15ULL) ^ (file * 0xc2b2ae3d27d4eb4fULL)) >> 20 & k->mask;

	while (k->list[i].name && (k->list[i].name != name || k->list[i].file != file))
		i = (i + 1) & k->mask;
	return i;
}

static int grow(struct known_names *k)
{
	struct known_names old = *k;
	size_t old_size = old.list ? old.mask + 1 : 0, size = old.list ? 2 * old_size : 4096;

	k->list = calloc(size, sizeof(*k->list));
	if (!k->list) {
		k->list = old.list;
		return -ENOMEM;
	}
	k->mask = size - 1;
	for (size_t i = 0; i < old_size; i++) {
		if (old.list[i].name)
			k->list[slot_of(k, old.list[i].name, old.list[i].file)] = old.list[i];
	}
	free(old.list);
	return 0;
}

struct known_name *known_names_get(struct known_names *k, uint64_t name, uint64_t file)
{
	/* There is no end of what a target can call its functions. */
	if (k->count >= KNOWN_MAX) {
		memset(k->list, 0, (k->mask + 1) * sizeof(*k->list));
		k->count = 0;
	}
	if (2 * (k->count + 1) > k->mask && grow(k))
		return NULL;
	return &k->list[slot_of(k, name, file)];
}

void known_names_put(struct known_names *k, struct known_name *entry, uint64_t name, uint64_t file,
		     bool wanted)
{
	*entry = (struct known_name){ name, file, wanted };
	k->count++;
}

bool known_names_has(const struct known_names *k, uint64_t name, uint64_t file)
{
	return k->list && k->list[slot_of(k, name, file)].name;
}

void known_names_fini(struct known_names *k)
{
	free(k->list);
	*k = (struct known_names){ 0 };
}

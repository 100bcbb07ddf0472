/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of names and files of code objects, by the addresses of their strs: each is asked
 * for by thousands.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct known_name {
	uint64_t name, file; /* name 0: free */
	bool wanted;
};

/* A hash table; all 0: empty. */
struct known_names {
	struct known_name *list;
	size_t count, mask;
};

/*
 * The entry of a name with a file (0: whatever it is), or a free one for it; NULL: there is no
 * memory.  Until the next call.
 */
struct known_name *known_names_get(struct known_names *k, uint64_t name, uint64_t file);
/* Fills a free entry. */
void known_names_put(struct known_names *k, struct known_name *entry, uint64_t name, uint64_t file,
		     bool wanted);
bool known_names_has(const struct known_names *k, uint64_t name, uint64_t file);
void known_names_fini(struct known_names *k);

/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that is given back all at once: everything decoded from one event lives in one arena. */
#pragma once

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;
	size_t limit; /* bytes that may be handed out in all; 0: no limit */
	size_t used;
};

/* Zeroed memory aligned for any type, or NULL when the limit is reached or there is no memory. */
void *arena_alloc(struct arena *a, size_t size);
/* As arena_alloc() for `count` items of `size` bytes; NULL on overflow. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* Forgets all that was handed out and keeps one block for the next use. */
void arena_reset(struct arena *a);
void arena_fini(struct arena *a);

// SPDX-License-Identifier: GPL-2.0-only
/* Going through a hash map of the kernel side. */
#include <string.h>

#include <bpf/libbpf.h>

#include "kern/kern_priv.h"

void kern_map_keep(const struct bpf_map *map, kern_key_fn stays, const void *ctx)
{
	size_t key_size = bpf_map__key_size(map), value_size = bpf_map__value_size(map);
	_Alignas(8) char key[KERN_ENTRY_MAX], next[KERN_ENTRY_MAX], value[KERN_ENTRY_MAX];
	bool more = !bpf_map__get_next_key(map, NULL, next, key_size);
	while (more) {
		/* What follows a key that is deleted cannot be asked for any more. */
		memcpy(key, next, key_size);
		more = !bpf_map__get_next_key(map, key, next, key_size);
		if (!bpf_map__lookup_elem(map, key, key_size, value, value_size, 0) &&
		    !stays(ctx, key, value))
			bpf_map__delete_elem(map, key, key_size, 0);
	}
}

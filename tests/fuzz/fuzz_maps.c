// SPDX-License-Identifier: GPL-2.0-only
/* The text files of /proc/PID that a target has a say in: the names of mappings, and of cgroups. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proc/procfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_maps maps;
	char *text = malloc(size + 1), *id;

	memcpy(text, data, size);
	text[size] = '\0';
	if (!proc_maps_parse(text, size, &maps)) {
		for (size_t i = 0; i < maps.count; i++) {
			if (maps.maps[i].start >= maps.maps[i].end ||
			    strlen(maps.maps[i].path) > size)
				abort();
		}
		proc_maps_fini(&maps);
	}
	id = proc_container_id(text);
	if (id && strlen(id) != 64)
		abort();
	free(id);
	free(text);
	return 0;
}

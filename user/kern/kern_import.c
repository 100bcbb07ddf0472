// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel side does for imports, see bpf/import.bpf.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kern/kern.h"
#include "kern/kern_priv.h"

struct bpf_program *kern_import_program(const struct kern *k, enum kern_import what)
{
	switch (what) {
	case KERN_IMPORT_MODULE:
		return k->skel->progs.import_module;
	case KERN_IMPORT_CODE:
		return k->skel->progs.import_code;
	case KERN_IMPORT_DONE:
		return k->skel->progs.import_done;
	}
	return NULL;
}

static bool is_ascii(const char *s)
{
	for (; *s; s++) {
		if (*s & 0x80)
			return false;
	}
	return true;
}

int kern_import_watch(struct kern *k, const char *module, uint32_t *number)
{
	const struct bpf_map *map = k->skel->maps.import_names;
	struct import_name name = { { 0 } };
	int ret;

	if (is_ascii(module))
		snprintf((char *)name.text, sizeof(name.text), "%s", module + (*module == '_'));
	else
		name.text[0] = IMPORT_NAME_OTHER;
	import_name_fold(&name, 0);
	if (!bpf_map__lookup_elem(map, &name, sizeof(name), number, sizeof(*number), 0))
		return 0;
	*number = k->nr_import_names;
	ret = bpf_map__update_elem(map, &name, sizeof(name), number, sizeof(*number), BPF_NOEXIST);
	k->nr_import_names += !ret;
	return ret;
}

_Static_assert(sizeof(struct import_name) <= KERN_ENTRY_MAX, "kern_map_keep() has room");
_Static_assert(sizeof(struct import) <= KERN_ENTRY_MAX, "kern_map_keep() has room");

struct wanted {
	kern_import_keep_fn is;
	const void *ctx;
};

/* kern_key_fn */
static bool is_wanted(const void *ctx, const void *key, const void *value)
{
	const struct wanted *wanted = ctx;
	uint32_t number;

	memcpy(&number, value, sizeof(number));
	return wanted->is(wanted->ctx, number);
}

void kern_import_keep(struct kern *k, kern_import_keep_fn wanted, const void *ctx)
{
	kern_map_keep(k->skel->maps.import_names, is_wanted, &(struct wanted){ wanted, ctx });
}

int kern_import_identify(const struct kern *k, int fd, struct import *import)
{
	return kern_file_identity(k, fd, &import->file);
}

bool kern_import_is_from(const struct kern *k, const struct import *import, int fd)
{
	struct import_file file;

	if (import->what == IMPORT_PYTHON || (import->what == IMPORT_C && !import->file.ino))
		return true;
	return !kern_file_identity(k, fd, &file) && file.ino == import->file.ino &&
	       file.dev == import->file.dev && file.generation == import->file.generation;
}

void kern_import_looked(struct kern *k, const struct import *import)
{
	__u8 value = 1;

	if (import->what != IMPORT_UNKNOWN)
		bpf_map__update_elem(k->skel->maps.imports_looked, import, sizeof(*import), &value,
				     sizeof(value), BPF_ANY);
}

/* kern_key_fn */
static bool is_of_another(const void *ctx, const void *key, const void *value)
{
	const uint32_t *group = ctx;
	struct import import;

	memcpy(&import, key, sizeof(import));
	return import.group != *group;
}

void kern_import_forget(struct kern *k, uint32_t group)
{
	kern_map_keep(k->skel->maps.imports_looked, is_of_another, &group);
}

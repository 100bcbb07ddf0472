// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where code objects end and change.  The file says where, not the process: what a process has in
 * its memory may be forged, and the probes cover all that run the file.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"
#include "py/interp.h"
#include "py/py_methods.h"

#define TP_DEALLOC 48 /* PyTypeObject (Include/cpython/object.h) */

static int by_addr(const void *key, const void *item)
{
	const uint64_t *addr = key;
	const struct elf_reloc *r = item;

	return *addr < r->addr ? -1 : *addr > r->addr;
}

/* A word of the file's data as the dynamic linker leaves it, less the load bias. */
static int data_word(const struct elf_file *elf, uint64_t addr, uint64_t *value)
{
	_cleanup_free_ struct elf_reloc *relocs = NULL;
	const struct elf_reloc *r = NULL;
	size_t count;
	int ret = elf_file_relative_relocs(elf, &relocs, &count);

	if (ret)
		return ret;
	if (count)
		r = bsearch(&addr, relocs, count, sizeof(*relocs), by_addr);
	if (!r)
		return elf_file_read(elf, addr, value, sizeof(*value));
	*value = r->value;
	return 0;
}

int py_sites_code_life(const struct elf_file *elf, struct py_site sites[PY_CODE_LIFE_SITES])
{
	struct py_function functions[PY_CODE_LIFE_SITES] = { { .nr_args = 1 }, { .nr_args = 2 } };
	uint64_t type;
	int ret = elf_file_symbol(elf, "PyCode_Type", &type, NULL);

	if (!ret)
		ret = data_word(elf, type + TP_DEALLOC, &functions[PY_CODE_FREED].addr);
	if (!ret && !elf_file_is_code(elf, functions[PY_CODE_FREED].addr))
		ret = -ENOENT;
	if (!ret)
		ret = py_method_in_file(elf, "_fix_co_filename", &functions[PY_CODE_RENAMED].addr);
	if (!ret)
		ret = py_sites_functions(elf, functions, PY_CODE_LIFE_SITES, sites);
	if (ret)
		return ret;
	snprintf(sites[PY_CODE_FREED].what, sizeof(sites->what), "code_dealloc");
	snprintf(sites[PY_CODE_RENAMED].what, sizeof(sites->what), "_imp._fix_co_filename");
	return 0;
}

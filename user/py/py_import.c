// SPDX-License-Identifier: GPL-2.0-only
/*
 * importlib has modules written in C made by the module _imp (Python/import.c): what it calls last
 * fills them in.
 */
#include <errno.h>
#include <stdio.h>

#include "base/util.h"
#include "py/interp.h"
#include "py/py_methods.h"

int py_sites_import(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		    struct err *err)
{
	static const char *const names[] = { "exec_dynamic", "exec_builtin" };

	/*
	 * They are looked up in the file, not in the process: a probe at a return replaces a word
	 * of the stack, which has to be a return address.
	 */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t addr;
		int ret = py_method_in_file(interp->elf, names[i], &addr);

		/* On the first instruction: a probe at its return is there as well. */
		if (!ret)
			ret = elf_file_offset(interp->elf, addr, &sites[i].offset);
		if (ret)
			return err_set(err, -EOPNOTSUPP,
				       "imports cannot be seen: _imp.%s is not to be found in %s",
				       names[i], interp->path);
		sites[i] = (struct py_site){ .offset = sites[i].offset, .addr = addr };
		snprintf(sites[i].what, sizeof(sites[i].what), "_imp.%s", names[i]);
	}
	*nr_sites = ARRAY_SIZE(names);
	return 0;
}

int py_sites_code(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		  struct err *err)
{
	uint64_t addr;

	*sites = (struct py_site){ .what = "PyEval_EvalCode" };
	if (elf_file_symbol(interp->elf, "PyEval_EvalCode", &addr, NULL) ||
	    elf_file_offset(interp->elf, addr, &sites->offset))
		return err_set(err, -EOPNOTSUPP,
			       "the code of modules is not seen: %s has no PyEval_EvalCode",
			       interp->path);
	sites->addr = addr;
	*nr_sites = 1;
	return 0;
}

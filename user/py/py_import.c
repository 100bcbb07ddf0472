// SPDX-License-Identifier: GPL-2.0-only
/* importlib has modules written in C made by the module _imp (Python/import.c): what it calls last fills them in. */
#include <errno.h>
#include <stdio.h>

#include "base/util.h"
#include "py/interp.h"
#include "py/py_methods.h"

int py_sites_import(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		    struct err *err)
{
	static const char *const names[] = { "exec_dynamic", "exec_builtin" };

	/* _imp itself is not there yet: every run of a module's code, and that of importlib, is a moment to look. */
	if (!interp->initialised) {
		struct py_function eval = { .nr_args = 0 };

		if (elf_file_symbol(interp->elf, "PyEval_EvalCode", &eval.addr, NULL) ||
		    py_sites_functions(interp->elf, &eval, 1, sites))
			return err_set(err, -EOPNOTSUPP,
				       "imports cannot be seen: %s has no PyEval_EvalCode",
				       interp->path);
		snprintf(sites[0].what, sizeof(sites[0].what), "PyEval_EvalCode");
		*nr_sites = 1;
		return 0;
	}
	/* They are looked up in the file, not in the process: a probe at a return replaces a word of the stack, which has to be
	 * a return address. */
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t addr;
		int ret = py_method_in_file(interp->elf, names[i], &addr);

		/* At a return the probe is on the function's first instruction. */
		if (!ret)
			ret = elf_file_offset(interp->elf, addr, &sites[i].offset);
		if (ret)
			return err_set(err, -EOPNOTSUPP,
				       "imports cannot be seen: _imp.%s is not to be found in %s",
				       names[i], interp->path);
		sites[i] = (struct py_site){ .offset = sites[i].offset,
					     .addr = addr,
					     .at_return = true };
		snprintf(sites[i].what, sizeof(sites[i].what), "_imp.%s", names[i]);
	}
	*nr_sites = ARRAY_SIZE(names);
	return 0;
}

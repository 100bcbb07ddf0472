// SPDX-License-Identifier: GPL-2.0-only
/* importlib has modules written in C made by the module _imp (Python/import.c): what it calls last fills them in. */
#include <errno.h>
#include <stdio.h>

#include "base/util.h"
#include "py/interp.h"
#include "py/py_cfunc.h"

int py_sites_import(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		    struct err *err)
{
	static const char *const names[] = { "exec_dynamic", "exec_builtin" };
	struct py_view view;

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
	py_view_init(&view, interp);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct py_cfuncs found = { 0 };
		int ret = py_cfuncs_find(&view, "_imp", names[i], &found, err);

		if (!ret && found.count) {
			struct elf_file *elf = interp->elf;
			uint64_t addr = found.list[0].meth - interp->proc.load_bias;

			/* At a return the probe is on the function's first instruction. */
			sites[i] = (struct py_site){ .addr = addr, .at_return = true };
			ret = elf_file_offset(elf, addr, &sites[i].offset);
			snprintf(sites[i].what, sizeof(sites[i].what), "_imp.%s", names[i]);
		}
		py_cfuncs_fini(&found);
		if (ret)
			return err_set(err, -EOPNOTSUPP,
				       "imports cannot be seen: _imp.%s is not to be found",
				       names[i]);
	}
	*nr_sites = ARRAY_SIZE(names);
	return 0;
}

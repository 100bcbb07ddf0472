// SPDX-License-Identifier: GPL-2.0-only
/*
 * Knowing an interpreter again in a process that has exec'ed it.  All its addresses are those of
 * one file, so they move together; where to, the first call of PyEval_EvalCode() tells, which runs
 * the frozen importlib at each start.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "py/interp.h"

/* _PyRuntime.interpreters: head, and behind it main. */
#define INTERPRETERS_MAIN 8

/*
 * Whether an address in the process is one of the interpreter's file, rather than of an executable
 * with a copy.
 */
static bool is_in_file(const struct py_interp *interp, uint64_t addr)
{
	size_t count;
	const struct elf_range *loads = elf_file_loads(interp->elf, &count);

	addr -= interp->proc.load_bias;
	for (size_t i = 0; i < count; i++) {
		/* What is zero at the start is not in the file. */
		if (addr >= loads[i].addr &&
		    (addr < loads[i].addr + loads[i].size || loads[i].write))
			return true;
	}
	return false;
}

int py_start_site(const struct elf_file *elf, struct py_site *site)
{
	struct py_function start = { .nr_args = 0 };
	uint64_t runtime;

	if (elf_file_symbol(elf, "_PyRuntime", &runtime, NULL) ||
	    elf_file_symbol(elf, "PyEval_EvalCode", &start.addr, NULL) ||
	    py_sites_functions(elf, &start, 1, site))
		return -EOPNOTSUPP;
	snprintf(site->what, sizeof(site->what), "PyEval_EvalCode");
	return 0;
}

int py_template_make(const struct py_interp *interp, struct py_template *image,
		     struct py_site *site)
{
	const struct py_proc *p = &interp->proc;

	*image = (struct py_template){ .proc = *p };
	image->main =
		interp->runtime + interp->runtime_layout.interpreters_head + INTERPRETERS_MAIN;
	for (size_t i = 0; i < NR_PY_ADDRESSES; i++) {
		if (p->addresses[i] && !is_in_file(interp, p->addresses[i]))
			return -EOPNOTSUPP;
	}
	if (!is_in_file(interp, interp->runtime))
		return -EOPNOTSUPP;
	if (py_start_site(interp->elf, site))
		return -EOPNOTSUPP;
	image->start = site->addr;
	return 0;
}

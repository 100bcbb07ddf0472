// SPDX-License-Identifier: GPL-2.0-only
#include "probe/probe_kind.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/*
 * In the order of preference: from what costs nothing but at calls of the watched function to what
 * costs at every call.  frame costs a third less a call than usdt: CPython prepares the probe's
 * arguments, and a second branch leads to it.  What sees some calls only comes last, for what
 * nothing else sees.
 */
static const struct probe_kind kinds[] = {
	{
		PROBE_DIRECT,
		"direct",
		.programs = { { PY_ENTRY_MAIN, .name = "direct_entry" } },
		.c = true,
		.wide = true,
		.cost = "nothing but at calls of the function",
	},
	{
		PROBE_AUDIT,
		"audit",
		py_sites_audit,
		.programs = { { PY_ENTRY_MAIN, .name = "audit_usdt" },
			      { PY_ENTRY_AUDIT_CALL, .name = "audit_call" },
			      { PY_ENTRY_AUDIT_PYTHON, .name = "audit_python" } },
		.audit = true,
		.wide = true,
		.cost = "nothing but at audited operations",
	},
	{
		PROBE_ARM,
		"arm",
		py_sites_arm,
		.programs = { { PY_ENTRY_MAIN, .name = "arm_entry" },
			      { PY_ENTRY_MAIN, .hot = true, .name = "arm_hot" },
			      { PY_ENTRY_ARM_INSTRUMENT, .name = "arm_instrument" },
			      { PY_ENTRY_ARM_INSTRUMENTED, .name = "arm_instrumented" },
			      { PY_ENTRY_ARM_START, .name = "arm_start" } },
		.python = true,
		.wide = true,
		.arms = true,
		.cost = "nothing but at calls of the function",
	},
	{
		PROBE_FRAME,
		"frame",
		py_sites_frame,
		.programs = { { PY_ENTRY_MAIN, .name = "frame_entry" } },
		.python = true,
		.cost = "one trap a Python call",
	},
	{
		PROBE_USDT,
		"usdt",
		py_sites_usdt,
		.programs = { { PY_ENTRY_MAIN, .name = "frame_entry" } },
		.python = true,
		.cost = "one trap a Python call",
	},
	{
		PROBE_CALL,
		"call",
		py_sites_call,
		.programs = { { PY_ENTRY_MAIN, .name = "call_entry" } },
		.python = true,
		.c = true,
		.partial = true,
		.cost = "one trap a PyObject_Call",
	},
};
_Static_assert(ARRAY_SIZE(kinds) == NR_PROBES - 1, "each kind has a row, but for PROBE_NONE");

const struct probe_kind *probe_kind(enum phrude_probe probe)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].probe == probe)
			return &kinds[i];
	}
	return NULL;
}

const struct probe_kind *probe_kind_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (str_eq(kinds[i].name, name))
			return &kinds[i];
	}
	return NULL;
}

const struct probe_kind *probe_kind_preferred(size_t n)
{
	return n < ARRAY_SIZE(kinds) ? &kinds[n] : NULL;
}

static int compare_names(const void *a, const void *b)
{
	const struct probe_kind *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

size_t probe_kinds_by_name(const struct probe_kind **list)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		list[i] = &kinds[i];
	qsort(list, ARRAY_SIZE(kinds), sizeof(*list), compare_names);
	return ARRAY_SIZE(kinds);
}

bool probe_program_fits(const struct probe_program *program, const struct py_site *site)
{
	return program->entry == site->entry && (!program->hot || site->role == PY_SITE_HOT);
}

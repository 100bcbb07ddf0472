// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where audit events can be seen.  The probe python:audit has all of them, ready-made; a build
 * without it has PySys_Audit(), _PySys_Audit() where its name was not stripped, and sys.audit(),
 * which ends early without hooks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "elf/elf_usdt.h"
#include "elf/usdt_arg.h"
#include "py/interp.h"
#include "py/py_methods.h"

#define AUDIT_NR_ARGS 6

static int usdt_sites(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites)
{
	_cleanup_free_ struct elf_usdt *found = NULL;
	size_t count;
	int ret = elf_usdt_find(interp->elf, "python", "audit", &found, &count);

	if (ret)
		return ret;
	if (count > PY_SITES_MAX)
		return -EPROTO;
	for (size_t i = 0; i < count; i++) {
		struct py_site *s = &sites[i];

		*s = (struct py_site){ .addr = found[i].addr,
				       .offset = found[i].offset,
				       .semaphore = found[i].semaphore,
				       .emulated = true }; /* a nop */
		for (unsigned int n = 0; n < 2; n++) {
			struct usdt_arg arg;

			ret = usdt_arg_parse(found[i].args, n, &arg);
			if (ret || arg.size != 8)
				return -EPROTO;
			s->cookie |= phrude_cookie_usdt_arg(n, arg.reg, arg.memory, arg.disp);
		}
		snprintf(s->what, sizeof(s->what), "audit");
	}
	*nr_sites = count;
	return 0;
}

static int call_sites(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites)
{
	static const struct {
		const char *name;
		uint8_t event_arg;
	} symbols[] = { { "PySys_Audit", 0 }, { "_PySys_Audit", 1 } };
	struct py_function functions[ARRAY_SIZE(symbols)];
	uint8_t event_args[ARRAY_SIZE(symbols)];
	size_t n = 0;
	int ret;

	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		if (elf_file_symbol(interp->elf, symbols[i].name, &functions[n].addr, NULL))
			continue;
		functions[n].nr_args = AUDIT_NR_ARGS;
		event_args[n++] = symbols[i].event_arg;
	}
	if (!n)
		return -ENOENT;
	ret = py_sites_functions(interp->elf, functions, n, sites);
	for (size_t i = 0; i < n && !ret; i++) {
		sites[i].entry = PY_ENTRY_AUDIT_CALL;
		sites[i].cookie = phrude_cookie_audit(event_args[i], sites[i].stack);
		snprintf(sites[i].what, sizeof(sites[i].what), "%s", symbols[event_args[i]].name);
	}
	*nr_sites = n;
	return ret;
}

/*
 * sys.audit() itself: what Python code raises.  It takes a vector (METH_FASTCALL) in all versions.
 */
static int python_site(const struct py_interp *interp, struct py_site *site)
{
	struct py_function audit = { .nr_args = 3 };
	int ret = py_method_in_file(interp->elf, "audit", &audit.addr);

	if (!ret)
		ret = py_sites_functions(interp->elf, &audit, 1, site);
	if (ret)
		return ret;
	site->entry = PY_ENTRY_AUDIT_PYTHON;
	site->cookie = 0;
	snprintf(site->what, sizeof(site->what), "sys.audit");
	return 0;
}

int py_sites_audit(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		   struct err *err)
{
	size_t n = 0;

	if (!usdt_sites(interp, sites, nr_sites))
		return 0;
	if (call_sites(interp, sites, &n))
		return err_set(
			err, -EOPNOTSUPP,
			"%s has neither the probe python:audit (--with-dtrace) nor PySys_Audit",
			interp->path);
	if (!python_site(interp, &sites[n]))
		n++;
	*nr_sites = n;
	return 0;
}

const char *py_audit_unseen(const struct py_interp *interp)
{
	struct py_site sites[PY_SITES_MAX];
	uint64_t addr;
	size_t n;

	if (!usdt_sites(interp, sites, &n))
		return NULL;
	if (interp->facts->audits_locally &&
	    elf_file_symbol(interp->elf, "_PySys_Audit", &addr, NULL))
		return "events that the interpreter's core raises (import, exec, compile, "
		       "sys._getframe) cannot be seen: "
		       "it was built without the probe python:audit, and the name of its function "
		       "was stripped";
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A function is armed while its code enters at a handler that hardly any other code uses.
 *
 * 3.12 and later: INSTRUMENTED_RESUME stands in place of RESUME, as
 * sys.monitoring.set_local_events() would put it there, but without a tool that wants the event:
 * _Py_call_instrumentation() finds none and returns. Instrumented code needs its _co_monitoring,
 * which _Py_Instrument() allocates; it is called when a code object enters whose
 * _co_instrumentation_version is not the current one (Python/bytecodes.c,
 * Python/instrumentation.c).
 *
 * 3.11: RESUME stands where it was before the code was warm, and co_warmup, at 0, never counts up
 * to being warm again (_PyCode_Warmup(), Include/internal/pycore_code.h).
 *
 * A function that is not armed is noticed at its first run: from 3.13 on, and in 3.11, because it
 * then enters at the handler of RESUME, which specialises itself away; in 3.12 because its
 * instrumentation version is not the current one, once that is not the initial one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "py/dispatch.h"
#include "py/insn.h"
#include "py/interp.h"
#include "py/py_sites_opcache.h"
#include "py/remote.h"

#define WALK_INSNS 48

/* The first call on the straight way from `addr`. */
static int find_call(const struct py_interp *interp, struct insn_decoder *d, uint64_t addr,
		     struct insn *in)
{
	for (int i = 0; i < WALK_INSNS && !insn_decode_at(d, interp->elf, addr, in); i++) {
		if (in->call)
			return 0;
		if (in->leaves && (!in->has_target || in->if_equal || in->if_different))
			return -ENOENT;
		addr = in->leaves ? in->target : addr + in->len;
	}
	return -ENOENT;
}

/*
 * The handler of RESUME compares the code's version with the current one; if they differ, it calls
 * _Py_Instrument().
 */
static int find_instrument(const struct py_interp *interp, struct insn_decoder *d, uint64_t addr,
			   struct insn *in)
{
	bool compared = false;

	for (int i = 0; i < WALK_INSNS && !insn_decode_at(d, interp->elf, addr, in);
	     i++, addr += in->len) {
		if (in->compares && in->compare_disp == interp->proc.layout.code_instr_version)
			compared = true;
		if (!in->leaves)
			continue;
		if (compared && in->if_equal)
			return find_call(interp, d, addr + in->len, in);
		if (compared && in->if_different)
			return find_call(interp, d, in->target, in);
		return -ENOENT;
	}
	return -ENOENT;
}

/*
 * 3.11: where co_warmup has been counted and stored, so that another value stays; not where it is
 * 0, which is jumped over.
 */
static int find_counted(const struct py_interp *interp, struct insn_decoder *d, uint64_t addr,
			struct insn *in)
{
	bool stored = false;

	for (int i = 0; i < WALK_INSNS && !insn_decode_at(d, interp->elf, addr, in);
	     i++, addr += in->len) {
		if (stored && in->cost == INSN_EMULATED)
			return 0;
		if (in->leaves && (stored || !(in->if_equal || in->if_different)))
			return -ENOENT;
		stored |= in->part == sizeof(uint16_t) &&
			  in->part_disp == interp->proc.layout.code_warmup;
	}
	return -ENOENT;
}

/* Where the handler of RESUME has a function that is not armed and enters for the first time. */
static int first_run_site(const struct py_interp *interp, struct insn_decoder *d, uint64_t handler,
			  struct py_site *site)
{
	const struct py_layout *l = &interp->proc.layout;
	bool warms = l->code_warmup != PY_NO_FIELD;
	struct insn in;
	int ret;

	ret = warms ? find_counted(interp, d, handler, &in)
		    : find_instrument(interp, d, handler, &in);
	if (ret)
		return ret;
	if (in.cost == INSN_REFUSED)
		return -ENOENT;
	*site = (struct py_site){
		.role = PY_SITE_FIRST,
		.addr = in.addr,
		.emulated = in.cost == INSN_EMULATED,
		.cookie = phrude_cookie(COOKIE_REG_NONE, COOKIE_REG_NONE,
					COOKIE_F_RESUME | COOKIE_F_ARMS |
						(warms ? COOKIE_F_SILENT : COOKIE_F_FALLBACK)),
		.what = "RESUME of new code",
	};
	return elf_file_offset(interp->elf, site->addr, &site->offset);
}

/*
 * 3.12: _Py_Instrument() itself.  When the process's own monitoring or tracing of a function ends
 * it may leave a plain RESUME there, which nobody looks at: a function is armed again on return.
 */
static int instrument_sites(const struct py_interp *interp, struct insn_decoder *d,
			    uint64_t handler, struct py_site sites[2])
{
	struct insn in;
	int ret = find_instrument(interp, d, handler, &in);

	if (ret || !in.has_target)
		return -ENOENT;
	sites[0] = (struct py_site){ .role = PY_SITE_FIRST,
				     .addr = in.target,
				     .emulated = true,
				     .entry = PY_ENTRY_ARM_INSTRUMENT,
				     .what = "_Py_Instrument" };
	ret = elf_file_offset(interp->elf, in.target, &sites[0].offset);
	sites[1] = sites[0];
	sites[1].at_return = true;
	sites[1].entry = PY_ENTRY_ARM_INSTRUMENTED;
	return ret;
}

/*
 * 3.12: what each interpreter calls before any other Python code of it runs, sub-interpreters and
 * those that were exec'ed included. Their monitoring version is 0, as new code has it, so that
 * nothing new would be noticed.
 */
static int start_site(const struct py_interp *interp, struct py_site *site)
{
	int ret = py_start_site(interp->elf, site);

	site->role = PY_SITE_FIRST;
	site->entry = PY_ENTRY_ARM_START;
	return ret;
}

/*
 * 3.13 and later: RESUME itself.  A function is armed there before its version is looked at, so
 * that it is brought up to date and enters anew: the probe has to come before that.
 */
static int entry_arms(const struct py_interp *interp, struct insn_decoder *d, uint64_t handler,
		      struct py_site *site)
{
	struct insn in;

	for (uint64_t at = handler; at < site->addr; at += in.len) {
		if (insn_decode_at(d, interp->elf, at, &in) || in.leaves ||
		    (in.compares && in.compare_disp == interp->proc.layout.code_instr_version))
			return -ENOENT;
	}
	site->cookie |= COOKIE_F_ARMS;
	return 0;
}

static int resume_sites(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites)
{
	const struct py_layout *l = &interp->proc.layout;
	_cleanup_(insn_decoder_freep) struct insn_decoder *d = NULL;
	struct dispatch table;
	uint64_t handler;
	int ret;

	ret = insn_decoder_new(&d);
	if (!ret)
		ret = dispatch_find(interp->elf, interp->facts, &table);
	if (ret)
		return ret;
	handler = table.target[interp->facts->resume[0].number];
	if (l->resume_hot && l->code_warmup == PY_NO_FIELD)
		return entry_arms(interp, d, handler, &sites[0]);
	if (*nr_sites + 4 > PY_SITES_MAX)
		return -ENOSPC;
	ret = first_run_site(interp, d, handler, &sites[(*nr_sites)++]);
	if (!ret && !l->resume_hot) {
		ret = instrument_sites(interp, d, handler, &sites[*nr_sites]);
		*nr_sites += 2;
		if (!ret)
			ret = start_site(interp, &sites[(*nr_sites)++]);
	}
	return ret;
}

bool py_runs_beside(const struct py_interp *interp)
{
	const struct py_runtime_layout *rt = &interp->runtime_layout;
	uint64_t head, next;

	return interp->facts->gil_each &&
	       !remote_read_u64(interp->pid, interp->runtime + rt->interpreters_head, &head) &&
	       head && !remote_read_u64(interp->pid, head + rt->interp_next, &next) && next;
}

/* Completes the sites of the kind frame. */
static int complete_sites(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
			  struct err *err)
{
	size_t entries = 0, hot = 0;

	if (interp->facts->entry == PY_ENTRY_EVAL) {
		if (py_sites_opcache(interp, sites, nr_sites))
			return err_set(err, -EOPNOTSUPP,
				       "functions cannot be armed in %s: the code of "
				       "_PyEval_EvalFrameDefault is not of a known form",
				       interp->path);
		return 0;
	}
	for (size_t i = 0; i < *nr_sites; i++) {
		entries += sites[i].role == PY_SITE_ENTRY;
		hot += sites[i].role == PY_SITE_HOT;
	}
	if (!entries || !hot)
		return err_set(
			err, -EOPNOTSUPP,
			"functions cannot be armed in %s: the handlers of RESUME share their code",
			interp->path);
	if (resume_sites(interp, sites, nr_sites))
		return err_set(err, -EOPNOTSUPP,
			       "functions cannot be armed in %s: the code of RESUME is not of a "
			       "known form",
			       interp->path);
	return 0;
}

int py_sites_arm(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		 struct err *err)
{
	int ret;

	if (!(interp->proc.layout.features & PY_F_ARM))
		return err_set(err, -EOPNOTSUPP, "functions of CPython 3.%u cannot be armed",
			       interp->minor);
	if (py_runs_beside(interp))
		return err_set(err, -EOPNOTSUPP,
			       "functions of process %d cannot be armed: it has sub-interpreters, "
			       "which may "
			       "run at once",
			       interp->pid);
	ret = py_sites_frame(interp, sites, nr_sites, err);
	return ret ? ret : complete_sites(interp, sites, nr_sites, err);
}

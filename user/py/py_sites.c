// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choosing the instructions to probe.  A probe costs some 0.5 us on an instruction that the kernel
 * emulates and up to forty times that on one that it steps through, so it goes on the first cheap
 * instruction of the straight line of code that a call begins with, if nothing enters that line in
 * between.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "elf/elf_usdt.h"
#include "py/code_refs.h"
#include "py/dispatch.h"
#include "py/insn.h"
#include "py/interp.h"

#define HEAD_INSNS 32 /* of the straight line that are looked at */

/* A place under consideration. */
struct candidate {
	const char *what;
	enum py_site_role role;
	uint64_t start;
	uint64_t cheap; /* address of the cheap instruction; `start` if there is none */
	bool start_cheap;
	/*
	 * What the probe needs from the registers, and the place in the frame that it can be read
	 * from instead.
	 */
	uint8_t frame_reg, instr_reg;
	/*
	 * It may be a leaf function, with data below the stack pointer.  Newer kernels put a call
	 * in place of a nop of five bytes, which writes there: only at the very start is nothing
	 * there to lose.
	 */
	bool may_be_leaf;
	/* where the stack pointer is, counted from the function's entry, must be known */
	bool count_stack;
	uint32_t stack;		   /* at `cheap` */
	bool stored_before_cheap;  /* instr_reg's value is in the frame there */
	struct code_window window; /* from start to cheap */
};

/*
 * The first store of a register at `disp` from another one tells which hold the instruction and the
 * frame.
 */
static int find_registers(const struct elf_file *ef, struct insn_decoder *d, uint8_t disp,
			  struct candidate *p)
{
	uint64_t at = p->start;
	uint32_t written = 0;
	struct insn in;

	for (int i = 0; i < HEAD_INSNS; i++, at += in.len) {
		if (insn_decode_at(d, ef, at, &in) || in.leaves)
			return -ENOENT;
		if (in.stores && in.store_disp == disp) {
			p->frame_reg = in.store_base;
			p->instr_reg = in.store_reg;
			return written & (1u << in.store_base | 1u << in.store_reg) ? -ENOENT : 0;
		}
		written |= in.writes;
	}
	return -ENOENT;
}

/*
 * The first cheap instruction at which what `needed` has is still there, or that has been stored in
 * the frame.  One that all kernels emulate is preferred to one that only newer ones do.
 */
static void find_cheap(const struct elf_file *ef, struct insn_decoder *d, uint32_t needed,
		       uint8_t disp, struct candidate *p)
{
	uint64_t at = p->start;
	bool stored = false, found = false;
	uint32_t stack = 0;
	struct insn in;

	p->cheap = p->start;
	p->window.first = p->start;
	for (int i = 0; i < HEAD_INSNS && !insn_decode_at(d, ef, at, &in); i++, at += in.len) {
		code_window_add(&p->window, at);
		if (in.cost == INSN_EMULATED || (in.cost == INSN_EMULATED_NEW && !found &&
						 (!p->may_be_leaf || at == p->start))) {
			p->cheap = at;
			p->stored_before_cheap = stored;
			p->start_cheap = at == p->start;
			p->stack = stack;
			found = true;
		}
		if (in.cost == INSN_EMULATED || in.leaves || in.writes & needed)
			break;
		if (p->count_stack && in.moves_stack && (in.stack <= 0 || in.stack > 1 << 16))
			break;
		stack += in.stack;
		if (p->instr_reg == COOKIE_REG_NONE)
			continue;
		if (in.stores && in.store_base == p->frame_reg && in.store_disp == disp)
			stored = true;
		else if (in.writes & 1u << p->instr_reg && !stored)
			break;
	}
	p->window.last = p->cheap;
}

static int finish_site(const struct elf_file *elf, const struct candidate *p, bool entered,
		       uint32_t flags, struct py_site *site)
{
	bool moved = p->cheap != p->start && !entered;
	bool stored = moved && p->stored_before_cheap;

	memset(site, 0, sizeof(*site));
	site->role = p->role;
	site->addr = moved ? p->cheap : p->start;
	site->emulated = moved || p->start_cheap;
	site->stack = moved ? p->stack : 0;
	site->cookie = phrude_cookie(p->frame_reg, stored ? COOKIE_REG_NONE : p->instr_reg, flags);
	snprintf(site->what, sizeof(site->what), "%s", p->what);
	return elf_file_offset(elf, site->addr, &site->offset);
}

/* Decides for all places at once: the search for what leads there goes through the whole code. */
static int finish_sites(const struct elf_file *elf, struct insn_decoder *d,
			const struct candidate *plans, size_t count, uint32_t flags,
			struct py_site *sites, size_t *nr_sites)
{
	struct code_window windows[PY_SITES_MAX];
	int ret;

	for (size_t i = 0; i < count; i++)
		windows[i] = plans[i].window;
	ret = code_refs_scan(elf, d, windows, count);
	for (size_t i = 0; i < count && !ret; i++)
		ret = finish_site(elf, &plans[i], windows[i].entered, flags, &sites[i]);
	if (!ret)
		*nr_sites = count;
	return ret;
}

/*
 * One site in the head of an exported function, where the registers in `needed` are as they were at
 * its entry.
 */
static int function_site(const struct py_interp *interp, const char *symbol, const char *what,
			 uint32_t needed, uint8_t frame_reg, struct py_site *sites,
			 size_t *nr_sites, struct err *err)
{
	_cleanup_(insn_decoder_freep) struct insn_decoder *d = NULL;
	struct candidate p = { .what = what, .frame_reg = frame_reg, .instr_reg = COOKIE_REG_NONE };
	int ret;

	if (elf_file_symbol(interp->elf, symbol, &p.start, NULL))
		return err_set(err, -EOPNOTSUPP, "%s does not export %s", interp->path, symbol);
	ret = insn_decoder_new(&d);
	if (ret)
		return err_set(err, ret, "out of memory");
	find_cheap(interp->elf, d, needed, 0, &p);
	ret = finish_sites(interp->elf, d, &p, 1, 0, sites, nr_sites);
	return ret ? err_set(err, -EOPNOTSUPP, "the code of %s in %s cannot be read", symbol,
			     interp->path)
		   : 0;
}

int py_sites_functions(const struct elf_file *elf, const struct py_function *functions,
		       size_t count, struct py_site *sites)
{
	_cleanup_(insn_decoder_freep) struct insn_decoder *d = NULL;
	int ret = insn_decoder_new(&d);

	for (size_t done = 0; done < count && !ret;) {
		struct candidate plans[PY_SITES_MAX];
		size_t n = MIN(count - done, ARRAY_SIZE(plans));

		for (size_t i = 0; i < n; i++) {
			uint32_t needed = 0;

			for (unsigned int a = 0; a < functions[done + i].nr_args; a++)
				needed |= 1u << insn_arg_register(a);
			plans[i] = (struct candidate){ .what = "",
						       .start = functions[done + i].addr,
						       .may_be_leaf = true,
						       .count_stack = true,
						       .frame_reg = COOKIE_REG_NONE,
						       .instr_reg = COOKIE_REG_NONE };
			find_cheap(elf, d, needed, 0, &plans[i]);
		}
		ret = finish_sites(elf, d, plans, n, 0, sites + done, &n);
		done += n;
	}
	return ret;
}

static int resume_sites(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
			struct err *err)
{
	_cleanup_(insn_decoder_freep) struct insn_decoder *d = NULL;
	const struct py_version *v = interp->facts;
	struct candidate plans[PY_RESUME_OPCODES_MAX];
	struct dispatch table;
	size_t count = 0;
	int ret;

	ret = insn_decoder_new(&d);
	if (!ret)
		ret = dispatch_find(interp->elf, v, &table);
	if (ret == -ENOENT || ret == -EPROTO)
		return err_set(err, -EOPNOTSUPP,
			       "the code of the instructions of %s could not be found in it: an "
			       "unusual build",
			       interp->path);
	if (ret)
		return err_set(err, ret, "%s: %s", interp->path, strerror(-ret));
	for (size_t i = 0; i < ARRAY_SIZE(v->resume) && v->resume[i].name; i++) {
		struct candidate *p = &plans[count];
		bool seen = false;

		*p = (struct candidate){ .what = v->resume[i].name,
					 .role = v->resume[i].hot ? PY_SITE_HOT : PY_SITE_ENTRY,
					 .start = table.target[v->resume[i].number] };
		for (size_t j = 0; j < count; j++)
			seen |= plans[j].start == p->start;
		if (seen ||
		    p->start == table.unknown) /* two share their code, or this build lacks it */
			continue;
		if (find_registers(interp->elf, d, v->instr_store, p))
			return err_set(
				err, -EOPNOTSUPP,
				"the code of %s in %s is not of a known form: an unusual build",
				p->what, interp->path);
		find_cheap(interp->elf, d, 1u << p->frame_reg, v->instr_store, p);
		count++;
	}
	ret = finish_sites(interp->elf, d, plans, count, COOKIE_F_RESUME, sites, nr_sites);
	return ret ? err_set(err, -EOPNOTSUPP, "the code of %s cannot be read", interp->path) : 0;
}

static int refuse_jit(const struct py_interp *interp, struct err *err)
{
	return err_set(err, -EOPNOTSUPP,
		       "CPython's JIT compiler is on in process %d (PYTHON_JIT=0 in its "
		       "environment turns it off), and compiled code "
		       "passes this probe "
		       "by: it would miss the most frequent calls",
		       interp->pid);
}

int py_sites_frame(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		   struct err *err)
{
	uint8_t frame_reg;

	if (interp->jit)
		return refuse_jit(interp, err);
	if (interp->facts->entry == PY_ENTRY_RESUME)
		return resume_sites(interp, sites, nr_sites, err);
	frame_reg = insn_arg_register((unsigned int)interp->facts->eval_frame_arg);
	return function_site(interp, "_PyEval_EvalFrameDefault", "_PyEval_EvalFrameDefault",
			     1u << frame_reg, frame_reg, sites, nr_sites, err);
}

int py_sites_call(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		  struct err *err)
{
	uint32_t needed = 0;

	for (unsigned int i = 0; i < 3; i++) /* callable, args, kwargs */
		needed |= 1u << insn_arg_register(i);
	return function_site(interp, "PyObject_Call", "PyObject_Call", needed, COOKIE_REG_NONE,
			     sites, nr_sites, err);
}

int py_sites_usdt(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites,
		  struct err *err)
{
	_cleanup_free_ struct elf_usdt *found = NULL;
	size_t count;
	int ret;

	if (interp->facts->usdt == PY_USDT_ABSENT)
		return err_set(err, -EOPNOTSUPP, "CPython %s has no function__entry probe",
			       interp->version);
	if (interp->facts->usdt == PY_USDT_DEAD)
		return err_set(err, -EOPNOTSUPP,
			       "the function__entry probe of CPython 3.%u never fires, where it is "
			       "there at all",
			       interp->minor);
	if (interp->jit)
		return refuse_jit(interp, err);
	ret = elf_usdt_find(interp->elf, "python", "function__entry", &found, &count);
	if (ret == -ENOENT)
		return err_set(err, -EOPNOTSUPP,
			       "%s was built without its function__entry probe (--with-dtrace)",
			       interp->path);
	if (ret || count > PY_SITES_MAX)
		return err_set(err, -EOPNOTSUPP, "the function__entry probe of %s is malformed",
			       interp->path);
	for (size_t i = 0; i < count; i++) {
		memset(&sites[i], 0, sizeof(sites[i]));
		sites[i].addr = found[i].addr;
		sites[i].offset = found[i].offset;
		sites[i].semaphore = found[i].semaphore;
		sites[i].cookie =
			phrude_cookie(COOKIE_REG_NONE, COOKIE_REG_NONE, interp->facts->usdt_flags);
		sites[i].emulated = true; /* a nop */
		snprintf(sites[i].what, sizeof(sites[i].what), "function__entry");
	}
	*nr_sites = count;
	return 0;
}

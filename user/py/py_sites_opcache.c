// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arming in 3.8 to 3.10.  _PyEval_EvalFrameDefault() (Python/ceval.c) counts in co_opcache_flag the
 * first 1,024 runs of a code object, and then gives it a cache. A code object is armed while that
 * count is negative: it goes on being counted for another 2^31 runs.  The probe is where it has
 * been counted; code that is not armed and no longer counted never gets there.
 */
#include "py/py_sites_opcache.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "elf/elf_memo.h"
#include "py/code_refs.h"
#include "py/insn.h"

/* From the count's being stored to the jump on its having become 1,024. */
#define JUMP_WITHIN 4

static bool stores_count(const struct py_layout *l, const struct insn *in)
{
	return in->part == sizeof(uint32_t) && in->part_disp == l->code_opcache;
}

/* The jump behind the store at w->first, which becomes w->last. */
static int find_jump(const struct elf_file *elf, struct insn_decoder *d, struct insn in,
		     struct code_window *w)
{
	for (int i = 0; i < JUMP_WITHIN; i++) {
		uint64_t at = in.addr + in.len;

		if (insn_decode_at(d, elf, at, &in) || in.cost == INSN_REFUSED)
			return -ENOENT;
		code_window_add(w, at);
		w->last = at;
		if (in.if_equal || in.if_different)
			return in.cost == INSN_EMULATED ? 0 : -ENOENT;
		if (in.leaves)
			return -ENOENT;
	}
	return -ENOENT;
}

static int search_counted(const struct py_interp *interp, struct insn_decoder *d,
			  struct code_window *w)
{
	uint64_t start, size;
	struct insn in;

	if (elf_file_symbol(interp->elf, "_PyEval_EvalFrameDefault", &start, &size))
		return -ENOENT;
	for (uint64_t at = start; at < start + size; at += in.len) {
		if (insn_decode_at(d, interp->elf, at, &in))
			return -ENOENT;
		if (!stores_count(&interp->proc.layout, &in))
			continue;
		*w = (struct code_window){ .first = at };
		if (!find_jump(interp->elf, d, in, w))
			return code_refs_scan(interp->elf, d, w, 1) || w->entered ? -ENOENT : 0;
	}
	return -ENOENT;
}

static int find_counted(const struct py_interp *interp, struct insn_decoder *d,
			struct code_window *w)
{
	const uint32_t key = interp->proc.layout.code_opcache;
	int ret;

	if (elf_memo_get(interp->elf, ELF_MEMO_COUNTED, &key, sizeof(key), w, sizeof(*w)))
		return 0;
	ret = search_counted(interp, d, w);
	if (!ret)
		elf_memo_put(interp->elf, ELF_MEMO_COUNTED, &key, sizeof(key), w, sizeof(*w));
	return ret;
}

int py_sites_opcache(const struct py_interp *interp, struct py_site *sites, size_t *nr_sites)
{
	_cleanup_(insn_decoder_freep) struct insn_decoder *d = NULL;
	struct code_window w;
	int ret;

	if (*nr_sites == PY_SITES_MAX)
		return -ENOSPC;
	ret = insn_decoder_new(&d);
	if (!ret)
		ret = find_counted(interp, d, &w);
	if (ret)
		return ret;
	for (size_t i = 0; i < *nr_sites; i++) {
		sites[i].role = PY_SITE_HOT;
		sites[i].cookie |= COOKIE_F_WARM;
	}
	sites[*nr_sites] = (struct py_site){
		.role = PY_SITE_ENTRY,
		.addr = w.last,
		.emulated = true,
		.cookie = phrude_cookie(COOKIE_REG_NONE, COOKIE_REG_NONE, COOKIE_F_ARMS),
		.what = "counted runs",
	};
	return elf_file_offset(interp->elf, w.last, &sites[(*nr_sites)++].offset);
}

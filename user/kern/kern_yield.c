// SPDX-License-Identifier: GPL-2.0-only
/* How a program that holds a thread gives up the CPU, see bpf/yield.bpf.c and docs/decisions.md. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "base/log.h"
#include "kern/kern_feat.h"
#include "kern/kern_priv.h"

/* max_entries of the map: pages */
#define YARD_PAGES 4

/* A call of a kernel function (src_reg), include/uapi/linux/bpf.h. */
#define PSEUDO_KFUNC_CALL 2

enum phrude_yield kern_yield_choose(bool sleepable)
{
	if (!sleepable)
		return YIELD_NONE;
	return kern_feat_arena() ? YIELD_ARENA : YIELD_STORAGE;
}

/*
 * The verifier of 5.15 refuses a call of a function that the kernel does not have even where it is
 * never reached.
 */
static int leave_out_calls(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct bpf_insn nothing = { .code = BPF_ALU64 | BPF_MOV | BPF_K };
	struct bpf_insn *insns = (struct bpf_insn *)bpf_program__insns(prog);

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++) {
		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == PSEUDO_KFUNC_CALL)
			insns[i] = nothing;
	}
	return 0;
}

static int leave_out_in(const char *section)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = leave_out_calls);
	int ret = libbpf_register_prog_handler(section, BPF_PROG_TYPE_KPROBE, 0, &opts);

	return ret < 0 ? ret : 0;
}

/* Where the arena will be in our memory: the programs are told when they are loaded. */
static int reserve(struct kern *k)
{
	size_t size = YARD_PAGES * sysconf(_SC_PAGESIZE);

	k->yard = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (k->yard == MAP_FAILED) {
		k->yard = NULL;
		return -errno;
	}
	return 0;
}

int kern_yield_prepare(struct kern *k, struct tracer *skel)
{
	int ret;

	if (k->yield == YIELD_ARENA && !k->yard) {
		ret = reserve(k);
		if (ret)
			return ret;
	}
	skel->rodata->cfg_yield = k->yield;
	skel->rodata->cfg_yard = (uintptr_t)k->yard;
	ret = bpf_map__set_autocreate(skel->maps.yard, k->yield == YIELD_ARENA);
	if (!ret)
		ret = bpf_map__set_autocreate(skel->maps.yields, k->yield == YIELD_STORAGE);
	if (!ret && k->yield == YIELD_ARENA)
		ret = bpf_map__set_map_extra(skel->maps.yard, (uintptr_t)k->yard);
	return ret;
}

int kern_yield_map(struct kern *k)
{
	size_t size = YARD_PAGES * sysconf(_SC_PAGESIZE);

	if (k->yield != YIELD_ARENA)
		return 0;
	if (mmap(k->yard, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 bpf_map__fd(k->skel->maps.yard), 0) == MAP_FAILED)
		return -errno;
	madvise(k->yard, size, MADV_DONTFORK);
	/* The first page, for there to be page tables to look through. */
	*(volatile char *)k->yard = 0;
	return 0;
}

void kern_yield_unmap(struct kern *k)
{
	if (k->yard)
		munmap(k->yard, YARD_PAGES * sysconf(_SC_PAGESIZE));
	k->yard = NULL;
}

int kern_yield_leave_out(void)
{
	static const char *const sections[] = { "uprobe", "uretprobe" };
	int ret = 0;

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]) && !ret; i++)
		ret = leave_out_in(sections[i]);
	return ret;
}

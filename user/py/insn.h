/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One machine instruction at a time: as much of it as choosing a place for a probe needs.  insn_*.c
 * has the architectures.  Registers are numbered as in DWARF.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct elf_file;
struct insn_decoder;

enum insn_cost {
	INSN_STEPPED,	   /* the kernel single-steps a probe here: expensive */
	INSN_EMULATED_NEW, /* newer kernels emulate it */
	INSN_EMULATED,	   /* all supported kernels emulate it */
	INSN_REFUSED,	   /* the kernel accepts no probe here */
};

struct insn {
	uint64_t addr;
	size_t len;
	enum insn_cost cost;
	/*
	 * jump, conditional or not, call, return, trap: the next instruction may not be the next
	 * one run
	 */
	bool leaves;
	bool call;
	bool if_equal, if_different; /* a jump on that condition */
	bool has_target;
	uint64_t target;  /* of a direct jump or call */
	uint32_t writes;  /* bit n: register n is written */
	bool moves_stack; /* the stack pointer is written */
	int64_t stack; /* by how much, where that is certain (push, sub with a constant); else 0 */
	bool stores;   /* a whole register is stored at [base + disp] */
	uint8_t store_reg, store_base;
	int64_t store_disp;
	/*
	 * so many lower bytes of a register, 2 or 4, are stored at [some register + part_disp];
	 * else 0
	 */
	uint8_t part;
	int64_t part_disp;
	bool compares; /* a whole register with what is at [some register + disp] */
	int64_t compare_disp;
};

int insn_decoder_new(struct insn_decoder **out);
void insn_decoder_free(struct insn_decoder *d);
DEFINE_CLEANUP(insn_decoder_freep, struct insn_decoder, insn_decoder_free);

/* -EILSEQ if there is no valid instruction. */
int insn_decode(struct insn_decoder *d, const uint8_t *code, size_t len, uint64_t addr,
		struct insn *out);
/* The same of what a file has at an address. */
int insn_decode_at(struct insn_decoder *d, const struct elf_file *ef, uint64_t addr,
		   struct insn *out);

/* The register of integer argument `n` of a C function, 0 to 5. */
uint8_t insn_arg_register(unsigned int n);
/*
 * Whether code stores a whole register at displacement `disp` from a register within its first
 * `len` bytes; a quick look that does not decode, and so may err on the side of yes.
 */
bool insn_may_store(const uint8_t *code, size_t len, uint8_t disp);

// SPDX-License-Identifier: GPL-2.0-only
#if defined(__x86_64__)
#include "py/insn.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define INSN_MAX 15

struct insn_decoder {
	csh handle;
	cs_insn *insn;
};

/* System V ABI, figure 3.36: rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 ... r15 */
static const struct {
	x86_reg reg;
	uint8_t dwarf;
} registers[] = {
	{ X86_REG_RAX, 0 },  { X86_REG_EAX, 0 },   { X86_REG_AX, 0 },	 { X86_REG_AL, 0 },
	{ X86_REG_AH, 0 },   { X86_REG_RDX, 1 },   { X86_REG_EDX, 1 },	 { X86_REG_DX, 1 },
	{ X86_REG_DL, 1 },   { X86_REG_DH, 1 },	   { X86_REG_RCX, 2 },	 { X86_REG_ECX, 2 },
	{ X86_REG_CX, 2 },   { X86_REG_CL, 2 },	   { X86_REG_CH, 2 },	 { X86_REG_RBX, 3 },
	{ X86_REG_EBX, 3 },  { X86_REG_BX, 3 },	   { X86_REG_BL, 3 },	 { X86_REG_BH, 3 },
	{ X86_REG_RSI, 4 },  { X86_REG_ESI, 4 },   { X86_REG_SI, 4 },	 { X86_REG_SIL, 4 },
	{ X86_REG_RDI, 5 },  { X86_REG_EDI, 5 },   { X86_REG_DI, 5 },	 { X86_REG_DIL, 5 },
	{ X86_REG_RBP, 6 },  { X86_REG_EBP, 6 },   { X86_REG_BP, 6 },	 { X86_REG_BPL, 6 },
	{ X86_REG_RSP, 7 },  { X86_REG_ESP, 7 },   { X86_REG_SP, 7 },	 { X86_REG_SPL, 7 },
	{ X86_REG_R8, 8 },   { X86_REG_R8D, 8 },   { X86_REG_R8W, 8 },	 { X86_REG_R8B, 8 },
	{ X86_REG_R9, 9 },   { X86_REG_R9D, 9 },   { X86_REG_R9W, 9 },	 { X86_REG_R9B, 9 },
	{ X86_REG_R10, 10 }, { X86_REG_R10D, 10 }, { X86_REG_R10W, 10 }, { X86_REG_R10B, 10 },
	{ X86_REG_R11, 11 }, { X86_REG_R11D, 11 }, { X86_REG_R11W, 11 }, { X86_REG_R11B, 11 },
	{ X86_REG_R12, 12 }, { X86_REG_R12D, 12 }, { X86_REG_R12W, 12 }, { X86_REG_R12B, 12 },
	{ X86_REG_R13, 13 }, { X86_REG_R13D, 13 }, { X86_REG_R13W, 13 }, { X86_REG_R13B, 13 },
	{ X86_REG_R14, 14 }, { X86_REG_R14D, 14 }, { X86_REG_R14W, 14 }, { X86_REG_R14B, 14 },
	{ X86_REG_R15, 15 }, { X86_REG_R15D, 15 }, { X86_REG_R15W, 15 }, { X86_REG_R15B, 15 },
};

#define NOT_A_REGISTER 0xff
#define STACK_POINTER 7

static uint8_t dwarf_register(unsigned int reg)
{
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		if (registers[i].reg == reg)
			return registers[i].dwarf;
	}
	return NOT_A_REGISTER;
}

int insn_decoder_new(struct insn_decoder **out)
{
	_cleanup_(insn_decoder_freep) struct insn_decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &d->handle) != CS_ERR_OK ||
	    cs_option(d->handle, CS_OPT_DETAIL, CS_OPT_ON) != CS_ERR_OK)
		return -ENOMEM;
	d->insn = cs_malloc(d->handle);
	if (!d->insn)
		return -ENOMEM;
	*out = TAKE_PTR(d);
	return 0;
}

void insn_decoder_free(struct insn_decoder *d)
{
	if (!d)
		return;
	if (d->insn)
		cs_free(d->insn, 1);
	if (d->handle)
		cs_close(&d->handle);
	free(d);
}

uint8_t insn_arg_register(unsigned int n)
{
	static const uint8_t args[] = { 5, 4, 1, 2, 8, 9 }; /* rdi, rsi, rdx, rcx, r8, r9 */

	return n < ARRAY_SIZE(args) ? args[n] : NOT_A_REGISTER;
}

/*
 * What arch/x86/kernel/uprobes.c does of an instruction: branch_setup_xol_ops() and
 * push_setup_xol_ops() emulate, uprobe_init_insn() and its bitmap of opcodes refuse.  The nops are
 * those of x86_nops[]: only with exactly these bytes do newer kernels emulate them.
 */
static enum insn_cost cost_of(const uint8_t *c, size_t len)
{
	static const uint8_t nop3[] = { 0x0f, 0x1f, 0x00 }, nop4[] = { 0x0f, 0x1f, 0x40, 0x00 },
			     nop5[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
			     nop7[] = { 0x0f, 0x1f, 0x80, 0, 0, 0, 0 },
			     nop8[] = { 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 };
	static const struct {
		const uint8_t *bytes;
		size_t len;
	} nops[] = { { nop3, 3 }, { nop4, 4 }, { nop5, 5 }, { nop7, 7 }, { nop8, 8 } };

	if (c[0] >= 0x50 && c[0] <= 0x57) /* push */
		return INSN_EMULATED;
	if (len == 2 && c[0] == 0x41 && c[1] >= 0x50 && c[1] <= 0x57)
		return INSN_EMULATED;
	if (c[0] == 0x90 || (len == 2 && c[0] == 0x66 && c[1] == 0x90)) /* nop */
		return INSN_EMULATED;
	if (c[0] == 0xeb || c[0] == 0xe9 || c[0] == 0xe8 || (c[0] >= 0x70 && c[0] <= 0x7f))
		return INSN_EMULATED;
	if (c[0] == 0x0f && len == 6 && c[1] >= 0x80 && c[1] <= 0x8f)
		return INSN_EMULATED;
	for (size_t i = 0; i < ARRAY_SIZE(nops); i++) {
		if (len == nops[i].len && !memcmp(c, nops[i].bytes, len))
			return INSN_EMULATED_NEW;
	}
	/* Segment prefixes without effect, lock, and an operand size prefix on a branch. */
	for (size_t i = 0; i < len; i++) {
		if (c[i] == 0x26 || c[i] == 0x2e || c[i] == 0x36 || c[i] == 0x3e || c[i] == 0xf0)
			return INSN_REFUSED;
		if (c[i] != 0x66 && c[i] != 0x67 && (c[i] & 0xf0) != 0x40)
			break;
		if (i + 1 < len && c[i] == 0x66 && (c[i + 1] == 0xe8 || c[i + 1] == 0xe9))
			return INSN_REFUSED;
	}
	return INSN_STEPPED;
}

static bool is_pc_relative_branch(const cs_x86 *x)
{
	return x->op_count == 1 && x->operands[0].type == X86_OP_IMM;
}

static void describe_flow(const struct insn_decoder *d, struct insn *out)
{
	const cs_insn *i = d->insn;

	out->leaves = cs_insn_group(d->handle, i, CS_GRP_JUMP) ||
		      cs_insn_group(d->handle, i, CS_GRP_CALL) ||
		      cs_insn_group(d->handle, i, CS_GRP_RET) ||
		      cs_insn_group(d->handle, i, CS_GRP_INT) ||
		      cs_insn_group(d->handle, i, CS_GRP_IRET) || i->id == X86_INS_UD2 ||
		      i->id == X86_INS_HLT || i->id == X86_INS_SYSCALL || i->id == X86_INS_LOOP ||
		      i->id == X86_INS_LOOPE || i->id == X86_INS_LOOPNE || i->id == X86_INS_JRCXZ;
	out->call = cs_insn_group(d->handle, i, CS_GRP_CALL);
	out->if_equal = i->id == X86_INS_JE;
	out->if_different = i->id == X86_INS_JNE;
	if (out->leaves && is_pc_relative_branch(&i->detail->x86)) {
		out->has_target = true;
		out->target = (uint64_t)i->detail->x86.operands[0].imm;
	}
}

static void describe_store(const struct insn_decoder *d, struct insn *out)
{
	const cs_x86 *x = &d->insn->detail->x86;
	const cs_x86_op *dst = &x->operands[0], *src = &x->operands[1];

	if (d->insn->id != X86_INS_MOV || x->op_count != 2 || dst->type != X86_OP_MEM ||
	    dst->size != 8 || src->type != X86_OP_REG || dst->mem.index != X86_REG_INVALID ||
	    dst->mem.segment != X86_REG_INVALID)
		return;
	out->store_base = dwarf_register(dst->mem.base);
	out->store_reg = dwarf_register(src->reg);
	out->store_disp = dst->mem.disp;
	out->stores = out->store_base != NOT_A_REGISTER && out->store_reg != NOT_A_REGISTER;
}

static void describe_stack(const struct insn_decoder *d, struct insn *out)
{
	const cs_x86 *x = &d->insn->detail->x86;

	out->moves_stack = out->writes & 1u << STACK_POINTER;
	if (d->insn->id == X86_INS_PUSH)
		out->stack = 8;
	else if (d->insn->id == X86_INS_SUB && x->op_count == 2 &&
		 x->operands[0].type == X86_OP_REG && x->operands[0].reg == X86_REG_RSP &&
		 x->operands[1].type == X86_OP_IMM && x->operands[1].imm > 0)
		out->stack = x->operands[1].imm;
	if (out->stack)
		out->moves_stack = true;
}

static void describe_part_store(const struct insn_decoder *d, struct insn *out)
{
	const cs_x86 *x = &d->insn->detail->x86;
	const cs_x86_op *dst = &x->operands[0];

	if (d->insn->id != X86_INS_MOV || x->op_count != 2 || dst->type != X86_OP_MEM ||
	    (dst->size != 2 && dst->size != 4) || x->operands[1].type != X86_OP_REG ||
	    dwarf_register(dst->mem.base) == NOT_A_REGISTER)
		return;
	out->part = dst->size;
	out->part_disp = dst->mem.disp;
}

static void describe_compare(const struct insn_decoder *d, struct insn *out)
{
	const cs_x86 *x = &d->insn->detail->x86;

	if (d->insn->id != X86_INS_CMP || x->op_count != 2)
		return;
	for (int i = 0; i < 2; i++) {
		const cs_x86_op *mem = &x->operands[i], *reg = &x->operands[1 - i];

		if (mem->type != X86_OP_MEM || mem->size != 8 || reg->type != X86_OP_REG ||
		    dwarf_register(mem->mem.base) == NOT_A_REGISTER)
			continue;
		out->compares = true;
		out->compare_disp = mem->mem.disp;
	}
}

int insn_decode(struct insn_decoder *d, const uint8_t *code, size_t len, uint64_t addr,
		struct insn *out)
{
	cs_regs reads, writes;
	uint8_t nr_reads, nr_writes;

	*out = (struct insn){ .addr = addr };
	len = MIN(len, (size_t)INSN_MAX);
	/* Capstone 4 takes this for a nop with an operand, where it knows it at all. */
	if (len >= 4 && !memcmp(code, "\xf3\x0f\x1e\xfa", 4)) { /* endbr64 */
		out->len = 4;
		return 0;
	}
	if (!cs_disasm_iter(d->handle, &code, &len, &addr, d->insn))
		return -EILSEQ;
	out->len = d->insn->size;
	out->cost = cost_of(d->insn->bytes, out->len);
	describe_flow(d, out);
	describe_store(d, out);
	describe_part_store(d, out);
	describe_compare(d, out);
	if (cs_regs_access(d->handle, d->insn, reads, &nr_reads, writes, &nr_writes) != CS_ERR_OK)
		return -EILSEQ;
	for (uint8_t i = 0; i < nr_writes; i++) {
		uint8_t reg = dwarf_register(writes[i]);

		if (reg != NOT_A_REGISTER)
			out->writes |= 1u << reg;
	}
	describe_stack(d, out);
	return 0;
}

/* REX.W 89 /r with an 8-bit displacement; r12 as the base needs a SIB byte. */
bool insn_may_store(const uint8_t *code, size_t len, uint8_t disp)
{
	for (size_t i = 0; i + 4 <= len; i++) {
		uint8_t modrm = code[i + 2];

		if ((code[i] & 0xf8) != 0x48 || code[i + 1] != 0x89 || modrm >> 6 != 1)
			continue;
		if ((modrm & 7) == 4) {
			if (i + 5 <= len && code[i + 3] == 0x24 && code[i + 4] == disp)
				return true;
		} else if (code[i + 3] == disp) {
			return true;
		}
	}
	return false;
}
#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The choice of instructions: in handlers made up for it, and in the interpreter that this machine
 * has.
 */
#include "test.h"

#include <errno.h>

#include "base/util.h"
#include "bpf/abi/cookie.h"
#include "py/code_refs.h"
#include "py/dispatch.h"
#include "py/insn.h"
#include "py/interp.h"
#include "py/py_identify.h"
#include "../elf/elf_build.h"

#define RBX 3
#define RBP 6
#define R15 15
#define HANDLER 16 /* bytes for each made-up handler */

static struct elf_build b;
static struct elf_file *ef;
static struct py_interp interp;
static char path[] = "python";

static uint64_t handler_addr(unsigned int op)
{
	return b.base + EB_TEXT + op * HANDLER;
}

/*
 * A file with a dispatch table for `v`: each opcode's handler begins by storing rax in the frame at
 * rbx.  `lead` more pointers to code stand right before the table.
 */
static void build(const struct py_version *v, uint16_t type, unsigned int lead)
{
	static const uint8_t store[] = { 0x48, 0x89, 0x43, 0x38,
					 0xc3 }; /* mov %rax,0x38(%rbx); ret */

	eb_init(&b, type);
	memset(b.data + EB_TEXT, 0x90, EB_DATA - EB_TEXT); /* padding as compilers make it */
	for (unsigned int op = 0; op < 256; op++) {
		bool unused = op >= v->unused_first && op <= v->unused_last;
		uint64_t target = unused ? b.base + EB_TEXT + 0x1800 : handler_addr(op);
		uint64_t at = EB_TABLE + 8 * (lead + op);

		memcpy(b.data + EB_TEXT + op * HANDLER, store, sizeof(store));
		eb_word(&b, at, type == ET_EXEC ? target : 0);
		if (type == ET_DYN) {
			Elf64_Rela r = { b.base + at, R_X86_64_RELATIVE, (int64_t)target };

			memcpy(b.data + 0x5000 + op * sizeof(r), &r, sizeof(r));
		}
	}
	for (unsigned int i = 0; i < lead; i++)
		eb_word(&b, EB_TABLE + 8 * i, b.base + EB_TEXT + 0x1900 + 4 * i);
	if (type == ET_DYN) {
		eb_dyn(&b, DT_RELA, b.base + 0x5000);
		eb_dyn(&b, DT_RELASZ, 256 * sizeof(Elf64_Rela));
	}
	eb_dynamic(&b);
}

static void set_handler(uint8_t op, const uint8_t *code, size_t len)
{
	memcpy(b.data + EB_TEXT + op * HANDLER, code, len);
}

static bool open_built(unsigned int minor)
{
	elf_file_close(ef);
	ef = NULL;
	if (elf_file_open_mem(b.data, sizeof(b.data), &ef, NULL))
		return false;
	interp = (struct py_interp){
		.path = path, .minor = minor, .elf = ef, .facts = py_version_get(minor)
	};
	return true;
}

TEST(table_in_each_version)
{
	for (unsigned int minor = 11; minor <= 15; minor++) {
		const struct py_version *v = py_version_get(minor);
		struct dispatch table;

		build(v, ET_EXEC, 0);
		ASSERT(open_built(minor));
		ASSERT_EQ(dispatch_find(ef, v, &table), 0);
		ASSERT_EQ(table.table, EB_BASE + EB_TABLE);
		ASSERT_EQ(table.target[v->resume[0].number], handler_addr(v->resume[0].number));
		ASSERT_EQ(table.unknown, EB_BASE + EB_TEXT + 0x1800);
	}
}

TEST(table_made_of_relocations)
{
	const struct py_version *v = py_version_get(13);
	struct dispatch table;

	build(v, ET_DYN, 0);
	ASSERT(open_built(13));
	ASSERT_EQ(dispatch_find(ef, v, &table), 0);
	ASSERT_EQ(table.table, EB_TABLE);
	ASSERT_EQ(table.target[149], handler_addr(149));
}

/* As with the two tables of 3.15: a window shifted by some entries would have as many targets. */
TEST(table_within_a_longer_run)
{
	for (unsigned int lead = 1; lead < 60; lead += 7) {
		const struct py_version *v = py_version_get(15);
		struct dispatch table;

		build(v, ET_EXEC, lead);
		ASSERT(open_built(15));
		ASSERT_EQ(dispatch_find(ef, v, &table), 0);
		ASSERT_EQ(table.table, EB_BASE + EB_TABLE + 8 * lead);
	}
}

TEST(no_table)
{
	const struct py_version *v = py_version_get(13);
	struct py_site sites[PY_SITES_MAX];
	struct dispatch table;
	struct err err;
	size_t n;

	build(v, ET_EXEC, 0);
	eb_word(&b, EB_TABLE + 8 * 100, 0); /* a hole in it */
	ASSERT(open_built(13));
	ASSERT_EQ(dispatch_find(ef, v, &table), -ENOENT);
	ASSERT_EQ(py_sites_frame(&interp, sites, &n, &err), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "unusual build");
}

/* mov %r15,0x38(%rbp); add $2,%r15; test %esi,%esi; je */
static const uint8_t resume_code[] = { 0x4c, 0x89, 0x7d, 0x38, 0x49, 0x83, 0xc7,
				       0x02, 0x85, 0xf6, 0x74, 0x00, 0xc3 };

static int resume_site(struct py_site *site)
{
	struct py_site sites[PY_SITES_MAX];
	struct err err;
	size_t n;
	int ret;

	if (!open_built(13))
		return -EINVAL;
	ret = py_sites_frame(&interp, sites, &n, &err);
	if (ret)
		return ret;
	*site = sites[0];
	return n == 3 && str_eq(site->what, "RESUME") ? 0 : -EINVAL;
}

TEST(cheap_instruction)
{
	struct py_site s;

	build(py_version_get(13), ET_EXEC, 0);
	set_handler(149, resume_code, sizeof(resume_code));
	ASSERT_EQ(resume_site(&s), 0);
	ASSERT_EQ(s.addr, handler_addr(149) + 10);
	ASSERT_EQ(s.offset, s.addr - EB_BASE);
	ASSERT(s.emulated);
	/* by then the instruction's address has been stored, and its register changed */
	ASSERT_EQ(s.cookie, phrude_cookie(RBP, COOKIE_REG_NONE, COOKIE_F_RESUME));
}

TEST(jump_into_the_handler)
{
	static const uint8_t near_jump[] = {
		0xeb, 0x06
	}; /* from the handler before to +8 of the next one */
	static const uint8_t mid_jump[] = { 0xeb,
					    0x07 }; /* ... to +9, the middle of an instruction */
	static const uint8_t start_jump[] = {
		0xeb, 0xfe
	}; /* ... to its beginning, which counts like a dispatch */
	int32_t disp = (int32_t)(149 * HANDLER + 4 - (0x1a00 + 5));
	struct py_site s;

	build(py_version_get(13), ET_EXEC, 0);
	set_handler(149, resume_code, sizeof(resume_code));
	memcpy(b.data + EB_TEXT + 149 * HANDLER - 2, near_jump, 2);
	b.data[EB_TEXT + 149 * HANDLER - 1] = 8;
	ASSERT_EQ(resume_site(&s), 0);
	ASSERT_EQ(s.addr, handler_addr(149));
	ASSERT(!s.emulated);
	ASSERT_EQ(s.cookie, phrude_cookie(RBP, R15, COOKIE_F_RESUME));

	memcpy(b.data + EB_TEXT + 149 * HANDLER - 2, mid_jump, 2);
	b.data[EB_TEXT + 149 * HANDLER - 1] = 9;
	ASSERT_EQ(resume_site(&s), 0);
	ASSERT(s.emulated);

	memcpy(b.data + EB_TEXT + 149 * HANDLER - 2, start_jump, 2);
	b.data[EB_TEXT + 149 * HANDLER - 1] = 0;
	ASSERT_EQ(resume_site(&s), 0);
	ASSERT(s.emulated);

	/* from far away */
	b.data[EB_TEXT + 0x1a00] = 0xe9;
	memcpy(b.data + EB_TEXT + 0x1a01, &disp, 4);
	ASSERT_EQ(resume_site(&s), 0);
	ASSERT(!s.emulated);
	memset(b.data + EB_TEXT + 0x1a00, 0x90, 5);
	ASSERT_EQ(resume_site(&s), 0);
	ASSERT(s.emulated);

	/* an entry of some other table of addresses */
	eb_word(&b, 0x6000, handler_addr(149) + 8);
	ASSERT_EQ(resume_site(&s), 0);
	ASSERT(!s.emulated);
}

TEST(registers_that_change)
{
	/*
	 * the frame's register is overwritten before the jump: mov %r15,0x38(%rbp); mov %rax,%rbp;
	 * je
	 */
	static const uint8_t frame_lost[] = { 0x4c, 0x89, 0x7d, 0x38, 0x48,
					      0x89, 0xc5, 0x74, 0x00, 0xc3 };
	/*
	 * nothing tells that rbp is the frame at the beginning: mov %rax,%rbp; mov %r15,0x38(%rbp)
	 */
	static const uint8_t frame_late[] = { 0x48, 0x89, 0xc5, 0x4c, 0x89,
					      0x7d, 0x38, 0x74, 0x00, 0xc3 };
	/* endbr64; nop; mov %r15,0x38(%rbp): before the store the register is needed */
	static const uint8_t early_nop[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x90, 0x4c,
					     0x89, 0x7d, 0x38, 0x74, 0x00, 0xc3 };
	struct py_site s;

	build(py_version_get(13), ET_EXEC, 0);
	set_handler(149, frame_lost, sizeof(frame_lost));
	ASSERT_EQ(resume_site(&s), 0);
	ASSERT_EQ(s.addr, handler_addr(149));
	ASSERT_EQ(s.cookie, phrude_cookie(RBP, R15, COOKIE_F_RESUME));
	set_handler(149, frame_late, sizeof(frame_late));
	ASSERT_EQ(resume_site(&s), -EOPNOTSUPP);
	set_handler(149, early_nop, sizeof(early_nop));
	ASSERT_EQ(resume_site(&s), 0);
	ASSERT_EQ(s.addr, handler_addr(149) + 4);
	ASSERT_EQ(s.cookie, phrude_cookie(RBP, R15, COOKIE_F_RESUME));
	ASSERT(s.emulated);
}

TEST(versions_that_have_no_probe)
{
	struct py_site sites[PY_SITES_MAX];
	struct err err;
	size_t n;

	build(py_version_get(11), ET_EXEC, 0);
	ASSERT(open_built(11));
	ASSERT_EQ(py_sites_usdt(&interp, sites, &n, &err), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "never fires");
	ASSERT(open_built(14));
	ASSERT_EQ(py_sites_usdt(&interp, sites, &n, &err), -EOPNOTSUPP);
	ASSERT(open_built(9));
	ASSERT_EQ(py_sites_usdt(&interp, sites, &n, &err), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "--with-dtrace");
	ASSERT(open_built(15));
	interp.jit = true;
	ASSERT_EQ(py_sites_usdt(&interp, sites, &n, &err), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "JIT");
	ASSERT_EQ(py_sites_frame(&interp, sites, &n, &err), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "JIT");
	ASSERT_EQ(py_sites_call(&interp, sites, &n, &err), -EOPNOTSUPP);
	ASSERT_HAS(err.msg, "PyObject_Call");
}

TEST(function_entries)
{
	/*
	 * mov %rsi,%rax; push %rbx: the arguments are untouched.  Then the same with one
	 * overwritten before.
	 */
	static const uint8_t good[] = { 0x48, 0x89, 0xf0, 0x53, 0xc3 },
			     bad[] = { 0x48, 0x89, 0xfe, 0x53, 0xc3 };
	struct py_site s[PY_SITES_MAX];
	size_t n;

	eb_init(&b, ET_EXEC);
	memcpy(b.data + EB_TEXT + 0x100, good, sizeof(good));
	memcpy(b.data + EB_TEXT + 0x200, bad, sizeof(bad));
	eb_symbol(&b, "_PyEval_EvalFrameDefault", EB_BASE + EB_TEXT + 0x100, STT_FUNC, 5);
	eb_symbol(&b, "PyObject_Call", EB_BASE + EB_TEXT + 0x200, STT_FUNC, 5);
	eb_dynamic(&b);
	ASSERT(open_built(9));
	ASSERT_EQ(py_sites_frame(&interp, s, &n, NULL), 0);
	ASSERT_EQ(n, 1);
	ASSERT_EQ(s[0].addr, EB_BASE + EB_TEXT + 0x103);
	ASSERT_EQ(s[0].cookie, phrude_cookie(4, COOKIE_REG_NONE, 0)); /* rsi */
	ASSERT(open_built(8));
	ASSERT_EQ(py_sites_frame(&interp, s, &n, NULL), 0);
	ASSERT_EQ(s[0].cookie, phrude_cookie(5, COOKIE_REG_NONE, 0)); /* rdi */
	ASSERT_EQ(py_sites_call(&interp, s, &n, NULL), 0);
	ASSERT_EQ(s[0].addr, EB_BASE + EB_TEXT + 0x200);
	ASSERT_EQ(s[0].cookie, 0xffff);
	ASSERT(!s[0].emulated);
}

TEST(cost_of_instructions)
{
	static const struct {
		uint8_t code[10];
		enum insn_cost cost;
		bool leaves;
	} rows[] = {
		{ { 0x53 }, INSN_EMULATED, false },			  /* push %rbx */
		{ { 0x41, 0x57 }, INSN_EMULATED, false },		  /* push %r15 */
		{ { 0x90 }, INSN_EMULATED, false },			  /* nop */
		{ { 0x66, 0x90 }, INSN_EMULATED, false },		  /* xchg %ax,%ax */
		{ { 0x74, 0x10 }, INSN_EMULATED, true },		  /* je */
		{ { 0x0f, 0x84, 1, 2, 3, 4 }, INSN_EMULATED, true },	  /* je */
		{ { 0xeb, 0x10 }, INSN_EMULATED, true },		  /* jmp */
		{ { 0xe9, 1, 2, 3, 4 }, INSN_EMULATED, true },		  /* jmp */
		{ { 0xe8, 1, 2, 3, 4 }, INSN_EMULATED, true },		  /* call */
		{ { 0x0f, 0x1f, 0x44, 0, 0 }, INSN_EMULATED_NEW, false }, /* nopl */
		{ { 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 },
		  INSN_REFUSED,
		  false },					     /* cs nopw */
		{ { 0xf0, 0x48, 0xff, 0x00 }, INSN_REFUSED, false }, /* lock incq */
		{ { 0xf3, 0x0f, 0x1e, 0xfa }, INSN_STEPPED, false }, /* endbr64 */
		{ { 0x48, 0x89, 0x43, 0x38 }, INSN_STEPPED, false }, /* mov */
		{ { 0xff, 0xe0 }, INSN_STEPPED, true },		     /* jmp *%rax */
		{ { 0xc3 }, INSN_STEPPED, true },		     /* ret */
	};
	_cleanup_(insn_decoder_freep) struct insn_decoder *d = NULL;

	ASSERT_EQ(insn_decoder_new(&d), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct insn in;

		if (insn_decode(d, rows[i].code, sizeof(rows[i].code), 0x1000, &in))
			TEST_FAIL("row %zu does not decode", i);
		if (in.cost != rows[i].cost || in.leaves != rows[i].leaves)
			TEST_FAIL("row %zu: cost %d, leaves %d", i, (int)in.cost, in.leaves);
	}
}

TEST(written_registers)
{
	static const uint8_t mov32[] = { 0x89, 0xf7 }, pop[] = { 0x5b },
			     store[] = { 0x4d, 0x89, 0x7c, 0x24, 0x38 };
	_cleanup_(insn_decoder_freep) struct insn_decoder *d = NULL;
	struct insn in;

	ASSERT_EQ(insn_decoder_new(&d), 0);
	ASSERT_EQ(insn_decode(d, mov32, sizeof(mov32), 0, &in),
		  0); /* mov %esi,%edi writes all of rdi */
	ASSERT_EQ(in.writes, 1 << 5);
	ASSERT_EQ(insn_decode(d, pop, sizeof(pop), 0, &in), 0);
	ASSERT_EQ(in.writes, 1 << RBX | 1 << 7);
	ASSERT_EQ(insn_decode(d, store, sizeof(store), 0, &in), 0); /* mov %r15,0x38(%r12) */
	ASSERT(in.stores && in.store_reg == R15 && in.store_base == 12 && in.store_disp == 0x38);
	ASSERT(insn_may_store(store, sizeof(store), 0x38));
	ASSERT(!insn_may_store(store, sizeof(store), 0x40));
	ASSERT(!insn_may_store(store, 4, 0x38));
}

/* The machine's own python3, which every test of this program needs. */
TEST(real_interpreter)
{
	static const char python[] = "/usr/bin/python3";
	struct py_image img = { .path = path };
	struct py_site s[PY_SITES_MAX];
	struct py_identity id;
	struct err err = { "" };
	bool cheap = false;
	size_t n;

	elf_file_close(ef);
	ef = NULL;
	if (elf_file_open(python, &ef, &err))
		TEST_FAIL("%s: %s", python, err.msg);
	img.elf = ef;
	if (py_identify_file(&img, &id, &err))
		TEST_FAIL("%s: %s", python, err.msg);
	interp = (struct py_interp){
		.path = path, .minor = id.minor, .elf = ef, .facts = py_version_get(id.minor)
	};
	if (py_sites_frame(&interp, s, &n, &err))
		TEST_FAIL("%s: %s", python, err.msg);
	ASSERT(n >= 1 && n <= PY_RESUME_OPCODES_MAX);
	for (size_t i = 0; i < n; i++) {
		uint64_t addr;

		cheap |= s[i].emulated;
		ASSERT_EQ(elf_file_addr(ef, s[i].offset, &addr), 0);
		ASSERT_EQ(addr, s[i].addr);
		ASSERT((s[i].cookie & 0xff) < 16);
	}
	ASSERT(cheap);
	if (py_sites_call(&interp, s, &n, &err))
		TEST_FAIL("%s: %s", python, err.msg);
	ASSERT_EQ(n, 1);
	ASSERT_EQ(py_sites_code_life(ef, s), 0);
	ASSERT(s[PY_CODE_FREED].addr != s[PY_CODE_RENAMED].addr);
	for (size_t i = 0; i < PY_CODE_LIFE_SITES; i++)
		ASSERT(elf_file_is_code(ef, s[i].addr));
	elf_file_close(ef);
	ef = NULL;
}

/* A file without PyCode_Type. */
TEST(code_objects_without_an_end)
{
	struct py_site s[PY_CODE_LIFE_SITES];

	build(py_version_get(12), ET_EXEC, 0);
	ASSERT(open_built(12));
	ASSERT_EQ(py_sites_code_life(ef, s), -ENOENT);
}

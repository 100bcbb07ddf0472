// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Entry programs, one a probe kind: find out what is called, ask the prefilter, and pass on what is
 * left. Nearly every hit ends here; what it costs is the trap and five reads.
 */
#include "event.bpf.h"
#include <bpf/bpf_tracing.h>

static __always_inline int frame_hit(struct pt_regs *ctx, struct py_proc *p)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	__u64 frame, code, name, instr = 0;
	__u32 flags;

	if (cookie_frame_reg(cookie) == COOKIE_REG_NONE)
		frame = current_frame(NULL, p);
	else
		frame = dwarf_reg(ctx, cookie_frame_reg(cookie));
	if (cookie_instr_reg(cookie) != COOKIE_REG_NONE)
		instr = dwarf_reg(ctx, cookie_instr_reg(cookie));
	code = untag(&p->layout, read_u64(NULL, frame + p->layout.frame_code));
	if (is_resumption(&p->layout, cookie, frame, code, instr))
		return 0;
	hit_inc(cookie_probe(cookie));
	if (read_user(NULL, &name, sizeof(name), code + p->layout.code_name)) {
		stat_inc(PHRUDE_STAT_LOST_UNREADABLE);
		return 0;
	}
	if (!prefilter_str(&p->layout, name))
		return 0;
	flags = cookie_flags(cookie) | cookie_probe(cookie);
	EVENT(event_frame(flags | pass << PASS_SHIFT, frame, code));
	return 0;
}

/* A frame was entered: usdt and frame, which differ in their cookies only. */
SEC("uprobe")
int frame_entry(struct pt_regs *ctx)
{
	struct py_proc *p = event_process(GROUP_ANY);
	__u64 began = cost_begin(p);

	keep_own_stack(ctx);
	if (p)
		frame_hit(ctx, p);
	cost_end(began);
	return 0;
}

static __always_inline int call_hit(struct pt_regs *ctx, struct py_proc *p)
{
	__u64 callable, type, name;

	callable = PT_REGS_PARM1(ctx);
	type = read_u64(NULL, callable + OB_TYPE);
	if (type == p->type_function) {
		/* The common case is turned away here; the others need more looks. */
		name = read_u64(NULL, read_u64(NULL, callable + p->layout.func_code) +
					      p->layout.code_name);
		if (!prefilter_str(&p->layout, name))
			return 0;
	}
	EVENT(event_call(PROBE_CALL | pass << PASS_SHIFT, callable, PT_REGS_PARM2(ctx),
			 PT_REGS_PARM3(ctx)));
	return 0;
}

/* PyObject_Call(callable, args, kwargs), Objects/call.c. */
SEC("uprobe")
int call_entry(struct pt_regs *ctx)
{
	struct py_proc *p = event_target(GROUP_ANY, PROBE_CALL);
	__u64 began = cost_begin(p);

	keep_own_stack(ctx);
	if (p)
		call_hit(ctx, p);
	cost_end(began);
	return 0;
}

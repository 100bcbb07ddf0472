/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames: the thread's current one, whether a hit is a function's start, its parameters, its callers. */
#pragma once

#include "arch/regs.bpf.h"
#include "abi/cookie.h"
#include "capture.bpf.h"

/* co_flags (Include/cpython/code.h) */
#define CO_VARARGS 0x4
#define CO_VARKEYWORDS 0x8
#define CO_GENERATOR 0x20
#define CO_COROUTINE 0x80
#define CO_ASYNC_GENERATOR 0x200

/* Where the address of the running thread's PyThreadState is. */
static __always_inline __u64 tstate_at(const struct py_proc *p)
{
	if (p->layout.features & PY_F_TSTATE_TLS)
		return thread_pointer((void *)bpf_get_current_task()) + p->tstate;
	return p->tstate;
}

/* The running thread's PyThreadState, 0 if it has none. */
static __always_inline __u64 current_tstate(struct scratch *s, const struct py_proc *p)
{
	return read_u64(s, tstate_at(p));
}

/* The running thread's current frame, 0 if it runs no Python code. */
static __always_inline __u64 current_frame(struct scratch *s, const struct py_proc *p)
{
	__u64 tstate = current_tstate(s, p);

	if (!tstate)
		return 0;
	if (p->layout.ts_cframe != PY_NO_FIELD)
		tstate = read_u64(s, tstate + p->layout.ts_cframe);
	return read_u64(s, tstate + p->layout.ts_frame);
}

/*
 * Is a generator or coroutine being resumed, rather than a function started?  instr: address of the current instruction,
 * 0: it is in the frame.
 */
static __always_inline bool is_resumption(const struct py_layout *l, __u32 probe_flags, __u64 frame,
					  __u64 code, __u64 instr)
{
	__u8 oparg = 0, owner = 0;

	if (l->features & PY_F_FRAME_OBJECT) /* f_lasti is -1 until the first instruction */
		return (__s32)read_u32(NULL, frame + l->frame_instr) >= 0;
	if (!instr)
		instr = read_u64(NULL, frame + l->frame_instr);
	if (probe_flags & COOKIE_F_RESUME) {
		/* unreadable: taken for a start, as most are */
		read_user(NULL, &oparg, 1, instr + 1);
		return oparg & l->resume_location_mask;
	}
	/* function__entry fires for the call of a generator function and for each resumption as well. */
	if (!(read_u32(NULL, code + l->code_flags) &
	      (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)))
		return false;
	read_user(NULL, &owner, 1, frame + l->frame_owner);
	return owner != l->owner_generator ||
	       instr > code + l->code_adaptive +
			       2ULL * read_u32(NULL, code + l->code_firsttraceable);
}

/* The parameters of the function that `frame` has just started, as SEC_PARAM items. */
int capture_params(__u32 slot, __u64 frame, __u64 code, __u32 probe_flags);
/* A local of a frame, taken out of its cell: its index, and COOKIE_F_RAW_CELLS; 0 if it is not set. */
__u64 frame_local(__u32 slot, __u64 frame, __u64 code, __u32 idx_flags);
/* The names of the parameters of a code object, as SEC_PARAMNAME items. */
int capture_param_names(__u32 slot, __u64 code);
/* The call stack from s->frame outwards: names and files.  What else is to be known of it is left to finish_stack(). */
int capture_stack(__u32 slot);
/* Sends the line tables of the stack, and looks for the request in its locals. */
int finish_stack(__u32 slot);

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Frames: the thread's current one, whether a hit is a function's start, its parameters, its
 * callers.
 */
#pragma once

#include "arch/regs.bpf.h"
#include "abi/cookie.h"
#include "capture.bpf.h"
#include "window.bpf.h"

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
 * Is a generator or coroutine being resumed, rather than a function started?  instr: address of the
 * current instruction, 0: it is in the frame.
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
	/*
	 * function__entry fires for the call of a generator function and for each resumption as
	 * well.
	 */
	if (!(read_u32(NULL, code + l->code_flags) &
	      (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)))
		return false;
	read_user(NULL, &owner, 1, frame + l->frame_owner);
	return owner != l->owner_generator ||
	       instr > code + l->code_adaptive +
			       2ULL * read_u32(NULL, code + l->code_firsttraceable);
}

/* What tells two line tables at one address apart, a hash. */
__u64 table_signature(__u32 slot, __u64 table, __u32 firstlineno);
/* The parameters of the function that `frame` has just started, as SEC_PARAM items. */
int capture_params(__u32 slot, __u64 frame, __u64 code, __u32 probe_flags);
/*
 * A local of a frame, taken out of its cell: its index, and COOKIE_F_RAW_CELLS; 0 if it is not set.
 */
__u64 frame_local(__u32 slot, __u64 frame, __u64 code, __u32 idx_flags);
/* The names of the parameters of a code object, as SEC_PARAMNAME items. */
int capture_param_names(__u32 slot, __u64 code);
/*
 * The next callers from s->frame outwards, until there are `max`: names and files.  What else is to
 * be known of them is left to finish.bpf.h.  Where the event is full, s->frame is the first one
 * that was not sent.
 */
int capture_stack(__u32 slot, __u32 max);

/*
 * Callers that are sent from the innermost one on, of a stack that has more than PHRUDE_FRAMES_MAX.
 */
#define FRAMES_INNER (PHRUDE_FRAMES_MAX - PHRUDE_FRAMES_OUTER)

/* deep.bpf.c: what is behind those. */
/* Goes on along the stack, the outermost frames so far in s->last.  0: it has ended. */
int deep_walk(__u32 slot);
/*
 * Goes back to where the outermost ones begin, and says how many there are; callers before them are
 * left out.
 */
int deep_outer(__u32 slot);
/*
 * Looks for the request in the frames that are not sent, s->frame being the next of them.  0: it
 * has been found, or was in none.
 */
int deep_requests(__u32 slot);
/* Chunks in which these two do it. */
#define DEEP_CHUNKS 64

/* Bytes read at once of a frame and of a code object: all fields needed lie within. */
#define FRAME_OBJECT_SZ 112 /* PyFrameObject up to f_lasti */
#define CODE_OBJECT_SZ 176  /* PyCodeObject up to 3.10, whole */
#define CODE_SZ 200	    /* since 3.11, up to _co_firsttraceable */

#define HEAD64(s, off) (*(__u64 *)&(s)->head[(off)&0xf8])
#define HEAD32(s, off) (*(__u32 *)&(s)->head[(off)&0xfc])

/* What is needed of a frame. */
struct frame_fields {
	__u64 previous, code, instr;
	__u32 owner;
};

static __always_inline int read_frame(struct scratch *s, __u64 frame, struct frame_fields *f)
{
	const struct py_layout *l = &s->proc.layout;
	bool object = l->features & PY_F_FRAME_OBJECT;

	if (object ? read_user(s, s->head, FRAME_OBJECT_SZ, frame) : read_head(s, frame)) {
		s->cut |= EV_CUT_STACK | EV_CUT_UNREADABLE;
		return -1;
	}
	f->previous = HEAD64(s, l->frame_previous);
	f->code = untag(l, HEAD64(s, l->frame_code));
	f->owner = object ? 0 : s->head[l->frame_owner & 0xff];
	f->instr = object ? HEAD32(s, l->frame_instr) : HEAD64(s, l->frame_instr);
	return 0;
}

/* A code object, or what is taken for one, into s->head; zeros if it cannot be read. */
static __always_inline void peek_code(struct scratch *s, __u64 code)
{
	if (s->proc.layout.features & PY_F_FRAME_OBJECT
		    ? read_user(s, s->head, CODE_OBJECT_SZ, code)
		    : read_user(s, s->head, CODE_SZ, code))
		__builtin_memset(s->head, 0, CODE_SZ);
}

/* The code object of a frame into s->head.  False if it is none: the frame is not Python's. */
static __always_inline bool read_code(struct scratch *s, __u64 code)
{
	if (s->proc.layout.features & PY_F_FRAME_OBJECT
		    ? read_user(s, s->head, CODE_OBJECT_SZ, code)
		    : read_user(s, s->head, CODE_SZ, code)) {
		s->cut |= EV_CUT_STACK | EV_CUT_UNREADABLE;
		return false;
	}
	return HEAD64(s, OB_TYPE) == s->proc.type_code;
}

/*
 * Not begun yet, or the shim frame of a specialised __init__: not a caller that Python would show.
 */
static __always_inline bool is_unbegun(const struct py_layout *l, const struct frame_fields *f,
				       __u32 firsttraceable)
{
	return !(l->features & PY_F_FRAME_OBJECT) && f->owner != l->owner_generator &&
	       (__s64)(f->instr - f->code - l->code_adaptive) < 2LL * (__s32)firsttraceable;
}

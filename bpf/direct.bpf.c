// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A C function's own entry was hit: direct.  What the function is, the probe's cookie tells; its
 * arguments are where its calling convention has them (Objects/methodobject.c).
 */
#include "event.bpf.h"
#include <bpf/bpf_tracing.h>

#define PY_VECTORCALL_ARGUMENTS_OFFSET (1ULL << 63) /* Include/cpython/abstract.h */

/*
 * Argument i of a vector: the first nargs are positional, the others belong to the names in the
 * tuple kwnames.
 */
__noinline int capture_vector_item(__u32 slot, __u64 vector, __u64 i, __u64 nargs, __u64 kwnames)
{
	struct scratch *s = scratch_get(slot);

	if (!s)
		return 0;
	if (i < nargs) {
		if (!node_mark(s, SEC_POSARG, i))
			return 0;
	} else {
		if (!node_mark(s, SEC_KWARG, 0))
			return 0;
		capture_str(slot,
			    read_u64(s, kwnames + s->proc.layout.tuple_items + 8 * (i - nargs)),
			    PHRUDE_NAME_MAX);
	}
	capture_value(slot, read_u64(s, vector + 8 * i));
	return 0;
}

/*
 * No condition in the loop but its own: the verifier would follow the rounds once for each outcome.
 */
__noinline int capture_vector(__u32 slot, __u64 vector, __u64 nargs, __u64 kwnames)
{
	struct scratch *s = scratch_get(slot);
	__u64 total;

	if (!s)
		return 0;
	nargs &= ~PY_VECTORCALL_ARGUMENTS_OFFSET; /* set where a tp_vectorcall is called */
	total = nargs;
	if (kwnames)
		total += read_u64(s, kwnames + OB_SIZE);
	if (total > PHRUDE_ARGS_MAX)
		s->cut |= EV_CUT_ARGS;
	for (__u32 i = 0; i < PHRUDE_ARGS_MAX; i++) {
		if (i >= total)
			break;
		capture_vector_item(slot, vector, i, nargs, kwnames);
	}
	return 0;
}

/* The arguments behind self: a, b, c are what follows it, and the defining class, in registers. */
static __always_inline int capture_c_args(__u32 slot, __u32 ml_flags, __u64 a, __u64 b, __u64 c)
{
	struct scratch *s = scratch_get(slot);

	if (!s)
		return 0;
	if (ml_flags & ML_FASTCALL) {
		capture_vector(slot, a, b, ml_flags & ML_KEYWORDS ? c : 0);
	} else if (ml_flags & ML_VARARGS) {
		capture_posargs(slot, a, 0, 0);
		if (ml_flags & ML_KEYWORDS)
			capture_kwargs(slot, b);
	} else if (ml_flags & ML_O) {
		if (node_mark(s, SEC_POSARG, 0))
			capture_value(slot, a);
	}
	return 0;
}

/* Above the index in event_direct()'s first argument: the number of the pass. */
#define PASS_SHIFT_DIRECT 16

__noinline __u32 event_direct(__u32 idx_pass, __u64 self, __u64 a, __u64 b, __u64 c)
{
	__u32 idx = idx_pass & 0xffff, slot = event_open(idx_pass >> PASS_SHIFT_DIRECT), at, len;
	struct phrude_direct *d = bpf_map_lookup_elem(&direct_funcs, &idx);
	struct scratch *s = scratch_get(slot);

	if (!s || !d)
		return slot;
	s->watch = d->watch;
	s->verdict = VERDICT_MATCH;
	if (!event_admit(s))
		return slot;
	event_head(slot, PROBE_DIRECT | CALLEE_C << 8, 0, d->flags & DIRECT_F_METHOD ? self : 0);
	at = s->len & (PHRUDE_EVENT_MAX - 1);
	len = d->len;
	if (len > PHRUDE_DIRECT_NODES_MAX)
		len = PHRUDE_DIRECT_NODES_MAX;
	bpf_probe_read_kernel(&s->data[at], len, d->nodes);
	s->len = at + len;
	capture_c_args(slot, d->ml_flags, a, b, c);
	/* Last, so that it takes no room from them. */
	if (d->flags & DIRECT_F_SELF && node_mark(s, SEC_SELF, 0))
		capture_value(slot, self);
	/* A function written in C has no frame: the running one is its caller's. */
	s->frame = current_frame(s, &s->proc);
	return slot;
}

#define BASES_MAX 32

/*
 * Is it called for the type that it counts for, or one derived from it?  tp_name, tp_base: offsets
 * in a type object.
 */
__noinline int direct_is_for(__u32 idx, __u64 self, __u32 tp_name, __u32 tp_base)
{
	struct phrude_direct *d = bpf_map_lookup_elem(&direct_funcs, &idx);
	__u64 name[PHRUDE_TYPE_NAME_MAX / 8];

	if (!d)
		return 0;
	if (!d->type_name[0])
		return 1;
	if (!(d->flags & DIRECT_F_OF_TYPE))
		self = read_u64(NULL, self + OB_TYPE);
	for (__u64 i = 0; i < BASES_MAX && self; i++) {
		__builtin_memset(name, 0, sizeof(name));
		/* It may have been the one. */
		if (read_user_str(NULL, name, sizeof(name), read_u64(NULL, self + tp_name)) < 0) {
			stat_inc(PHRUDE_STAT_LOST_UNREADABLE);
			return 0;
		}
		if (words_eq(name, d->type_name, PHRUDE_TYPE_NAME_MAX / 8))
			return 1;
		self = read_u64(NULL, self + tp_base);
	}
	return 0;
}

static __always_inline int direct_hit(struct pt_regs *ctx, __u32 idx, const struct phrude_direct *d,
				      struct py_proc *p)
{
	__u64 self, a, b, c;

	if (!direct_is_for(idx, PT_REGS_PARM1(ctx), p->layout.type_name, p->layout.type_base))
		return 0;
	self = PT_REGS_PARM1(ctx);
	a = PT_REGS_PARM2(ctx);
	b = PT_REGS_PARM3(ctx);
	c = PT_REGS_PARM4(ctx);
	if (d->ml_flags & ML_METHOD) { /* behind self comes the class that defines the method */
		a = b;
		b = c;
		c = PT_REGS_PARM5(ctx);
	}
	EVENT(event_direct(idx | pass << PASS_SHIFT_DIRECT, self, a, b, c));
	return 0;
}

/* The cookie is an index of direct_funcs. */
SEC("uprobe")
int direct_entry(struct pt_regs *ctx)
{
	__u32 idx = bpf_get_attach_cookie(ctx);
	struct phrude_direct *d = bpf_map_lookup_elem(&direct_funcs, &idx);
	struct py_proc *p;
	__u64 began;

	keep_own_stack(ctx);
	if (!d)
		return 0;
	p = event_target(d->group, PROBE_DIRECT);
	if (!p)
		return 0;
	began = cost_begin(p);
	direct_hit(ctx, idx, d, p);
	cost_end(began);
	return 0;
}

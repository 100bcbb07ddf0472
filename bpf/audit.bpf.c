// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Audit events (PEP 578).  Where the interpreter has the probe python:audit, its arguments are
 * ready-made: name and tuple.  Elsewhere PySys_Audit(event, format, ...) is watched, whose
 * arguments are those of Py_BuildValue(), and sys.audit(), which reaches it only if somebody has
 * added a hook.
 */
#include "event.bpf.h"
#include <bpf/bpf_tracing.h>

/* An event's name may be watched: a quick look, as nearly all are not. */
static __always_inline bool prefilter_cstr(__u64 addr)
{
	union {
		__u8 bytes[64];
		__u64 first8;
	} v = {};
	long n = bpf_probe_read_user_str(v.bytes, sizeof(v.bytes), (const void *)addr);

	/* One that fills the buffer may go on, and what is not there is looked at again. */
	return audit_prefixes || n <= 0 || n == sizeof(v.bytes) || prefilter_has(n - 1, v.first8);
}

__noinline int capture_long(__u32 slot, __s64 value)
{
	struct scratch *s = scratch_get(slot);
	__u64 v = value < 0 ? -(__u64)value : value;
	__u32 at, n = 0, *digits;

	if (!s || !node_fits(s, 16))
		return 0;
	at = (s->len + NODE_SZ) & (PHRUDE_EVENT_MAX - 1);
	digits = (void *)&s->data[at];
	digits[0] = v & 0x3fffffff;
	digits[1] = v >> 30 & 0x3fffffff;
	digits[2] = v >> 60;
	digits[3] = 0;
	n = digits[2] ? 3 : digits[1] ? 2 : digits[0] ? 1 : 0;
	node_put(s, VAL_INT, 0, value < 0, n * 4);
	return 0;
}

/* The next variable argument (System V ABI, 3.5.7: registers, then the stack). */
__noinline __u64 next_va(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	__u32 i;

	if (!s)
		return 0;
	i = s->va_idx++;
	if (i < s->va_count)
		return s->va[i < VA_REGS ? i : 0];
	return read_u64(s, s->va_stack + 8ULL * (i - s->va_count));
}

/*
 * What character i of s->format stands for (Doc/c-api/arg.rst, "Building values").  False where
 * what follows cannot be found, as it is not known how many arguments this takes, and when the
 * event is full.
 */
__noinline int capture_unit(__u32 slot, __u32 i)
{
	struct scratch *s = scratch_get(slot);
	__u32 unit, sized;
	__u64 v, len;

	if (!s)
		return 0;
	i &= FORMAT_MAX - 1;
	unit = s->format[i];
	sized = s->format[i + 1] == '#';
	if (unit == '#' || unit == ' ' || unit == ',' || unit == '(' || unit == ')')
		return 1;
	if (!node_mark(s, SEC_POSARG, s->va_units++))
		return 0;
	v = next_va(slot);
	switch (unit) {
	case 'O':
	case 'S':
	case 'N':
		capture_value(slot, v);
		return 1;
	case 's':
	case 'z':
	case 'U':
	case 'y':
		if (sized) {
			len = next_va(slot);
			if (v)
				capture_bytes(
					slot,
					unit == 'y' ? NODE(VAL_BYTES, 0, 0) : NODE(VAL_UTF8, 0, 0),
					v, len > PHRUDE_PAYLOAD_MAX ? PHRUDE_PAYLOAD_MAX : len);
			else
				node_mark(s, VAL_NONE, 0);
			return 1;
		}
		if (!v) {
			node_mark(s, VAL_NONE, 0);
		} else {
			__u32 at = s->len & (PHRUDE_EVENT_MAX - 1);

			capture_cstr(slot, v, PHRUDE_DOC_MAX);
			if (unit == 'y' && s->data[at] == VAL_UTF8)
				s->data[at] = VAL_BYTES;
		}
		return 1;
	case 'i':
	case 'h':
	case 'b':
		capture_long(slot, (__s32)v);
		return 1;
	case 'I':
	case 'H':
	case 'B':
		capture_long(slot, (__u32)v);
		return 1;
	case 'l':
	case 'n':
	case 'L':
	case 'k':
	case 'K':
		capture_long(slot, v);
		return 1;
	}
	node_mark(s, VAL_UNREADABLE, 0);
	return 0;
}

__noinline int capture_format(__u32 slot, __u64 format)
{
	struct scratch *s = scratch_get(slot);
	long n;

	if (!s || !format)
		return 0;
	n = read_user_str(s, s->format, FORMAT_MAX + 1, format);
	s->va_units = 0;
	for (__u32 i = 0; i < FORMAT_MAX; i++) {
		if ((__s64)i + 1 >= n)
			return 0;
		if (!capture_unit(slot, i))
			break;
	}
	s->cut |= EV_CUT_ARGS;
	return 0;
}

/*
 * `args` is a tuple (AUDIT_TUPLE), a format whose values are in s->va (AUDIT_FORMAT), or an array
 * of `n` objects.
 */
#define AUDIT_TUPLE 0
#define AUDIT_FORMAT 1
#define AUDIT_VECTOR 2

static __always_inline void audit_args(__u32 slot, __u32 how, __u64 args, __u64 n)
{
	if (how == AUDIT_TUPLE)
		capture_posargs(slot, args, 0, 0);
	else if (how == AUDIT_FORMAT)
		capture_format(slot, args);
	else
		capture_vector(slot, args, n, 0);
}

/*
 * Has this thread just passed the same to sys.audit()?  That calls PySys_Audit(event, "O", tuple)
 * if there are hooks.
 */
static __always_inline bool audited_before(struct scratch *s, __u64 format)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct audited *a = bpf_map_lookup_elem(&audited, &tid);
	__u64 tuple = s->va_idx == 2 ? s->va[2] : s->va[3];
	__u8 text[2] = {};
	bool same;

	if (!a || read_user(s, text, sizeof(text), format) || text[0] != 'O' || text[1])
		return false;
	same = read_u64(s, tuple + OB_SIZE) == a->count &&
	       (!a->count || read_u64(s, tuple + s->proc.layout.tuple_items) == a->first);
	if (!s->nr_missing || s->pass == LAST_PASS)
		bpf_map_delete_elem(&audited, &tid);
	return same;
}

/* What is_repeated() compares with. */
__noinline int remember_audited(__u32 slot, __u64 args, __u64 n)
{
	struct scratch *s = scratch_get(slot);
	__u32 tid = bpf_get_current_pid_tgid();
	struct audited a = { .count = n };

	if (!s)
		return 0;
	if (n)
		a.first = read_u64(s, args);
	return bpf_map_update_elem(&audited, &tid, &a, BPF_ANY);
}

/* Has this thread just passed the same to sys.audit()?  A function of its own for its stack. */
__noinline int is_repeated(__u32 slot, __u64 format)
{
	struct scratch *s = scratch_get(slot);

	return s && audited_before(s, format);
}

/* As event_call(), for an event in a slot that has been claimed; the format is there as well. */
__noinline __u32 event_audit(__u32 slot, __u32 how, __u64 name, __u64 args, __u64 n)
{
	struct scratch *s = scratch_get(slot);
	int r;

	if (!s)
		return SCRATCH_NONE;
	if (how == AUDIT_FORMAT)
		args = s->va_idx == 2 ? s->va[1] : s->va[2];
	r = how == AUDIT_VECTOR ? match_event_str(slot, name) : match_event_cstr(slot, name);
	s->verdict = r < 0 ? VERDICT_UNREADABLE : VERDICT_NO;
	if (r != MATCH_YES || (how == AUDIT_FORMAT && is_repeated(slot, args)))
		return slot;
	if (how == AUDIT_VECTOR)
		remember_audited(slot, args, n);
	s->verdict = VERDICT_MATCH;
	if (!event_admit(s))
		return slot;
	event_head(slot, PROBE_AUDIT | CALLEE_C << 8, 0, 0);
	if (node_mark(s, SEC_NAME, 0)) {
		if (how == AUDIT_VECTOR)
			capture_str(slot, name, PHRUDE_NAME_MAX);
		else
			capture_cstr(slot, name, PHRUDE_NAME_MAX);
	}
	audit_args(slot, how, args, n);
	s->frame = current_frame(s, &s->proc);
	return slot;
}

static __always_inline __u64 usdt_arg(struct pt_regs *ctx, __u32 spec)
{
	__u64 v = dwarf_reg(ctx, spec & 0x7f);

	if (spec & COOKIE_ARG_MEMORY)
		v = read_u64(NULL, v + (__s16)(spec >> 8));
	return v;
}

static __always_inline int usdt_hit(struct pt_regs *ctx, __u64 cookie)
{
	__u64 name, args;

	name = usdt_arg(ctx, cookie_usdt_arg(cookie, 0));
	if (!prefilter_cstr(name))
		return 0;
	args = usdt_arg(ctx, cookie_usdt_arg(cookie, 1));
	EVENT(event_audit(event_open(pass), AUDIT_TUPLE, name, args, 0));
	return 0;
}

SEC("uprobe")
int audit_usdt(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	struct py_proc *p = event_target(cookie_group(cookie), PROBE_AUDIT);
	__u64 began = cost_begin(p);

	keep_own_stack(ctx);
	if (p)
		usdt_hit(ctx, cookie);
	cost_end(began);
	return 0;
}

/* Claims scratch, and puts the arguments of such a call there. */
static __always_inline __u32 open_call(struct pt_regs *ctx, __u64 cookie, __u32 pass)
{
	__u32 slot = event_open(pass);
	struct scratch *s = scratch_get(slot);

	if (!s)
		return slot;
	s->va[0] = PT_REGS_PARM1(ctx);
	s->va[1] = PT_REGS_PARM2(ctx);
	s->va[2] = PT_REGS_PARM3(ctx);
	s->va[3] = PT_REGS_PARM4(ctx);
	s->va[4] = PT_REGS_PARM5(ctx);
	s->va[5] = sixth_argument(ctx);
	s->va_count = VA_REGS;
	s->va_idx = (cookie_event_arg(cookie) & 1) + 2; /* behind the event and the format */
	s->va_stack = PT_REGS_SP(ctx) + cookie_stack(cookie) + 8; /* behind the return address */
	return slot;
}

/* PySys_Audit(event, format, ...), _PySys_Audit(tstate, event, format, ...), Python/sysmodule.c. */
static __always_inline int call_hit(struct pt_regs *ctx, __u64 cookie)
{
	__u64 a = PT_REGS_PARM1(ctx), b = PT_REGS_PARM2(ctx), name;

	/*
	 * Or the compiler would choose which register to read, and a context has no variable
	 * offsets.
	 */
	barrier_var(a);
	barrier_var(b);
	name = cookie_event_arg(cookie) & 1 ? b : a;
	if (!prefilter_cstr(name))
		return 0;
	EVENT(event_audit(open_call(ctx, cookie, pass), AUDIT_FORMAT, name, 0, 0));
	return 0;
}

SEC("uprobe")
int audit_call(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	struct py_proc *p = event_target(cookie_group(cookie), PROBE_AUDIT);
	__u64 began = cost_begin(p);

	keep_own_stack(ctx);
	if (p)
		call_hit(ctx, cookie);
	cost_end(began);
	return 0;
}

static __always_inline int python_hit(struct pt_regs *ctx, struct py_proc *p)
{
	__u64 args = PT_REGS_PARM2(ctx), n = PT_REGS_PARM3(ctx), name;

	if (!n)
		return 0;
	name = read_u64(NULL, args);
	if (!audit_prefixes && !prefilter_str(&p->layout, name))
		return 0;
	EVENT(event_audit(event_open(pass), AUDIT_VECTOR, name, args + 8, n - 1));
	return 0;
}

/* sys.audit(event, ...), METH_FASTCALL. */
SEC("uprobe")
int audit_python(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	struct py_proc *p = event_target(cookie_group(cookie), PROBE_AUDIT);
	__u64 began = cost_begin(p);

	keep_own_stack(ctx);
	if (p)
		python_hit(ctx, p);
	cost_end(began);
	return 0;
}

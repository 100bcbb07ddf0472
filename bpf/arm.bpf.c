// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The probe kind arm: a function is armed while it enters at a handler of its own
 * (user/py/py_sites_arm.c).  One that is watched and not armed is held where it enters until user
 * space has armed it, see abi/hold.h.
 */
#include "event.bpf.h"
#include "proc.bpf.h"
#include <bpf/bpf_tracing.h>

/* The code object that a thread is instrumenting. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} instrumenting SEC(".maps");

/*
 * What is armed in a period (ns >> PERIOD_SHIFT, about a second): more than any application has
 * functions that are watched.  The thread that answers has a real-time priority, and no target may
 * keep it busy.
 */
#define PERIOD_SHIFT 30
#define ARMS_MAX 4096

/* How many there were in this period before this one. */
static __always_inline __u32 arms_before(void)
{
	struct phrude_share *share = share_of(bpf_get_current_pid_tgid() >> 32);
	__u32 period = bpf_ktime_get_ns() >> PERIOD_SHIFT;

	if (!share)
		return ARMS_MAX;
	if (share->arms_in != period) {
		share->arms_in = period;
		share->arms = 0;
	}
	return share->arms++;
}

/* Asks user space and waits.  1: it has done what there was to do. */
static __always_inline int ask(__u32 why, __u64 code, __u64 instr, __u32 watched)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32, index = HOLD_NONE;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);
	struct hold_slot *slot;
	__u64 tstate;

	if (p && arms_before() < ARMS_MAX)
		index = hold_claim(HOLD_ARM);
	slot = hold_slot(index);
	if (!p || !slot)
		return 0;
	slot->asked.arm = (struct hold_arm){ .why = why,
					     .minor = p->layout.minor,
					     .watched = watched,
					     .code = code,
					     .instr = instr,
					     .type_code = p->type_code };
	/* What is not there is not fetched while a slot is claimed. */
	if (!peek(&tstate, sizeof(tstate), tstate_at(p)))
		peek(&slot->asked.arm.interp, sizeof(slot->asked.arm.interp),
		     tstate + p->layout.ts_interp);
	return hold_ask(index);
}

static __always_inline void report(__u32 what)
{
	send_proc(what, bpf_get_current_pid_tgid() >> 32, 0);
}

/*
 * Is the next run of a function that is not armed noticed, too?  What is counted is, until the
 * count is at its end.
 */
static __always_inline bool has_another_try(__u64 code)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);
	__s32 runs = PY_OPCACHE_MIN_RUNS;
	__s16 warmup = 0;

	if (!p)
		return false;
	if (p->layout.code_opcache != PY_NO_FIELD) {
		read_user(NULL, &runs, sizeof(runs), code + p->layout.code_opcache);
		return runs < PY_OPCACHE_MIN_RUNS;
	}
	if (p->layout.code_warmup == PY_NO_FIELD)
		return false;
	read_user(NULL, &warmup, sizeof(warmup), code + p->layout.code_warmup);
	return warmup < -1;
}

static __always_inline int arm_failed(__u64 code)
{
	struct phrude_share *share = share_of(bpf_get_current_pid_tgid() >> 32);

	/* This call is seen in any case. */
	if (has_another_try(code))
		return 0;
	stat_inc(PHRUDE_STAT_LOST_ARM);
	/* User space looks through all of its memory then. */
	if (share && share->arms < ARMS_MAX)
		report(PROC_UNARMED);
	return 0;
}

/* Is a code object that is not armed one to be armed?  By event_close(). */
__noinline __u32 arm_look(__u32 pass, __u64 code, __u64 instr)
{
	__u32 slot = event_open(pass);
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u8 unit[2] = { 0, 0 };

	if (!s)
		return slot;
	l = &s->proc.layout;
	if (l->code_opcache == PY_NO_FIELD &&
	    (read_user(s, unit, sizeof(unit), instr) || unit[1] & l->resume_location_mask ||
	     unit[0] != l->resume_cold))
		return slot;
	match_code(slot, code);
	return slot;
}

/* A watched function may have been entered that is not armed.  1: it is now, or needs not be. */
__noinline int arm_code(__u64 code, __u64 instr)
{
	__u32 pass = 0;

	for (__u64 i = 0; i < PASSES; i++) {
		__u32 slot = arm_look(pass, code, instr);
		struct scratch *s = scratch_get(slot);
		bool wanted;

		if (!s)
			return arm_failed(code);
		wanted = s->verdict == VERDICT_MATCH;
		event_check(slot);
		pass = event_close(slot);
		if (pass)
			continue;
		if (!wanted)
			return 1;
		return ask(ARM_UNARMED, code, instr, 1) ? 1 : arm_failed(code);
	}
	return arm_failed(code);
}

static __always_inline bool is_armed(const struct py_layout *l, __u64 code, __u64 instr)
{
	__u16 warmup = 1;
	__u8 opcode = 0;

	if (l->code_opcache != PY_NO_FIELD)
		return (__s32)read_u32(NULL, code + l->code_opcache) < 0;
	if (l->code_warmup != PY_NO_FIELD) {
		read_user(NULL, &warmup, sizeof(warmup), code + l->code_warmup);
		return !warmup;
	}
	return !read_user(NULL, &opcode, 1, instr) && opcode == l->resume_armed;
}

static __always_inline __u64 frame_of(const struct py_proc *p, struct pt_regs *ctx, __u64 cookie)
{
	return cookie_frame_reg(cookie) == COOKIE_REG_NONE
		       ? current_frame(NULL, p)
		       : dwarf_reg(ctx, cookie_frame_reg(cookie));
}

static __always_inline int arm_hit(struct pt_regs *ctx, __u64 cookie, struct py_proc *p)
{
	__u64 frame, code, name, instr;
	__u32 flags = cookie_flags(cookie) | PROBE_ARM;
	bool armed;

	frame = frame_of(p, ctx, cookie);
	if (cookie_instr_reg(cookie) != COOKIE_REG_NONE)
		instr = dwarf_reg(ctx, cookie_instr_reg(cookie));
	else
		instr = read_u64(NULL, frame + p->layout.frame_instr);
	code = untag(&p->layout, read_u64(NULL, frame + p->layout.frame_code));
	if (is_resumption(&p->layout, cookie, frame, code, instr))
		return 0;
	/* What is still counted comes by the other probe as well. */
	if (cookie & COOKIE_F_WARM &&
	    (__s32)read_u32(NULL, code + p->layout.code_opcache) < PY_OPCACHE_MIN_RUNS)
		return 0;
	hit_inc(PROBE_ARM);
	if (read_user(NULL, &name, sizeof(name), code + p->layout.code_name)) {
		stat_inc(PHRUDE_STAT_LOST_UNREADABLE);
		return 0;
	}
	if (!prefilter_str(&p->layout, name))
		return 0;
	armed = !(flags & COOKIE_F_ARMS) || is_armed(&p->layout, code, instr) ||
		arm_code(code, instr);
	if (flags & COOKIE_F_SILENT || (flags & COOKIE_F_FALLBACK && armed))
		return 0;
	EVENT(event_frame(flags | pass << PASS_SHIFT, frame, code));
	return 0;
}

/* A function entered where armed ones do, or for the first time. */
SEC("?uprobe")
int arm_entry(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	struct py_proc *p = event_process(cookie_group(cookie));
	__u64 began = cost_begin(p);

	keep_own_stack(ctx);
	if (p)
		arm_hit(ctx, cookie, p);
	cost_end(began);
	return 0;
}

/* _Py_Instrument(code, interp), Python/instrumentation.c. */
SEC("?uprobe")
int arm_instrument(struct pt_regs *ctx)
{
	struct py_proc *p = event_process(cookie_group(bpf_get_attach_cookie(ctx)));
	__u64 code = PT_REGS_PARM1(ctx);
	__u32 tid = bpf_get_current_pid_tgid();

	keep_own_stack(ctx);
	if (p && prefilter_str(&p->layout, read_u64(NULL, code + p->layout.code_name)))
		bpf_map_update_elem(&instrumenting, &tid, &code, BPF_ANY);
	return 0;
}

SEC("?uretprobe")
int arm_instrumented(struct pt_regs *ctx)
{
	struct py_proc *p = event_process(cookie_group(bpf_get_attach_cookie(ctx)));
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 *found, code, instr;

	keep_own_stack(ctx);
	found = bpf_map_lookup_elem(&instrumenting, &tid);
	if (!p || !found)
		return 0;
	code = *found;
	bpf_map_delete_elem(&instrumenting, &tid);
	instr = code + p->layout.code_adaptive +
		2ULL * read_u32(NULL, code + p->layout.code_firsttraceable);
	if (!is_armed(&p->layout, code, instr))
		arm_code(code, instr);
	return 0;
}

/*
 * 3.12: PyEval_EvalCode(), which every interpreter of a process calls before any other Python code
 * of it runs.  Until its monitoring version is set, none of its functions would be noticed at their
 * first run.
 */
SEC("?uprobe")
int arm_start(struct pt_regs *ctx)
{
	__u32 group = cookie_group(bpf_get_attach_cookie(ctx));
	struct py_proc *p;
	__u64 interp, version = 0;

	keep_own_stack(ctx);
	/* Whichever comes first, this program or python_start(). */
	python_recognise(group, PT_REGS_IP(ctx));
	p = event_process(group);
	if (!p)
		return 0;
	interp = read_u64(NULL, current_tstate(NULL, p) + p->layout.ts_interp);
	if (!read_user(NULL, &version, sizeof(version),
		       interp + p->layout.interp_monitoring_version) &&
	    version)
		return 0;
	if (!ask(ARM_VERSION, 0, 0, 0))
		stat_inc(PHRUDE_STAT_LOST_ARM);
	return 0;
}

/* A function entered where those do that are not armed. */
SEC("?uprobe")
int arm_hot(struct pt_regs *ctx)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct py_proc *p = bpf_map_lookup_elem(&procs, &pid);
	__u64 code, name, cookie = bpf_get_attach_cookie(ctx);
	__u32 watched, *left = bpf_map_lookup_elem(&arm_pending, &pid);

	keep_own_stack(ctx);
	if (!p || p->state != PY_PROC_TRACED || !left)
		return 0;
	code = untag(&p->layout, read_u64(NULL, frame_of(p, ctx, cookie) + p->layout.frame_code));
	if (read_user(NULL, &name, sizeof(name), code + p->layout.code_name))
		return 0;
	watched = prefilter_str(&p->layout, name);
	/*
	 * The last one cannot be armed where it is entered itself; but then nothing else is slowed
	 * down, either.
	 */
	if (watched && *left == 1)
		return 0;
	if (ask(ARM_PENDING, code, 0, watched) && !bpf_map_lookup_elem(&arm_pending, &pid))
		report(PROC_ARMED);
	return 0;
}

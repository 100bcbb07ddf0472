// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The probe kind arm: a function is armed while it enters at a handler of its own (user/py/py_sites_arm.c).  One
 * that is watched and not armed is held where it enters until user space has armed it, see abi/arm.h.
 */
#include "event.bpf.h"
#include "proc.bpf.h"
#include <bpf/bpf_tracing.h>
#include "abi/arm.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} arm_requests SEC(".maps");

/* Written by both sides; user space has it mapped. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PHRUDE_ARM_SLOTS);
	__type(key, __u32);
	__type(value, struct arm_slot);
} arm_slots SEC(".maps");

/* The code object that a thread is instrumenting. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} instrumenting SEC(".maps");

/* Looks at the answer in one round, rounds in one turn, and turns: they take about as long as ARM_WORK_NS. */
#define LOOKS 256
#define ROUNDS 256
#define TURNS 256

static __always_inline struct arm_slot *slot_get(__u32 index)
{
	return bpf_map_lookup_elem(&arm_slots, &index);
}

/* 1: it is over. `code` is an address of the target, read to give others the CPU. */
__noinline int wait_round(__u32 index, __u64 token, __u64 code, __u64 start)
{
	struct arm_slot *slot = slot_get(index);
	__u64 waited;
	__u8 byte;

	if (!slot)
		return 1;
	for (int i = 0; i < LOOKS; i++) {
		if (*(volatile __u64 *)&slot->state == arm_state(token, ARM_DONE))
			return 1;
	}
	/* Of all that a program may do, this gives up the CPU to those that should have it: it looks the page up as for
	 * another process, with cond_resched() (__get_user_pages(), mm/gup.c). */
	if (cfg_sleepable)
		bpf_copy_from_user_task(&byte, 1, (const void *)code, bpf_get_current_task_btf(),
					0);
	waited = bpf_ktime_get_ns() - start;
	if (waited > ARM_WORK_NS)
		return 1;
	if (waited < ARM_WAIT_NS)
		return 0;
	return __sync_val_compare_and_swap(&slot->state, arm_state(token, ARM_ASKED),
					   arm_state(token, ARM_GIVEN_UP)) ==
	       arm_state(token, ARM_ASKED);
}

/* Functions of their own, for the verifier to follow one turn of each loop only. */
__noinline int wait_turn(__u32 index, __u64 token, __u64 code, __u64 start)
{
	for (int i = 0; i < ROUNDS; i++) {
		if (wait_round(index, token, code, start))
			return 1;
	}
	return 0;
}

static __always_inline int wait_answer(__u32 index, __u64 token, __u64 code)
{
	struct arm_slot *slot;

	for (int i = 0; i < TURNS; i++) {
		if (wait_turn(index, token, code, token))
			break;
	}
	slot = slot_get(index);
	return slot && *(volatile __u64 *)&slot->state == arm_state(token, ARM_DONE);
}

static __always_inline __u32 slot_claim(void)
{
	__u32 start = bpf_get_smp_processor_id();

	for (__u32 i = 0; i < 8; i++) {
		__u32 index = (start + i) % PHRUDE_ARM_SLOTS;
		struct arm_slot *slot = slot_get(index);

		if (slot && !slot->busy && !__sync_val_compare_and_swap(&slot->busy, 0, 1))
			return index;
	}
	return PHRUDE_ARM_SLOTS;
}

/* Asks user space and waits.  1: it has done what there was to do. */
__noinline int ask(__u32 why, __u64 code, __u64 instr, __u32 watched)
{
	struct arm_request rq = { .why = why, .code = code, .instr = instr, .watched = watched };
	__u64 id = bpf_get_current_pid_tgid();
	struct arm_slot *slot;
	struct py_proc *p;
	int done = 0;

	rq.pid = id >> 32;
	rq.tid = id;
	p = bpf_map_lookup_elem(&procs, &rq.pid);
	rq.slot = slot_claim();
	slot = slot_get(rq.slot);
	if (!slot)
		return 0;
	if (p) {
		rq.minor = p->layout.minor;
		rq.type_code = p->type_code;
		rq.interp = read_u64(current_tstate(p) + p->layout.ts_interp);
		rq.token = bpf_ktime_get_ns();
		slot->state = arm_state(rq.token, ARM_ASKED);
		if (!bpf_ringbuf_output(&arm_requests, &rq, sizeof(rq), BPF_RB_FORCE_WAKEUP))
			done = wait_answer(rq.slot, rq.token, code);
	}
	__sync_lock_test_and_set(&slot->busy, 0);
	return done;
}

static __always_inline void report(__u32 what)
{
	send_proc(what, bpf_get_current_pid_tgid() >> 32, 0);
}

static __always_inline int arm_failed(void)
{
	stat_inc(PHRUDE_STAT_LOST_ARM);
	report(PROC_UNARMED);
	return 0;
}

/* A watched function may have been entered that is not armed.  1: it is now, or needs not be. */
__noinline int arm_code(__u64 code, __u64 instr)
{
	__u32 slot = event_open();
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u8 unit[2] = { 0, 0 };

	if (!s)
		return arm_failed();
	l = &s->proc.layout;
	if (l->code_opcache == PY_NO_FIELD &&
	    (read_user(unit, sizeof(unit), instr) || unit[1] & l->resume_location_mask ||
	     unit[0] != l->resume_cold))
		goto out;
	if (!match_code(slot, code))
		goto out;
	scratch_release(slot);
	return ask(ARM_UNARMED, code, instr, 1) ? 1 : arm_failed();
out:
	scratch_release(slot);
	return 1;
}

static __always_inline bool is_armed(const struct py_layout *l, __u64 code, __u64 instr)
{
	__u16 warmup = 1;
	__u8 opcode = 0;

	if (l->code_opcache != PY_NO_FIELD)
		return (__s32)read_u32(code + l->code_opcache) < 0;
	if (l->code_warmup != PY_NO_FIELD) {
		read_user(&warmup, sizeof(warmup), code + l->code_warmup);
		return !warmup;
	}
	return !read_user(&opcode, 1, instr) && opcode == l->resume_armed;
}

static __always_inline __u64 frame_of(const struct py_proc *p, struct pt_regs *ctx, __u64 cookie)
{
	return (cookie & 0xff) == COOKIE_REG_NONE ? current_frame(p)
						  : dwarf_reg(ctx, cookie & 0xff);
}

/* A function entered where armed ones do, or for the first time. */
SEC("?uprobe")
int arm_entry(struct pt_regs *ctx)
{
	__u64 cookie = bpf_get_attach_cookie(ctx);
	struct py_proc *p = event_process(cookie >> COOKIE_GROUP_SHIFT);
	__u64 frame, code, name, instr;
	__u32 flags = (cookie & 0xffff0000) | PROBE_ARM;
	bool armed;

	keep_own_stack(ctx);
	if (!p)
		return 0;
	frame = frame_of(p, ctx, cookie);
	if ((cookie >> 8 & 0xff) != COOKIE_REG_NONE)
		instr = dwarf_reg(ctx, cookie >> 8 & 0xff);
	else
		instr = read_u64(frame + p->layout.frame_instr);
	code = untag(&p->layout, read_u64(frame + p->layout.frame_code));
	if (is_resumption(&p->layout, cookie, frame, code, instr))
		return 0;
	/* What is still counted comes by the other probe as well. */
	if (cookie & COOKIE_F_WARM &&
	    (__s32)read_u32(code + p->layout.code_opcache) < PY_OPCACHE_MIN_RUNS)
		return 0;
	stat_inc(PHRUDE_STAT_HITS);
	if (read_user(&name, sizeof(name), code + p->layout.code_name)) {
		stat_inc(PHRUDE_STAT_LOST_UNREADABLE);
		return 0;
	}
	if (!prefilter_str(&p->layout, name))
		return 0;
	armed = !(flags & COOKIE_F_ARMS) || is_armed(&p->layout, code, instr) ||
		arm_code(code, instr);
	if (flags & COOKIE_F_SILENT || (flags & COOKIE_F_FALLBACK && armed))
		return 0;
	return event_finish(event_frame(flags, frame, code));
}

/* _Py_Instrument(code, interp), Python/instrumentation.c. */
SEC("?uprobe")
int arm_instrument(struct pt_regs *ctx)
{
	struct py_proc *p = event_process(bpf_get_attach_cookie(ctx) >> COOKIE_GROUP_SHIFT);
	__u64 code = PT_REGS_PARM1(ctx);
	__u32 tid = bpf_get_current_pid_tgid();

	keep_own_stack(ctx);
	if (p && prefilter_str(&p->layout, read_u64(code + p->layout.code_name)))
		bpf_map_update_elem(&instrumenting, &tid, &code, BPF_ANY);
	return 0;
}

SEC("?uretprobe")
int arm_instrumented(struct pt_regs *ctx)
{
	struct py_proc *p = event_process(bpf_get_attach_cookie(ctx) >> COOKIE_GROUP_SHIFT);
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 *found, code, instr;

	keep_own_stack(ctx);
	found = bpf_map_lookup_elem(&instrumenting, &tid);
	if (!p || !found)
		return 0;
	code = *found;
	bpf_map_delete_elem(&instrumenting, &tid);
	instr = code + p->layout.code_adaptive +
		2ULL * read_u32(code + p->layout.code_firsttraceable);
	if (!is_armed(&p->layout, code, instr))
		arm_code(code, instr);
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
	code = untag(&p->layout, read_u64(frame_of(p, ctx, cookie) + p->layout.frame_code));
	if (read_user(&name, sizeof(name), code + p->layout.code_name))
		return 0;
	watched = prefilter_str(&p->layout, name);
	/* The last one cannot be armed where it is entered itself; but then nothing else is slowed down, either. */
	if (watched && *left == 1)
		return 0;
	if (ask(ARM_PENDING, code, 0, watched) && !bpf_map_lookup_elem(&arm_pending, &pid))
		report(PROC_ARMED);
	return 0;
}

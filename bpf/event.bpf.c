// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "event.bpf.h"
#include "code.bpf.h"
#include "digest.bpf.h"
#include "finish.bpf.h"

__noinline int event_head(__u32 slot, __u32 probe_callee, __u64 code, __u64 self)
{
	struct scratch *s = scratch_get(slot);
	__u64 id = bpf_get_current_pid_tgid();
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 pid = id >> 32;
	struct ev_match *m;

	if (!s)
		return 0;
	m = (void *)s->data;
	__builtin_memset(m, 0, sizeof(*m));
	m->hdr.kind = EV_MATCH;
	m->hdr.abi = PHRUDE_ABI_VERSION;
	m->hdr.time_ns = bpf_ktime_get_ns();
	m->hdr.pid = pid;
	m->hdr.tid = id;
	m->probe = probe_callee;
	m->callee = probe_callee >> 8;
	m->ppid = BPF_CORE_READ(task, real_parent, tgid);
	m->uid = bpf_get_current_uid_gid();
	m->code = code;
	m->self_type = self ? read_u64(s, self + OB_TYPE) : 0;
	m->cgroup = bpf_get_current_cgroup_id();
	m->layout = s->proc.layout.minor;
	bpf_get_current_comm(m->comm, sizeof(m->comm));
	return 0;
}

/* Is it to be put together once more, as pages are missing that may be had? */
static __always_inline bool comes_again(struct scratch *s, __u32 slot)
{
	return s->nr_missing && s->pass < LAST_PASS && fetch_later(slot);
}

__noinline int event_check(__u32 slot)
{
	struct scratch *s = scratch_get(slot);

	if (s && !comes_again(s, slot) && s->verdict == VERDICT_UNREADABLE)
		stat_inc(PHRUDE_STAT_LOST_UNREADABLE);
	return 0;
}

/* Bytes of an event up to which there may be callers. */
#define STACK_SPACE (PHRUDE_EVENT_MAX - 64 - PHRUDE_REQUEST_SPACE)
/* Bytes of it that the innermost callers leave to others, and these to the outermost ones. */
#define DEEP_SPACE (12 * 1024)
#define OUTER_SPACE (6 * 1024)

/*
 * The callers; of too many the innermost and the outermost ones, and the functions of those
 * between.
 */
static __always_inline void event_callers(struct scratch *s, __u32 slot)
{
	__u32 n;

	s->nr_callers = 0;
	s->limit = STACK_SPACE - DEEP_SPACE;
	capture_stack(slot, FRAMES_INNER);
	s->nr_inner = s->nr_callers;
	s->middle = s->frame;
	s->outer = s->frame;
	if (s->frame) {
		s->limit = STACK_SPACE - OUTER_SPACE;
		for (int i = 0; i < DEEP_CHUNKS; i++) {
			if (!deep_walk(slot))
				break;
		}
		s->limit = STACK_SPACE;
		n = s->nr_inner + deep_outer(slot);
		capture_stack(slot, n);
		if (s->nr_callers < n)
			s->cut |= EV_CUT_STACK | EV_CUT_SPACE;
	}
	node_mark(s, SEC_STACK_END, 0);
}

/* What else is needed of them, and the request: the innermost one. */
static __always_inline void event_request(struct scratch *s, __u32 slot)
{
	finish_stack(slot, 0, s->nr_inner);
	s->frame = s->middle;
	for (int i = 0; i < DEEP_CHUNKS; i++) {
		if (!deep_requests(slot))
			break;
	}
	finish_stack(slot, s->nr_inner, s->nr_callers);
	if (request_wanted(s))
		request_follow(slot);
}

/* Adds call stack and request; false if one like it was dismissed. */
static __always_inline bool event_complete(struct scratch *s, struct ev_match *m, __u32 slot)
{
	s->limit = STACK_SPACE;
	if (conditions) {
		digest_begin(slot);
		m->digest_args = digest_event(slot);
		if (is_dismissed(s, m->digest_args))
			return false;
	}
	event_callers(s, slot);
	if (conditions) {
		m->digest_stack = digest_event(slot);
		if (is_dismissed(s, m->digest_stack))
			return false;
	}
	event_request(s, slot);
	s->limit = PHRUDE_EVENT_MAX - 64;
	if (s->request) {
		capture_request(slot);
		capture_body(slot);
	}
	return true;
}

static __always_inline void count_cuts(const struct scratch *s)
{
	__u32 cut = s->cut;

	if (s->tables_lost)
		stat_add(PHRUDE_STAT_LINETABLE_LOST, s->tables_lost);
	if (cut & EV_CUT_ARGS)
		stat_inc(PHRUDE_STAT_CUT_ARGS);
	if (cut & EV_CUT_STACK)
		stat_inc(PHRUDE_STAT_CUT_STACK);
	if (cut & EV_CUT_MIDDLE)
		stat_inc(PHRUDE_STAT_CUT_MIDDLE);
	if (cut & EV_CUT_UNREADABLE)
		stat_inc(PHRUDE_STAT_CUT_UNREADABLE);
}

__noinline int event_send(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct ev_match *m;
	struct py_proc *p;
	bool wanted;
	__u32 len;

	if (!s)
		return 0;
	if (s->verdict != VERDICT_MATCH)
		return event_check(slot);
	m = (void *)s->data;
	wanted = event_complete(s, m, slot);
	if (comes_again(s, slot))
		return 0;
	stat_inc(PHRUDE_STAT_MATCHES);
	if (!wanted) {
		stat_inc(PHRUDE_STAT_DISMISSED);
		return 0;
	}
	p = bpf_map_lookup_elem(&procs, &m->hdr.pid);
	if (p)
		m->seq = __sync_fetch_and_add(&p->seq, 1);
	m->cut = s->cut;
	count_cuts(s);
	len = s->len;
	if (len > PHRUDE_EVENT_MAX)
		len = PHRUDE_EVENT_MAX;
	m->hdr.size = len;
	charge(slot);
	if (bpf_ringbuf_output(&events, s->data, len, wakeup_flags(bpf_ktime_get_ns())))
		stat_inc(PHRUDE_STAT_LOST_RING);
	return 0;
}

__noinline int describe_python(__u32 slot, __u64 code, __u64 func)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	struct ev_func *f;
	__u64 qualname = 0;

	if (!s)
		return 0;
	l = &s->proc.layout;
	/* Nothing that captures a str uses s->head. */
	peek_code(s, code);
	section_str(s, slot, SEC_NAME, HEAD64(s, l->code_name), 4 * PHRUDE_NAME_MAX);
	if (func)
		qualname = read_u64(s, func + l->func_qualname);
	else if (l->code_qualname != PY_NO_FIELD)
		qualname = HEAD64(s, l->code_qualname);
	section_str(s, slot, SEC_QUALNAME, qualname, 4 * PHRUDE_NAME_MAX);
	section_str(s, slot, SEC_FILE, HEAD64(s, l->code_filename), 4 * PHRUDE_PATH_MAX);

	f = (void *)&s->data[(s->len + NODE_SZ) & (PHRUDE_EVENT_MAX - 1)];
	f->argcount = HEAD32(s, l->code_argcount);
	f->posonlyargcount = HEAD32(s, l->code_posonlyargcount);
	f->kwonlyargcount = HEAD32(s, l->code_kwonlyargcount);
	f->flags = HEAD32(s, l->code_flags);
	f->firstlineno = HEAD32(s, l->code_firstlineno);
	f->ndefaults = 0;
	if (func) {
		__u64 defaults = read_u64(s, func + l->func_defaults);

		if (defaults && defaults != s->proc.none)
			f->ndefaults = read_u64(s, defaults + OB_SIZE);
	}
	node_put(s, SEC_FUNC, 0, 0, sizeof(*f));
	return 0;
}

__noinline int match_code(__u32 slot, __u64 code)
{
	struct scratch *s = scratch_get(slot);
	int r;

	if (!s)
		return MATCH_NO;
	r = match_name_str(slot, read_u64(s, code + s->proc.layout.code_name));
	if (r == MATCH_YES)
		r = match_file(slot, read_u64(s, code + s->proc.layout.code_filename));
	if (r == MATCH_CLASS)
		r = s->proc.layout.code_qualname == PY_NO_FIELD
			    ? MATCH_YES
			    : match_qualname(slot,
					     read_u64(s, code + s->proc.layout.code_qualname));
	s->verdict = r < 0 ? VERDICT_UNREADABLE : r == MATCH_YES ? VERDICT_MATCH : VERDICT_NO;
	return r == MATCH_YES;
}

/*
 * Will the function start once more?  After tracing or monitoring was switched, RESUME instruments
 * the code and runs again (Python/bytecodes.c).
 */
__noinline int is_stale(__u32 slot, __u32 probe_flags, __u64 code)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 version, tstate;

	if (!s)
		return 0;
	l = &s->proc.layout;
	if (!(probe_flags & COOKIE_F_RESUME) || !(l->features & PY_F_MONITORING) ||
	    probe_flags & COOKIE_F_FALLBACK)
		return 0;
	tstate = current_tstate(s, &s->proc);
	if (l->features & PY_F_MONITORING_TSTATE) {
		if (read_u32(s, tstate + l->ts_tracing))
			return 0;
		version = read_u64(s, tstate + l->ts_eval_breaker) & ~0xffULL;
	} else {
		version = read_u64(s, read_u64(s, tstate + l->ts_interp) +
					      l->interp_monitoring_version);
	}
	return read_u64(s, code + l->code_instr_version) != version;
}

__noinline __u32 event_frame(__u32 probe_flags, __u64 frame, __u64 code)
{
	__u32 slot = event_open(PASS_OF(probe_flags));
	struct scratch *s = scratch_get(slot);
	bool known;

	if (!s)
		return slot;
	known = callee_known(slot, code);
	if (known)
		s->verdict = VERDICT_MATCH;
	else if (!match_code(slot, code))
		return slot;
	if (is_stale(slot, probe_flags, code)) {
		s->verdict = VERDICT_NO;
		return slot;
	}
	if (!event_admit(s))
		return slot;
	/* Its locals and its callers; where frames are objects, each is read by itself. */
	if (!(s->proc.layout.features & PY_F_FRAME_OBJECT))
		window_load(slot, frame);
	event_head(slot, (probe_flags & PROBE_MASK) | CALLEE_PYTHON << 8, code,
		   untag(&s->proc.layout, stack_u64(s, frame + s->proc.layout.frame_localsplus)));
	if (known) {
		s->len += s->callee.len;
	} else {
		describe_python(slot, code, 0);
		callee_begin(slot, sizeof(struct ev_match));
	}
	capture_params(slot, frame, code, probe_flags);
	callee_learn(slot, code);
	s->frame = stack_u64(s, frame + s->proc.layout.frame_previous);
	return slot;
}

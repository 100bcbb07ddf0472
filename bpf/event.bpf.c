// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "event.bpf.h"
#include "digest.bpf.h"
#include "request.bpf.h"

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

/* The callers; of too many the innermost and the outermost ones, and the functions of those between. */
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
	if (!s->request)
		request_follow(slot);
}

/* Adds call stack and request; false if one like it was dismissed. */
static __always_inline bool event_complete(struct scratch *s, struct ev_match *m, __u32 slot)
{
	s->limit = STACK_SPACE;
	if (conditions) {
		digest_begin(slot);
		m->digest_args = digest_event(slot);
		if (is_dismissed(m->digest_args))
			return false;
	}
	event_callers(s, slot);
	if (conditions) {
		m->digest_stack = digest_event(slot);
		if (is_dismissed(m->digest_stack))
			return false;
	}
	event_request(s, slot);
	s->limit = PHRUDE_EVENT_MAX - 64;
	if (s->request)
		capture_request(slot);
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

static __always_inline void section_str(struct scratch *s, __u32 slot, __u8 section, __u64 str,
					__u32 max)
{
	if (str && node_mark(s, section, 0))
		capture_str(slot, str, max);
}

/* SEC_NAME, SEC_QUALNAME, SEC_FILE, SEC_FUNC of a code object; func: its PyFunctionObject, or 0. */
__noinline int describe_python(__u32 slot, __u64 code, __u64 func)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	struct ev_func *f;
	__u64 qualname = 0;

	if (!s)
		return 0;
	l = &s->proc.layout;
	section_str(s, slot, SEC_NAME, read_u64(s, code + l->code_name), 4 * PHRUDE_NAME_MAX);
	if (func)
		qualname = read_u64(s, func + l->func_qualname);
	else if (l->code_qualname != PY_NO_FIELD)
		qualname = read_u64(s, code + l->code_qualname);
	section_str(s, slot, SEC_QUALNAME, qualname, 4 * PHRUDE_NAME_MAX);
	section_str(s, slot, SEC_FILE, read_u64(s, code + l->code_filename), 4 * PHRUDE_PATH_MAX);

	f = (void *)&s->data[(s->len + NODE_SZ) & (PHRUDE_EVENT_MAX - 1)];
	f->argcount = read_u32(s, code + l->code_argcount);
	f->posonlyargcount = read_u32(s, code + l->code_posonlyargcount);
	f->kwonlyargcount = read_u32(s, code + l->code_kwonlyargcount);
	f->flags = read_u32(s, code + l->code_flags);
	f->firstlineno = read_u32(s, code + l->code_firstlineno);
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
 * Will the function start once more?  After tracing or monitoring was switched, RESUME instruments the code and runs
 * again (Python/bytecodes.c).
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

	if (!s || !match_code(slot, code))
		return slot;
	if (is_stale(slot, probe_flags, code)) {
		s->verdict = VERDICT_NO;
		return slot;
	}
	if (!event_admit(s))
		return slot;
	event_head(slot, (probe_flags & PROBE_MASK) | CALLEE_PYTHON << 8, code,
		   untag(&s->proc.layout, read_u64(s, frame + s->proc.layout.frame_localsplus)));
	describe_python(slot, code, 0);
	capture_params(slot, frame, code, probe_flags);
	s->frame = read_u64(s, frame + s->proc.layout.frame_previous);
	return slot;
}

/* No condition on `first`, and none on i alone but the loop's: the verifier would follow the rounds once for each outcome. */
__noinline int capture_posargs(__u32 slot, __u64 tuple, __u32 skip, __u32 first)
{
	struct scratch *s = scratch_get(slot);
	__u64 n;

	if (!s || !tuple)
		return 0;
	n = read_u64(s, tuple + OB_SIZE);
	if (n > PHRUDE_ARGS_MAX)
		s->cut |= EV_CUT_ARGS;
	for (__u32 i = 0; i < PHRUDE_ARGS_MAX; i++) {
		if ((__u64)i + skip >= n || !node_mark(s, SEC_POSARG, first + i))
			break;
		capture_value(slot, read_u64(s, tuple + s->proc.layout.tuple_items +
							8 * ((__u64)i + skip)));
	}
	return 0;
}

__noinline int capture_kwargs(__u32 slot, __u64 dict)
{
	struct scratch *s = scratch_get(slot);

	if (!s || !dict)
		return 0;
	for (__u32 i = 0; i < PHRUDE_ARGS_MAX; i++) {
		__u64 value;

		/* capture_value() uses the stack from its first level on */
		dict_open(slot, 0, dict);
		if (i >= s->stack[0].count)
			return 0;
		if (!dict_entry(slot, 0, i))
			continue;
		value = *(__u64 *)&s->head[8];
		if (!node_mark(s, SEC_KWARG, 0))
			return 0;
		capture_str(slot, *(__u64 *)&s->head[0], PHRUDE_NAME_MAX);
		capture_value(slot, value);
	}
	s->cut |= EV_CUT_ARGS;
	return 0;
}

/* Defaults of a Python function: SEC_DEFAULT from the last parameter backwards, SEC_KWDEFAULTS. */
__noinline int capture_defaults(__u32 slot, __u64 func)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 defaults, n;

	if (!s)
		return 0;
	l = &s->proc.layout;
	defaults = read_u64(s, func + l->func_defaults);
	if (defaults && defaults != s->proc.none) {
		n = read_u64(s, defaults + OB_SIZE);
		for (__u32 i = 0; i < PHRUDE_ARGS_MAX; i++) {
			if (i >= n || !node_mark(s, SEC_DEFAULT, i))
				break;
			capture_value(slot,
				      read_u64(s, defaults + l->tuple_items + 8 * (n - 1 - i)));
		}
	}
	defaults = read_u64(s, func + l->func_kwdefaults);
	if (defaults && node_mark(s, SEC_KWDEFAULTS, 0))
		capture_value(slot, defaults);
	return 0;
}

/* A call of a Python function, as itself or bound to `self`.  Inline: one level of calls less, of the eight that there are. */
static __always_inline int call_python(__u32 slot, __u64 func, __u64 args, __u64 kwargs)
{
	struct scratch *s = scratch_get(slot);
	__u64 code, self;
	__u32 first = 0;

	if (!s)
		return 0;
	self = s->frame; /* passed there: a function that the verifier checks by itself takes five scalars */
	code = read_u64(s, func + s->proc.layout.func_code);
	describe_python(slot, code, func);
	capture_param_names(slot, code);
	if (self && node_mark(s, SEC_POSARG, 0)) {
		capture_value(slot, self);
		first = 1;
	}
	capture_posargs(slot, args, 0, first);
	capture_kwargs(slot, kwargs);
	capture_defaults(slot, func);
	return 0;
}

/* A call of a C function (def: its PyMethodDef) of a module, or of the type whose tp_name is given, or of a type. */
__noinline int call_c(__u32 slot, __u64 def, __u64 module, __u64 tp_name, __u64 doc)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;

	if (!s)
		return 0;
	l = &s->proc.layout;
	if (def && node_mark(s, SEC_NAME, 0))
		capture_cstr(slot, read_u64(s, def + l->ml_name), PHRUDE_NAME_MAX);
	section_str(s, slot, SEC_MODULE, module, 4 * PHRUDE_NAME_MAX);
	if (tp_name && node_mark(s, SEC_TYPENAME, 0))
		capture_cstr(slot, tp_name, PHRUDE_NAME_MAX);
	if (doc && node_mark(s, SEC_SIGNATURE, 0))
		capture_cstr(slot, doc, PHRUDE_DOC_MAX);
	return 0;
}

/* What a callable is. */
struct callee {
	__u64 func; /* PyFunctionObject */
	__u64 self;
	__u64 subject; /* what a method written in C is called on, if it is bound to that */
	__u64 def;     /* PyMethodDef */
	__u64 module;  /* str */
	__u64 tp_name; /* C string */
	__u64 doc;     /* C string: ml_doc or tp_doc */
	__u32 kind;    /* enum ev_callee, 0: something else */
	bool unbound;  /* the first argument is self */
};

static __always_inline bool is_type(struct scratch *s, __u64 obj_type)
{
	const struct py_proc *p = &s->proc;

	/* A metaclass has Py_TPFLAGS_TYPE_SUBCLASS. */
	return obj_type == p->type_type || read_u64(s, obj_type + p->layout.type_flags) >> 31 & 1;
}

static __always_inline void classify(struct scratch *s, __u64 callable, struct callee *c)
{
	const struct py_proc *p = &s->proc;
	const struct py_layout *l = &p->layout;
	__u64 type = read_u64(s, callable + OB_TYPE), self;

	if (type == p->type_method) {
		c->self = read_u64(s, callable + l->method_self);
		callable = read_u64(s, callable + l->method_func);
		type = read_u64(s, callable + OB_TYPE);
	}
	if (type == p->type_function) {
		c->kind = CALLEE_PYTHON;
		c->func = callable;
	} else if (type == p->type_cfunction || type == p->type_cmethod) {
		c->kind = CALLEE_C;
		c->def = read_u64(s, callable + l->cfunc_ml);
		c->module = read_u64(s, callable + l->cfunc_module);
		self = read_u64(s, callable + l->cfunc_self);
		if (!c->module && self) {
			__u64 self_type = read_u64(s, self + OB_TYPE);

			bool of_class = is_type(s, self_type);

			/* a method of an instance, or a class method */
			c->tp_name = read_u64(s, (of_class ? self : self_type) + l->type_name);
			c->subject = of_class ? 0 : self;
		}
	} else if (type == p->type_method_descr) {
		c->kind = CALLEE_C;
		c->def = read_u64(s, callable + l->descr_method);
		c->tp_name = read_u64(s, read_u64(s, callable + l->descr_type) + l->type_name);
		c->unbound = true;
	} else if (is_type(s, type)) {
		c->kind = CALLEE_TYPE;
		c->tp_name = read_u64(s, callable + l->type_name);
		c->doc = read_u64(s, callable + l->type_flags + 8); /* tp_doc follows tp_flags */
	}
	if (c->def)
		c->doc = read_u64(s, c->def + l->ml_doc);
}

__noinline int match_callee_c(__u32 slot, __u64 def, __u64 module, __u64 tp_name)
{
	struct scratch *s = scratch_get(slot);
	__u64 name;
	int r;

	if (!s)
		return 0;
	if (def)
		name = read_u64(s, def + s->proc.layout.ml_name);
	else
		name = tp_name + type_name_start(slot, tp_name);
	r = match_name_cstr(slot, name);
	if (r == MATCH_YES)
		r = module ? match_module_str(slot, module) : match_module_tpname(slot, tp_name);
	s->verdict = r < 0 ? VERDICT_UNREADABLE : r == MATCH_YES ? VERDICT_MATCH : VERDICT_NO;
	return r == MATCH_YES;
}

__noinline __u32 event_call(__u32 probe_flags, __u64 callable, __u64 args, __u64 kwargs)
{
	struct callee c = {};
	__u32 slot = event_open(PASS_OF(probe_flags));
	struct scratch *s = scratch_get(slot);
	__u64 code = 0;

	if (!s)
		return slot;
	classify(s, callable, &c);
	if (c.kind == CALLEE_PYTHON) {
		code = read_u64(s, c.func + s->proc.layout.func_code);
		if (!match_code(slot, code))
			return slot;
	} else if (!c.kind || !match_callee_c(slot, c.def, c.module, c.tp_name)) {
		return slot;
	}
	if (!event_admit(s))
		return slot;
	event_head(slot, (probe_flags & PROBE_MASK) | c.kind << 8, code, c.self);
	s->frame = c.self;
	if (c.kind == CALLEE_PYTHON) {
		call_python(slot, c.func, args, kwargs);
	} else {
		call_c(slot, c.def, c.module, c.tp_name, c.doc);
		capture_posargs(slot, args, c.unbound, 0);
		capture_kwargs(slot, kwargs);
		if (c.unbound && read_u64(s, args + OB_SIZE))
			c.subject = read_u64(s, args + s->proc.layout.tuple_items);
		if (c.subject && node_mark(s, SEC_SELF, 0))
			capture_value(slot, c.subject);
	}
	/* The caller is whoever runs now. */
	s->frame = current_frame(s, &s->proc);
	return slot;
}

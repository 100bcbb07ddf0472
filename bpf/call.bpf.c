// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A call as PyObject_Call has it: a callable, a tuple of positional arguments, a dict of keyword
 * arguments.  What the callable is decides where its name stands.
 */
#include "event.bpf.h"

/*
 * No condition on `first`, and none on i alone but the loop's: the verifier would follow the rounds
 * once for each outcome.
 */
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

/*
 * A call of a Python function, as itself or bound to `self`.  Inline: one level of calls less, of
 * the eight that there are.
 */
static __always_inline int call_python(__u32 slot, __u64 func, __u64 args, __u64 kwargs)
{
	struct scratch *s = scratch_get(slot);
	__u64 code, self;
	__u32 first = 0;

	if (!s)
		return 0;
	/* passed there: a function that the verifier checks by itself takes five scalars */
	self = s->frame;
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

/*
 * A call of a C function (def: its PyMethodDef) of a module, or of the type whose tp_name is given,
 * or of a type.
 */
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

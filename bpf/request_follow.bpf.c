// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * From the root of a stack to the request for whose sake it runs: who awaits the result?
 *
 *   anyio's worker thread        an _asyncio.Future that a task awaits
 *   run_in_executor              _WorkItem -> concurrent Future -> its callback, which sets an
 *                                _asyncio.Future
 *   asgiref's sync_to_async      the task that awaits
 *   a task of its own            Handle -> the task, awaited by another: itself, through gather(),
 *                                wait(), a TaskGroup
 *
 * A task's coroutines stand still meanwhile, and their frames are looked at as those of a stack
 * are. Objects of asyncio are told by the names of their types (Modules/_asynciomodule.c,
 * Lib/asyncio/).
 */
#include "request.bpf.h"

/* Steps, coroutines on the way included. */
#define FOLLOW_STEPS_MAX 64
/* Values on the stack of a coroutine, locals included. */
#define STACK_DEPTH_MAX 4096
/* Callbacks of a future that are looked at. */
#define CALLBACKS_MAX 4

static __always_inline int kind_of(struct scratch *s, __u64 obj)
{
	union text32 name = {};
	__u64 type = 0;

	if (read_user(s, &type, sizeof(type), obj + OB_TYPE))
		return KIND_OTHER;
	if (type == s->proc.type_cfunction)
		return KIND_CFUNCTION;
	if (type == s->proc.type_function)
		return KIND_FUNCTION;
	if (type == s->proc.type_method)
		return KIND_METHOD;
	if (read_user_str(s, name.c, sizeof(name.c), read_u64(s, type + s->proc.layout.type_name)) <
	    0)
		return KIND_OTHER;
	for (__u32 i = 0; i < REQUEST_TYPES_MAX; i++) {
		const volatile struct request_type *t = &cfg_names.types[i];

		if (!t->kind)
			break;
		if (words_eq(t->name.w, name.w, 4))
			return t->kind;
	}
	return KIND_OTHER;
}

__noinline int follow_kind(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);

	return s && cfg_request ? kind_of(s, obj) : KIND_OTHER;
}

/*
 * Does the function pass on the result of a future that it was added to?  Little on the stack: all
 * levels together may use 512 bytes.
 */
__noinline int is_callback(__u32 slot, __u64 func)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	struct words3 name;
	__u64 code, file[2];

	if (!s || !cfg_request)
		return 0;
	l = &s->proc.layout;
	code = read_u64(s, func + l->func_code);
	if (!short_str_by(s, read_u64(s, code + l->code_name), &name, (void *)s->text))
		return false;
	str_tail(s, read_u64(s, code + l->code_filename), file);
	for (__u32 i = 0; i < REQUEST_CALLBACKS_MAX; i++) {
		const volatile struct request_callback *c = &cfg_names.callbacks[i];

		if (!c->func.w[0])
			break;
		if (text24_eq(&c->func, name.w[0], name.w[1], name.w[2]) &&
		    text16_eq(&c->file, file[0], file[1]))
			return true;
	}
	return false;
}

/* The future or task among the free variables of a function, else a function that is. */
__noinline __u64 follow_closure(__u32 slot, __u64 func)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 closure, n, inner = 0;

	if (!s || !cfg_request)
		return 0;
	l = &s->proc.layout;
	closure = read_u64(s, func + l->func_closure);
	n = closure ? read_u64(s, closure + OB_SIZE) : 0;
	for (__u32 i = 0; i < 12; i++) {
		__u64 obj;
		int kind;

		if (i >= n)
			break;
		obj = read_u64(s, read_u64(s, closure + l->tuple_items + 8ULL * i) + l->cell_ref);
		kind = obj ? kind_of(s, obj) : KIND_OTHER; /* no call: eight levels are in use */
		if (kind == KIND_FUTURE || kind == KIND_TASK)
			return obj;
		if (kind == KIND_FUNCTION)
			inner = obj;
	}
	return inner;
}

/* What a done-callback wakes: a task, a future, or a TaskGroup; 0 if it is something else's. */
__noinline __u64 follow_callback(__u32 slot, __u64 callback)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 obj;

	if (!s || !cfg_request || !callback)
		return 0;
	l = &s->proc.layout;
	switch (follow_kind(slot, callback)) {
	case KIND_CFUNCTION:
		obj = read_u64(s, callback + l->cfunc_self);
		return obj && follow_kind(slot, obj) == KIND_TASK ? obj : 0;
	case KIND_WRAPPER:
		return read_u64(s, callback + 16); /* PyObject_HEAD, then the task */
	case KIND_FUNCTION:
		return is_callback(slot, callback) ? follow_closure(slot, callback) : 0;
	case KIND_METHOD:
		return is_callback(slot, read_u64(s, callback + l->method_func))
			       ? read_u64(s, callback + l->method_self)
			       : 0;
	case KIND_PARTIAL:
		/* partialobject (Modules/_functoolsmodule.c): fn @16, args @24 */
		if (!is_callback(slot, read_u64(s, callback + 16)))
			return 0;
		return read_u64(s, read_u64(s, callback + 24) + l->tuple_items);
	default:
		return 0;
	}
}

static __always_inline void follow_push(struct scratch *s, __u64 obj)
{
	if (obj && s->nr_todo < REQUEST_TODO_MAX)
		s->todo[s->nr_todo++ & (REQUEST_TODO_MAX - 1)] = obj;
}

/*
 * Whoever awaits a future, if it is one and no more; first: its callback that stands by itself,
 * list: the others.
 */
__noinline int follow_waiters(__u32 slot, __u64 first, __u64 list, __u32 pairs)
{
	struct scratch *s = scratch_get(slot);
	__u64 waiter, n, items;

	if (!s || !cfg_request)
		return 0;
	waiter = follow_callback(slot, first);
	n = list && list != s->proc.none ? read_u64(s, list + OB_SIZE) : 0;
	items = n ? read_u64(s, list + 24) : 0;
	for (__u32 i = 0; i < CALLBACKS_MAX; i++) {
		__u64 obj;

		if (i >= n)
			break;
		obj = read_u64(s, items + 8ULL * i);
		if (pairs) /* (callback, context) */
			obj = read_u64(s, obj + s->proc.layout.tuple_items);
		obj = follow_callback(slot, obj);
		if (obj && waiter && obj != waiter)
			return 0;
		if (obj)
			waiter = obj;
	}
	if (n <= CALLBACKS_MAX)
		follow_push(s, waiter);
	return 0;
}

/*
 * What a suspended frame awaits: the topmost value of its stack; 0 if it runs, as then its stack is
 * in the interpreter's registers.
 */
static __always_inline __u64 frame_awaits(struct scratch *s, __u64 frame)
{
	const struct py_layout *l = &s->proc.layout;
	__u64 top, obj;
	__u32 depth;

	if (l->frame_stack == PY_STACK_POINTER) {
		top = read_u64(s, frame + l->frame_stacktop);
	} else {
		depth = read_u32(s, frame + l->frame_stacktop); /* of a running frame -1 */
		if (!depth || depth > STACK_DEPTH_MAX)
			return 0;
		top = l->frame_stack == PY_STACK_DEPTH ? read_u64(s, frame + l->frame_valuestack)
						       : frame + l->frame_localsplus;
		top += 8ULL * depth;
	}
	if (!top)
		return 0;
	obj = untag(l, read_u64(s, top - 8));
	/* 3.15: an index, or NULL, stands above what is iterated over. */
	return obj ?: untag(l, read_u64(s, top - 16));
}

/* One object; a coroutine's frame is to be looked at next. */
__noinline int follow_object(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 frame, code;

	if (!s || !cfg_request)
		return 0;
	l = &s->proc.layout;
	switch (follow_kind(slot, obj)) {
	case KIND_TASK:
		follow_waiters(slot, read_u64(s, obj + l->fut_callback),
			       read_u64(s, obj + l->fut_callbacks), 1);
		follow_push(s, read_u64(s, obj + l->task_coro)); /* on top: looked at first */
		return 0;
	case KIND_FUNCTION: /* from a callback's free variables */
		follow_push(s, follow_callback(slot, obj));
		return 0;
	case KIND_FUTURE:
		return follow_waiters(slot, read_u64(s, obj + l->fut_callback),
				      read_u64(s, obj + l->fut_callbacks), 1);
	case KIND_COROUTINE:
		frame = obj + l->gen_frame;
		if (l->features & PY_F_FRAME_OBJECT)
			frame = read_u64(s, frame);
		if (!frame)
			return 0;
		code = untag(l, read_u64(s, frame + l->frame_code));
		if (read_u64(s, code + OB_TYPE) != s->proc.type_code)
			return 0;
		s->at_frame = frame;
		s->at_code = code;
		s->at_names = read_u64(s, code + l->code_varnames);
		follow_push(s, frame_awaits(s, frame));
		return 0;
	case KIND_HANDLE:
		/* the second of its slots, which stand in order of their names: _callback */
		obj = follow_callback(slot, read_u64(s, obj + 24));
		/* That task is running: its frames have been looked at. */
		return obj ? follow_waiters(slot, read_u64(s, obj + l->fut_callback),
					    read_u64(s, obj + l->fut_callbacks), 1)
			   : 0;
	case KIND_WORK_ITEM:
		if (request_held(s, slot, obj))
			follow_push(s, s->held[FOUND_FUTURE]);
		return 0;
	case KIND_CONCURRENT:
		if (request_held(s, slot, obj))
			follow_waiters(slot, 0, s->held[FOUND_CALLBACKS], 0);
		return 0;
	case KIND_GROUP:
		if (request_held(s, slot, obj))
			follow_push(s, s->held[FOUND_PARENT]);
		return 0;
	default:
		return 0;
	}
}

/* What to look at next: what the last object led to, or else another root; 0: nothing is left. */
static __always_inline __u64 follow_next(struct scratch *s)
{
	if (s->nr_todo) {
		s->nr_todo--;
		return s->todo[s->nr_todo & (REQUEST_TODO_MAX - 1)];
	}
	if (s->next_root >= s->nr_roots)
		return 0;
	return s->roots[s->next_root++ & (REQUEST_ROOTS_MAX - 1)];
}

__noinline int request_follow(__u32 slot)
{
	struct scratch *s = scratch_get(slot);

	if (!s || !cfg_request)
		return 0;
	s->nr_todo = 0;
	s->next_root = 0;
	for (int i = 0; i < FOLLOW_STEPS_MAX; i++) {
		__u64 obj = request_wanted(s) ? follow_next(s) : 0;

		if (!obj)
			break;
		s->at_code = 0;
		follow_object(slot, obj);
		request_frame(slot);
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See frame.bpf.h.  The layouts of frames and code objects are in user/py/, with their sources. */
#include "code.bpf.h"
#include "digest.bpf.h"
#include "frame.bpf.h"

/* co_localspluskinds (Include/internal/pycore_code.h) */
#define CO_FAST_CELL 0x40
#define CO_FAST_FREE 0x80

/* Number of parameters; *names: the tuple of the locals' names. */
static __always_inline __u32 nr_params(struct scratch *s, __u64 code, __u64 *names)
{
	const struct py_layout *l = &s->proc.layout;
	__u32 n, flags;

	peek_code(s, code);
	flags = HEAD32(s, l->code_flags);
	n = HEAD32(s, l->code_argcount) + HEAD32(s, l->code_kwonlyargcount);
	n += flags & CO_VARARGS ? 1 : 0;
	n += flags & CO_VARKEYWORDS ? 1 : 0;
	*names = HEAD64(s, l->code_varnames);
	return n;
}

/*
 * Up to 3.10 a parameter that inner functions use stands in a cell, and its own slot is NULL
 * (co_cell2arg).
 */
__noinline __u64 cell_of_arg(__u32 slot, __u64 frame, __u64 code, __u32 idx)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 map, n;

	if (!s)
		return 0;
	l = &s->proc.layout;
	map = read_u64(s, code + l->code_cell2arg);
	if (!map)
		return 0;
	n = read_u64(s, read_u64(s, code + l->code_cellvars) + OB_SIZE);
	for (__u32 i = 0; i < PHRUDE_ARGS_MAX; i++) {
		if (i >= n)
			break;
		if (read_u64(s, map + 8ULL * i) == idx) {
			__u64 nlocals = read_u32(s, code + l->code_nlocals);

			return read_u64(s, frame + l->frame_localsplus + 8 * (nlocals + i));
		}
	}
	return 0;
}

__noinline __u64 frame_local(__u32 slot, __u64 frame, __u64 code, __u32 idx_flags)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 value, cell = 0;
	__u32 idx = idx_flags & 0xffff;

	if (!s)
		return 0;
	l = &s->proc.layout;
	value = untag(l, stack_u64(s, frame + l->frame_localsplus + 8ULL * idx));
	if (l->features & PY_F_CELL2ARG) {
		if (!value)
			cell = cell_of_arg(slot, frame, code, idx);
	} else if (!(idx_flags & COOKIE_F_RAW_CELLS)) {
		__u8 kind = 0;

		read_user(s, &kind, 1, read_u64(s, code + l->code_kinds) + 32 + idx);
		if (kind & (CO_FAST_CELL | CO_FAST_FREE))
			cell = value;
	}
	if (cell && read_u64(s, cell + OB_TYPE) == s->proc.type_cell)
		value = read_u64(s, cell + l->cell_ref);
	return value;
}

/* The name of a parameter, if it is known; false if not, or if it may not fit. */
static __always_inline bool put_known_name(struct scratch *s, __u32 idx)
{
	const struct ev_node *n = (const void *)s->param_names[idx & (CALLEE_PARAMS - 1)];

	if (s->callee.state != CALLEE_KNOWN || !node_fits(s, 2 * PHRUDE_NAME_MAX))
		return false;
	__builtin_memcpy(&s->data[s->len & (PHRUDE_EVENT_MAX - 8)], n, PARAM_NAME);
	s->len += NODE_SZ + ((n->len + 7) & 0x38);
	return true;
}

/* The value of a parameter.  Of a known function it is known whether it stands in a cell. */
static __always_inline __u64 param_value(struct scratch *s, __u32 slot, __u64 frame, __u64 code,
					 __u32 idx_flags)
{
	const struct py_layout *l = &s->proc.layout;
	__u32 idx = idx_flags & 0xffff;
	__u64 value;

	if (s->callee.state == CALLEE_KNOWN) {
		value = untag(l, stack_u64(s, frame + l->frame_localsplus + 8ULL * idx));
		if (l->features & PY_F_CELL2ARG ? value != 0
						: idx_flags & COOKIE_F_RAW_CELLS ||
							  !(s->callee.cells >> (idx & 31) & 1))
			return value;
	}
	return frame_local(slot, frame, code, idx_flags);
}

/* One parameter: its name and its value.  names: the tuple of them, 0: it has not been read. */
__noinline int capture_param(__u32 slot, __u64 frame, __u64 code, __u64 names, __u32 idx_flags)
{
	struct scratch *s = scratch_get(slot);
	__u32 idx = idx_flags & 0xffff, at;

	if (!s)
		return 0;
	if (!node_mark(s, SEC_PARAM, idx))
		return 0;
	if (!put_known_name(s, idx)) {
		at = s->len;
		if (!names)
			names = read_u64(s, code + s->proc.layout.code_varnames);
		capture_str(slot, read_u64(s, names + s->proc.layout.tuple_items + 8ULL * idx),
			    PHRUDE_NAME_MAX);
		callee_param(slot, idx, at);
	}
	capture_value(slot, param_value(s, slot, frame, code, idx_flags));
	return 0;
}

/* Which parameters stand in cells, of a function that is being learned. */
static __always_inline void learn_cells(struct scratch *s, __u64 kinds)
{
	__u8 kind[CALLEE_PARAMS];

	if (s->proc.layout.features & PY_F_CELL2ARG)
		return;
	/* What is behind the last one is not looked at. */
	if (peek(kind, sizeof(kind), kinds + 32))
		s->callee.state = CALLEE_OTHER;
	for (int i = 0; i < CALLEE_PARAMS; i++)
		s->callee.cells |= (kind[i] & (CO_FAST_CELL | CO_FAST_FREE) ? 1U : 0U) << i;
}

__noinline int capture_params(__u32 slot, __u64 frame, __u64 code, __u32 probe_flags)
{
	struct scratch *s = scratch_get(slot);
	__u64 names = 0;
	__u32 n;

	if (!s)
		return 0;
	if (s->callee.state == CALLEE_KNOWN) {
		n = s->callee.nr_params;
	} else {
		n = nr_params(s, code, &names);
		s->callee.nr_params = n;
		if (s->callee.state == CALLEE_LEARNING)
			learn_cells(s, HEAD64(s, s->proc.layout.code_kinds));
	}
	if (n > PHRUDE_ARGS_MAX) {
		n = PHRUDE_ARGS_MAX;
		s->cut |= EV_CUT_ARGS;
	}
	for (__u32 i = 0; i < PHRUDE_ARGS_MAX; i++) {
		if (i >= n)
			break;
		capture_param(slot, frame, code, names, i | (probe_flags & COOKIE_F_RAW_CELLS));
	}
	return 0;
}

__noinline int capture_param_names(__u32 slot, __u64 code)
{
	struct scratch *s = scratch_get(slot);
	__u64 names;
	__u32 n;

	if (!s)
		return 0;
	n = nr_params(s, code, &names);
	for (__u32 i = 0; i < PHRUDE_ARGS_MAX; i++) {
		if (i >= n)
			break;
		if (!node_mark(s, SEC_PARAMNAME, i))
			break;
		capture_str(slot, read_u64(s, names + s->proc.layout.tuple_items + 8ULL * i),
			    PHRUDE_NAME_MAX);
	}
	return 0;
}

/*
 * What tells two line tables at one address apart: the memory of a code object that is gone is used
 * again. Its size, its first bytes and the first line are compared, by their hash.
 */
__noinline __u64 table_signature(__u32 slot, __u64 table, __u32 firstlineno)
{
	struct scratch *s = scratch_get(slot);
	__u64 words[6], h = PHRUDE_HASH_SEED ^ firstlineno;

	if (!s)
		return h;
	/* ob_size, ob_shash, then the bytes; reading past a short one is harmless */
	if (peek(words, sizeof(words), table + OB_SIZE) &&
	    read_user(s, words, 3 * sizeof(words[0]), table + OB_SIZE))
		return h;
	for (int i = 0; i < 6; i++) {
		if (i == 1)
			continue;
		if (8 * (__u64)i > words[0] + 16)
			break;
		h = (h ^ words[i]) * PHRUDE_HASH_PRIME;
		h ^= h >> 29;
	}
	return h;
}

/* The words of a code object into s->code, its head stays in s->head.  False if it is none. */
static __always_inline bool read_words(struct scratch *s, __u64 code)
{
	const struct py_layout *l = &s->proc.layout;

	if (!read_code(s, code))
		return false;
	s->code.linetable = HEAD64(s, l->code_linetable);
	s->code.names = HEAD64(s, l->code_varnames);
	s->code.signature = 0;
	s->code.digest = 0;
	s->code.firstlineno = HEAD32(s, l->code_firstlineno);
	s->code.firsttraceable = HEAD32(s, l->code_firsttraceable);
	return true;
}

/* What capture_frame() returns. */
enum {
	FRAME_END,
	FRAME_SENT,
	FRAME_OTHER, /* not one of Python's: passed over */
	FRAME_FULL,
};

/* One frame, as caller `n`; advances s->frame. */
__noinline int capture_frame(__u32 slot, __u32 n)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	struct frame_fields fields;
	struct ev_frame *f;
	struct caller *c;
	bool fits, known;
	__s32 lasti;
	__u32 at, texts, missing;

	if (!s || !s->frame || read_frame(s, s->frame, &fields))
		return FRAME_END;
	l = &s->proc.layout;
	c = &s->callers[n % PHRUDE_FRAMES_MAX];
	c->frame = s->frame;
	s->frame = fields.previous;
	if (fields.owner >= l->owner_skip)
		return FRAME_OTHER;
	at = (s->len + NODE_SZ) & (PHRUDE_EVENT_MAX - 1);
	texts = at + sizeof(*f);
	missing = s->nr_missing;
	fits = node_fits(s, sizeof(*f) + 2 * PHRUDE_NAME_MAX + PHRUDE_PATH_MAX);
	known = fits && code_known(slot, fields.code, texts);
	if (!known && !read_words(s, fields.code))
		return FRAME_OTHER;
	if (is_unbegun(l, &fields, s->code.firsttraceable))
		return FRAME_OTHER;
	if (l->features & PY_F_FRAME_OBJECT) {
		lasti = fields.instr;
		if (lasti > 0 && l->features & PY_F_LASTI_UNITS)
			lasti *= 2;
	} else {
		lasti = fields.instr - fields.code - l->code_adaptive;
	}
	if (!fits) {
		s->frame = c->frame;
		return FRAME_FULL;
	}
	f = (void *)&s->data[at];
	f->code = fields.code;
	f->linetable = s->code.linetable;
	f->signature = 0;
	f->firstlineno = s->code.firstlineno;
	f->lasti = lasti;
	c->code = fields.code;
	c->names = s->code.names;
	c->at = at;
	s->nr_callers = n + 1;
	node_put(s, SEC_FRAME, 0, 0, sizeof(*f));
	if (known) {
		s->len += s->code.len & 0xff;
	} else {
		capture_str(slot, HEAD64(s, l->code_name), PHRUDE_NAME_MAX);
		capture_str(slot, HEAD64(s, l->code_filename), PHRUDE_PATH_MAX);
		s->code.digest = digest_part(slot, texts);
		if (s->proc.image)
			s->code.signature =
				table_signature(slot, s->code.linetable, s->code.firstlineno);
		if (s->nr_missing == missing)
			code_learn(slot, fields.code, texts);
	}
	c->signature = s->code.signature;
	if (conditions)
		digest_frame(slot, texts, s->code.digest);
	return FRAME_SENT;
}

/* Frames that are not Python's (entry frames) are passed over, but not for ever. */
#define FRAMES_WALKED_MAX (PHRUDE_FRAMES_MAX * 2)

__noinline int capture_stack(__u32 slot, __u32 max)
{
	struct scratch *s = scratch_get(slot);
	__u32 n;
	int r;

	if (!s)
		return 0;
	n = s->nr_callers;
	for (int i = 0; i < FRAMES_WALKED_MAX; i++) {
		if (!s->frame || n >= max)
			break;
		r = capture_frame(slot, n);
		if (r == FRAME_END || r == FRAME_FULL)
			break;
		n += r & FRAME_SENT;
	}
	return n;
}

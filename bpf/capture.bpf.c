// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A value goes into the event in pre-order: a container's opening node, its elements, a VAL_END.
 * There is no recursion: the containers being captured stand on scratch.stack, and capture_value()
 * goes on step by step.  All bounds are in abi/limits.h; each cut is marked.
 */
#include "capture.bpf.h"

/* Room for the VAL_END nodes of all open containers. */
#define PHRUDE_ENDS_SZ (PHRUDE_DEPTH_MAX * NODE_SZ)

__noinline int capture_bytes(__u32 slot, __u32 node, __u64 addr, __u32 len)
{
	struct scratch *s = scratch_get(slot);
	__u32 at, flags = node >> 8 & 0xff;

	if (!s)
		return 0;
	if (len >= PHRUDE_PAYLOAD_MAX) {
		len = PHRUDE_PAYLOAD_MAX - 8;
		flags |= NODE_CUT;
	}
	if (!node_fits(s, len + PHRUDE_ENDS_SZ)) {
		__u32 room = s->limit - s->len;

		s->cut |= EV_CUT_SPACE | EV_CUT_ARGS;
		if (room < 256 || room > PHRUDE_EVENT_MAX || (node & 0xff) == VAL_INT) {
			node_mark(s, VAL_DEEP, 0);
			return 0;
		}
		len = (room - NODE_SZ - PHRUDE_ENDS_SZ) & ~7u;
		flags |= NODE_CUT;
	}
	if (flags & NODE_CUT)
		s->cut |= EV_CUT_ARGS;
	at = (s->len + NODE_SZ) & (PHRUDE_EVENT_MAX - 1);
	len &= PHRUDE_PAYLOAD_MAX - 1;
	/* The padding is sent too: it must not be an older event's bytes. */
	*(__u64 *)&s->data[at + (len & ~7u)] = 0;
	if (len && peek(&s->data[at], len, addr)) {
		note_inline(s, addr, len); /* a call would be the ninth level */
		s->cut |= EV_CUT_UNREADABLE;
		node_put(s, VAL_UNREADABLE, 0, 0, 0);
		return 0;
	}
	node_put(s, node, flags, node >> 16, len);
	return 0;
}

/*
 * Most objects are short: one read gets one from its type on with up to SHORT bytes of its data,
 * whose place is at most SHORT_DATA.  It goes to s->text, where word n of it is WORD(s, n).
 */
#define SHORT 96
#define SHORT_DATA 48 /* of an ASCII str up to 3.11 */
#define WORD(s, n) (((__u64 *)(s)->text)[(n)-1])

/* False where it stands at the end of its page. */
static __always_inline bool peek_object(struct scratch *s, __u64 obj)
{
	return !peek(s->text, SHORT_DATA + SHORT - OB_TYPE, obj + OB_TYPE);
}

/* A node with `len` bytes of s->text from `data` on.  False, and nothing, if they may not fit. */
static __always_inline bool put_short(struct scratch *s, __u32 node, __u32 data, __u64 len)
{
	__u32 at = (s->len + NODE_SZ) & (PHRUDE_EVENT_MAX - 1);
	__u32 n = len & 0x7f;
	__u64 *last;

	if (len > SHORT || !node_fits(s, SHORT + PHRUDE_ENDS_SZ))
		return false;
	__builtin_memcpy(&s->data[at], &s->text[(data - OB_TYPE) & 0x38], SHORT);
	/* The padding is sent too: no bytes of the object's neighbour. */
	last = (__u64 *)&s->data[at + (n & ~7u)];
	*last &= (1ULL << 8 * (n & 7)) - 1;
	node_put(s, node, node >> 8, node >> 16, n);
	return true;
}

/* An ASCII str in s->text, as nearly all names and paths are. */
static __always_inline bool put_short_str(struct scratch *s)
{
	if ((WORD(s, STR_STATE / 8) >> 2 & 0x1f) != 0x19) /* kind 1, compact, ascii */
		return false;
	return put_short(s, NODE(VAL_STR, 0, 1), s->proc.layout.str_ascii_data,
			 WORD(s, STR_LENGTH / 8));
}

/* Number of digits of an int, by the word in front of them (Include/cpython/longintrepr.h). */
static __always_inline __u64 int_digits(const struct scratch *s, __u64 word, __u32 *negative)
{
	if (s->proc.layout.features & PY_F_LONG_TAG) {
		/* bits 0-1: 0 positive, 1 zero, 2 negative */
		*negative = (word & 3) == 2;
		return (word & 3) == 1 ? 0 : word >> 3;
	}
	*negative = (__s64)word < 0;
	return *negative ? -word : word;
}

/* The object in s->text, if it is a short one without elements.  False, and nothing, if not. */
static __always_inline bool put_short_object(struct scratch *s, __u64 type, __u64 flags)
{
	__u32 negative;
	__u64 n;

	if (flags & TPFLAGS_STR)
		return put_short_str(s);
	if (flags & TPFLAGS_LONG) {
		n = int_digits(s, WORD(s, OB_SIZE / 8), &negative);
		return n <= SHORT / 4 && put_short(s, NODE(VAL_INT, 0, negative), 24, 4 * n);
	}
	if (flags & TPFLAGS_BYTES)
		return put_short(s, NODE(VAL_BYTES, 0, 0), 32, WORD(s, OB_SIZE / 8));
	if (type == s->proc.type_float)
		return put_short(s, NODE(VAL_FLOAT, 0, 0), 16, 8);
	return false;
}

/* tp_flags of a type, as far as they tell builtin types, whose addresses tell without a read. */
static __always_inline int builtin_flags(struct scratch *s, __u64 type, __u64 *flags)
{
	if (type == s->proc.type_str)
		*flags = TPFLAGS_STR;
	else if (type == s->proc.type_int)
		*flags = TPFLAGS_LONG;
	else if (type == s->proc.type_bytes)
		*flags = TPFLAGS_BYTES;
	else if (type == s->proc.type_list)
		*flags = TPFLAGS_LIST;
	else if (type == s->proc.type_tuple)
		*flags = TPFLAGS_TUPLE;
	else if (type == s->proc.type_dict)
		*flags = TPFLAGS_DICT;
	else
		return read_user(s, flags, sizeof(*flags), type + s->proc.layout.type_flags);
	return 0;
}

__noinline int capture_str(__u32 slot, __u64 str, __u32 max)
{
	struct scratch *s = scratch_get(slot);
	struct str_info info;
	__u32 flags = 0, len;

	if (!s)
		return 0;
	if (max >= SHORT && peek_object(s, str) && put_short_str(s))
		return 0;
	if (read_str(s, str, &info)) {
		s->cut |= EV_CUT_UNREADABLE;
		node_mark(s, VAL_UNREADABLE, 0);
		return 0;
	}
	if (max > PHRUDE_PAYLOAD_MAX - 8)
		max = PHRUDE_PAYLOAD_MAX - 8;
	max &= ~7u;
	if (info.length > max / info.kind) {
		len = max;
		flags = NODE_CUT;
	} else {
		len = info.length * info.kind;
	}
	capture_bytes(slot, NODE(VAL_STR, flags, info.kind), info.data, len);
	return 0;
}

__noinline int capture_cstr(__u32 slot, __u64 addr, __u32 max)
{
	struct scratch *s = scratch_get(slot);
	__u32 at;
	long n;

	if (!s)
		return 0;
	if (max > PHRUDE_DOC_MAX)
		max = PHRUDE_DOC_MAX;
	if (!node_fits(s, max + PHRUDE_ENDS_SZ)) {
		s->cut |= EV_CUT_SPACE | EV_CUT_ARGS;
		node_mark(s, VAL_DEEP, 0);
		return 0;
	}
	at = (s->len + NODE_SZ) & (PHRUDE_EVENT_MAX - 1);
	n = read_user_str(s, &s->data[at], max, addr);
	if (n <= 0 || n > PHRUDE_DOC_MAX) {
		s->cut |= EV_CUT_UNREADABLE;
		node_put(s, VAL_UNREADABLE, 0, 0, 0);
		return 0;
	}
	n--; /* the NUL */
	n &= PHRUDE_DOC_MAX - 1;
	/* The padding is sent too. */
	for (__u32 i = 0; i < 8; i++)
		s->data[at + n + i] = 0;
	node_put(s, VAL_UTF8, n == max - 1 ? NODE_CUT : 0, 0, n);
	return 0;
}

/* An int as its digits; of one too long the most significant ones. */
__noinline int capture_int(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);
	__u64 ndigits, skip = 0;
	__u32 negative, flags = 0;
	const __u64 max = PHRUDE_DIGITS_MAX;

	if (!s)
		return 0;
	ndigits = int_digits(s, read_u64(s, obj + OB_SIZE), &negative);
	if (ndigits > max) {
		/* so many digits that only how many there are can be told */
		/* an even number of digits, so that what is sent begins at a hexadecimal digit */
		skip = (ndigits - 64) & ~1ULL;
		ndigits -= skip;
		flags = NODE_CUT;
	}
	capture_bytes(slot, NODE(VAL_INT, flags, negative), obj + 24 + 4 * skip, ndigits * 4);
	return 0;
}

__noinline int dict_open(__u32 slot, __u32 level, __u64 dict)
{
	struct scratch *s = scratch_get(slot);

	if (s)
		walk_dict(s, &s->stack[level % PHRUDE_DEPTH_MAX], dict);
	return 0;
}

__noinline int dict_entry(__u32 slot, __u32 level, __u32 idx)
{
	struct scratch *s = scratch_get(slot);
	struct walk *w;
	__u64 pair[2];
	__u64 addr;

	if (!s)
		return 0;
	w = &s->stack[level % PHRUDE_DEPTH_MAX];
	addr = w->items + (__u64)idx * w->entry_sz + (w->entry_sz == 24 ? 8 : 0);
	if (read_user(s, pair, sizeof(pair), addr)) {
		s->cut |= EV_CUT_UNREADABLE;
		return 0;
	}
	if (w->values)
		pair[1] = read_u64(s, w->values + 8ULL * idx);
	if (!pair[0] || !pair[1])
		return 0;
	*(__u64 *)&s->head[0] = pair[0];
	*(__u64 *)&s->head[8] = pair[1];
	return 1;
}

__noinline int container_open(__u32 slot, __u64 obj, __u32 type)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	struct walk *w;
	__u64 n;

	if (!s)
		return 0;
	l = &s->proc.layout;
	for (__u32 i = 0; i < PHRUDE_DEPTH_MAX; i++) {
		if (i < s->depth && s->stack[i].object == obj) {
			node_mark(s, VAL_CYCLE, type);
			return 0;
		}
	}
	if (s->depth >= PHRUDE_DEPTH_MAX) {
		s->cut |= EV_CUT_ARGS;
		node_mark(s, VAL_DEEP, 0);
		return 0;
	}
	if (!node_mark(s, type, 0))
		return 0;
	w = &s->stack[s->depth % PHRUDE_DEPTH_MAX];
	if (type == VAL_DICT) {
		/* Inline: one level of calls less, of the eight that there are. */
		walk_dict(s, w, obj);
		s->depth++;
		return 0;
	}
	w->object = obj;
	w->values = 0;
	w->idx = 0;
	w->type = type;
	if (type == VAL_SET || type == VAL_FROZENSET) {
		/* PySetObject (Include/cpython/setobject.h): mask @32, table of {key, hash} @40 */
		n = read_u64(s, obj + 32) + 1;
		w->items = read_u64(s, obj + 40);
	} else {
		n = read_u64(s, obj + OB_SIZE);
		w->items = type == VAL_LIST ? read_u64(s, obj + 24) : obj + l->tuple_items;
	}
	w->count = n > STEPS_MAX ? STEPS_MAX + 1 : n;
	s->depth++;
	return 0;
}

/* One object: its node; of a container an entry on the stack; or s->object: see its class. */
__noinline int capture_object(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);
	__u64 type = 0, flags = 0;
	bool peeked;
	int kind;

	if (!s)
		return 0;
	if (!s->nodes) {
		s->cut |= EV_CUT_ARGS;
		node_mark(s, VAL_DEEP, 0);
		return 0;
	}
	s->nodes--;
	if (!obj)
		kind = VAL_UNSET;
	else if (obj == s->proc.none)
		kind = VAL_NONE;
	else if (obj == s->proc.true_)
		kind = VAL_TRUE;
	else if (obj == s->proc.false_)
		kind = VAL_FALSE;
	else
		kind = 0;
	if (kind) {
		node_mark(s, kind, 0);
		return 0;
	}
	peeked = peek_object(s, obj);
	if (peeked)
		type = WORD(s, OB_TYPE / 8);
	if ((!peeked && read_user(s, &type, sizeof(type), obj + OB_TYPE)) ||
	    builtin_flags(s, type, &flags)) {
		s->cut |= EV_CUT_UNREADABLE;
		node_mark(s, VAL_UNREADABLE, 0);
		return 0;
	}
	if (peeked && put_short_object(s, type, flags))
		return 0;
	if (flags & TPFLAGS_STR)
		return capture_str(slot, obj, PHRUDE_PAYLOAD_MAX);
	if (flags & TPFLAGS_LONG)
		return capture_int(slot, obj);
	if (flags & TPFLAGS_BYTES) {
		__u64 n = read_u64(s, obj + OB_SIZE);

		return capture_bytes(slot, NODE(VAL_BYTES, 0, 0), obj + 32,
				     n > PHRUDE_PAYLOAD_MAX ? PHRUDE_PAYLOAD_MAX : n);
	}
	if (flags & TPFLAGS_TUPLE)
		return container_open(slot, obj, VAL_TUPLE);
	if (flags & TPFLAGS_LIST)
		return container_open(slot, obj, VAL_LIST);
	if (flags & TPFLAGS_DICT)
		return container_open(slot, obj, VAL_DICT);
	if (type == s->proc.type_float)
		return capture_bytes(slot, NODE(VAL_FLOAT, 0, 0), obj + 16, 8);
	if (type == s->proc.type_set)
		return container_open(slot, obj, VAL_SET);
	if (type == s->proc.type_frozenset)
		return container_open(slot, obj, VAL_FROZENSET);
	/* The next step of capture_value(): functions are not nested deeper than they may be. */
	s->object = obj;
	s->type = type;
	s->class_at = 0;
	return 0;
}

/* The next element of a list or tuple.  Several are read at once. */
static __always_inline int read_item(struct scratch *s, const struct walk *w, __u64 *item)
{
	__u64 addr = w->items + 8ULL * w->idx, at = addr - s->items_at;
	__u32 n = w->count - w->idx;

	if (at >= 8ULL * s->nr_items || at & 7) {
		if (n > ITEMS_AT_ONCE)
			n = ITEMS_AT_ONCE;
		s->nr_items = 0;
		if (peek(s->items, 8 * n & 0xff, addr))
			return read_user(s, item, sizeof(*item), addr);
		s->items_at = addr;
		s->nr_items = n;
		at = 0;
	}
	*item = s->items[at / 8 & (ITEMS_AT_ONCE - 1)];
	return 0;
}

/* The next element of the innermost container into s->pending, or its end. */
__noinline int container_next(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct walk *w;
	__u32 level;
	__u64 pair[2];

	if (!s || !s->depth)
		return 0;
	level = (s->depth - 1) % PHRUDE_DEPTH_MAX;
	w = &s->stack[level];
	s->instead = 0;
	if (w->idx >= w->count || !s->nodes || s->limit - s->len < PHRUDE_ENDS_SZ + NODE_SZ ||
	    w->idx >= STEPS_MAX) {
		bool cut = w->idx < w->count;

		if (cut)
			s->cut |= EV_CUT_ARGS;
		if (node_fits(s, 0))
			node_put(s, VAL_END, cut ? NODE_CUT : 0, 0, 0);
		else
			s->cut |= EV_CUT_SPACE | EV_CUT_ARGS;
		w->object = 0;
		s->depth--;
		return 0;
	}
	switch (w->type) {
	case VAL_DICT:
		if (w->on_value) {
			w->on_value = 0;
			w->idx++;
			s->pending =
				w->values
					? read_u64(s, w->values + 8ULL * (w->idx - 1))
					: read_u64(s, w->items + (__u64)(w->idx - 1) * w->entry_sz +
							      w->entry_sz - 8);
			/* The value went away in between: keep keys and values in pairs. */
			if (!s->pending)
				node_mark(s, VAL_UNSET, 0);
		} else if (dict_entry(slot, level, w->idx)) {
			w->on_value = 1;
			s->pending = *(__u64 *)&s->head[0];
		} else {
			w->idx++;
		}
		return 0;
	case VAL_PATH:
		s->pending = read_u64(s, w->object + (w->values >> (16 * w->idx & 63) & 0xffff));
		w->idx++;
		if (!s->pending)
			node_mark(s, VAL_UNSET, 0);
		return 0;
	case VAL_SET:
	case VAL_FROZENSET:
		if (!read_user(s, pair, sizeof(pair), w->items + 16ULL * w->idx) && pair[0] &&
		    pair[1] != ~0ULL) /* a deleted entry's hash is -1 */
			s->pending = pair[0];
		w->idx++;
		return 0;
	default:
		if (read_item(s, w, &s->pending)) {
			s->cut |= EV_CUT_UNREADABLE;
			w->count = w->idx; /* the rest is not there either */
			return 0;
		}
		w->idx++;
		if (!s->pending)
			node_mark(s, VAL_UNSET, 0);
		return 0;
	}
}

__noinline int capture_value(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);

	if (!s)
		return 0;
	s->depth = 0;
	s->pending = 0;
	s->object = 0;
	s->instead = 0;
	capture_object(slot, obj);
	for (int i = 0; i < STEPS_MAX; i++) {
		__u64 next = s->pending;

		if (s->object) {
			capture_other(slot);
		} else if (next) {
			s->pending = 0;
			capture_object(slot, next);
		} else if (s->depth) {
			container_next(slot);
		} else {
			return 0;
		}
	}
	/* Out of steps: close what is open. */
	s->cut |= EV_CUT_ARGS;
	for (int i = 0; i < PHRUDE_DEPTH_MAX; i++) {
		if (!s->depth)
			break;
		if (node_fits(s, 0))
			node_put(s, VAL_END, NODE_CUT, 0, 0);
		s->depth--;
	}
	return 0;
}

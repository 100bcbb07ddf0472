// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Adds the request that was found to the event: of a scope's headers those that an alert needs. */
#include "request.bpf.h"

/* A str or bytes. */
static __always_inline void put_text(struct scratch *s, __u32 slot, __u64 obj, __u32 max)
{
	__u64 n;

	if (type_flags(s, obj) & TPFLAGS_STR) {
		capture_str(slot, obj, max);
		return;
	}
	n = read_u64(s, obj + OB_SIZE);
	capture_bytes(slot, NODE(VAL_BYTES, n > max ? NODE_CUT : 0, 0), obj + 32,
		      n > max ? max : n);
}

/* A str or bytes; of an ASGI client, which is a tuple or list, the first item. */
__noinline int request_value(__u32 slot, __u32 field, __u64 obj)
{
	struct scratch *s = scratch_get(slot);
	__u32 max =
		field == EV_REQ_COOKIE ? 2 * PHRUDE_REQUEST_VALUE_MAX : PHRUDE_REQUEST_VALUE_MAX;
	__u64 flags;

	if (!s || !cfg_request)
		return 0;
	flags = type_flags(s, obj);
	if (field == EV_REQ_PEER && flags & (TPFLAGS_TUPLE | TPFLAGS_LIST) &&
	    read_u64(s, obj + OB_SIZE)) {
		obj = flags & TPFLAGS_TUPLE ? read_u64(s, obj + s->proc.layout.tuple_items)
					    : read_u64(s, read_u64(s, obj + 24));
		flags = type_flags(s, obj);
	}
	if (!(flags & (TPFLAGS_STR | TPFLAGS_BYTES)) || !node_fits(s, 64))
		return 0;
	node_put(s, SEC_REQFIELD, 0, field, 0);
	put_text(s, slot, obj, max);
	return 0;
}

/* A header that no alert shows, with its name. */
__noinline int request_other(__u32 slot, __u64 name, __u64 value)
{
	const __u64 text = TPFLAGS_STR | TPFLAGS_BYTES;
	struct scratch *s = scratch_get(slot);

	if (!s || !cfg_request || s->others_sent >= PHRUDE_OTHERS_MAX ||
	    !(type_flags(s, name) & text) || !(type_flags(s, value) & text) ||
	    !node_fits(s, 8 * NODE_SZ + PHRUDE_NAME_MAX + PHRUDE_OTHER_MAX + 64))
		return 0;
	s->others_sent++;
	node_put(s, SEC_REQFIELD, 0, EV_REQ_HEADER, 0);
	node_put(s, VAL_DICT, 0, 0, 0);
	put_text(s, slot, name, PHRUDE_NAME_MAX);
	put_text(s, slot, value, PHRUDE_OTHER_MAX);
	node_mark(s, VAL_END, 0);
	return 0;
}

/*
 * The field of a header from 1 on, 0: none that is wanted.  A letter's case is bit 5, which the
 * other characters of these names have.  A function of its own, so that the verifier goes through
 * the names once.
 */
__noinline int header_field(__u64 w0, __u64 w1, __u64 w2)
{
	const __u64 lower = 0x2020202020202020;

	if (!cfg_request)
		return 0;
	for (__u32 i = 0; i < REQUEST_HEADERS_MAX; i++) {
		const volatile struct request_entry *h = &cfg_names.headers[i];
		__u64 diff;

		if (!h->field)
			break;
		diff = (w0 ^ h->name.w[0]) | (w1 ^ h->name.w[1]) | (w2 ^ h->name.w[2]);
		barrier_var(diff);
		if (!(diff & ~lower))
			return h->field;
	}
	return 0;
}

/*
 * Of one header, a tuple or list of two bytes objects: as header_field(); -1: nothing is made of
 * it.
 */
__noinline int request_header(__u32 slot, __u64 item)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	union text24 name = {};
	__u64 pair[2], flags;
	int field = 0;

	if (!s || !cfg_request)
		return 0;
	l = &s->proc.layout;
	flags = type_flags(s, item);
	if (!(flags & (TPFLAGS_TUPLE | TPFLAGS_LIST)) || read_u64(s, item + OB_SIZE) < 2)
		return -1;
	if (read_user(s, pair, sizeof(pair),
		      flags & TPFLAGS_TUPLE ? item + l->tuple_items : read_u64(s, item + 24)))
		return -1;
	if (read_user_str(s, name.c, sizeof(name.c), pair[0] + 32) ==
	    (long)read_u64(s, pair[0] + OB_SIZE) + 1)
		field = header_field(name.w[0], name.w[1], name.w[2]);
	return field ? field : header_is_dull(name.w[0]) ? -1 : 0;
}

/* Values of a header that came several times. */
#define HEADER_VALUES_MAX 4

/* One header of the dict that stands at stack[0]: a str, and the list of its values. */
__noinline int request_header_entry(__u32 slot, __u32 idx)
{
	struct scratch *s = scratch_get(slot);
	struct words3 name = {};
	__u64 key, list, items, n;
	int field = 0;

	if (!s || !cfg_request || !dict_entry(slot, 0, idx))
		return 0;
	key = *(__u64 *)&s->head[0];
	list = *(__u64 *)&s->head[8];
	if (short_str(s, key, &name))
		field = header_field(name.w[0], name.w[1], name.w[2]);
	if ((!field && header_is_dull(name.w[0])) || !(type_flags(s, list) & TPFLAGS_LIST))
		return 0;
	n = read_u64(s, list + OB_SIZE);
	items = read_u64(s, list + 24);
	for (__u32 i = 0; i < HEADER_VALUES_MAX; i++) {
		if (i >= n)
			break;
		if (field)
			request_value(slot, field - 1, read_u64(s, items + 8ULL * i));
		else
			request_other(slot, key, read_u64(s, items + 8ULL * i));
	}
	return 0;
}

static __always_inline void capture_others(struct scratch *s, __u32 slot)
{
	for (__u32 i = 0; i < PHRUDE_OTHERS_MAX; i++) {
		if (i >= s->nr_others)
			break;
		request_other(slot, s->others[i].name, s->others[i].value);
	}
}

/* Inline: one level of calls less, of the eight that there are. */
static __always_inline int capture_header_dict(__u32 slot, __u64 dict)
{
	struct scratch *s = scratch_get(slot);

	if (!s || !cfg_request)
		return 0;
	dict_open(slot, 0, dict);
	for (__u32 i = 0; i < PHRUDE_HEADERS_MAX; i++) {
		if (i >= s->stack[0].count)
			break;
		request_header_entry(slot, i);
	}
	return 0;
}

__noinline int capture_headers(__u32 slot, __u64 headers)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 n, items, flags, pair[2];

	if (!s || !cfg_request)
		return 0;
	l = &s->proc.layout;
	flags = type_flags(s, headers);
	if (!(flags & (TPFLAGS_TUPLE | TPFLAGS_LIST)))
		return 0;
	n = read_u64(s, headers + OB_SIZE);
	items = flags & TPFLAGS_TUPLE ? headers + l->tuple_items : read_u64(s, headers + 24);
	for (__u32 i = 0; i < PHRUDE_HEADERS_MAX; i++) {
		__u64 item;
		int field;

		if (i >= n)
			break;
		item = read_u64(s, items + 8ULL * i);
		field = request_header(slot, item);
		if (field < 0)
			continue;
		flags = type_flags(s, item);
		if (read_user(s, pair, sizeof(pair),
			      flags & TPFLAGS_TUPLE ? item + l->tuple_items
						    : read_u64(s, item + 24)))
			continue;
		if (field)
			request_value(slot, field - 1, pair[1]);
		else
			request_other(slot, pair[0], pair[1]);
	}
	return 0;
}

__noinline int capture_request(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	__u32 cut;

	if (!s || !cfg_request || !node_fits(s, 64))
		return 0;
	node_put(s, SEC_REQUEST, 0, s->request, 0);
	cut = s->cut;
	s->others_sent = 0;
	for (__u32 i = 0; i < EV_REQ_BODY; i++) {
		if (s->found[i] && s->found[i] != s->proc.none)
			request_value(slot, i, s->found[i]);
	}
	if (s->request == REQUEST_RAW && type_flags(s, s->found[FOUND_HEADERS]) & TPFLAGS_DICT)
		capture_header_dict(slot, s->found[FOUND_HEADERS]);
	else if (s->request != REQUEST_WSGI)
		capture_headers(slot, s->found[FOUND_HEADERS]);
	else
		capture_others(s, slot);
	/*
	 * A long cookie is nothing missing from the match: the nodes say themselves what was cut.
	 */
	s->cut = cut | (s->cut & EV_CUT_SPACE);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The body of the request that was found, as far as the application has it still: bytes, as it
 * came, or what became of it: a form, JSON, uploads.  They are attributes of its own object for the
 * request, or stand in the environ.
 */
#include "request.bpf.h"

/* Of a bytes object, or of a BytesIO. */
__noinline int body_raw(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);
	__u64 n;

	if (!s || !cfg_request || !obj)
		return 0;
	if (type_flags(s, obj) & TPFLAGS_BYTES) {
		n = read_u64(s, obj + OB_SIZE);
	} else if (follow_kind(slot, obj) == KIND_BYTES_IO) {
		/* bytesio (Modules/_io/bytesio.c): PyObject_HEAD, buf, pos, string_size */
		n = read_u64(s, obj + OB_TYPE + 24);
		obj = read_u64(s, obj + OB_TYPE + 8);
	} else {
		return 0;
	}
	if (!n || !obj || !node_fits(s, 64))
		return 0;
	node_put(s, SEC_REQFIELD, 0, EV_REQ_BODY, 0);
	return capture_bytes(slot, NODE(VAL_BYTES, n > PHRUDE_BODY_MAX ? NODE_CUT : 0, 0), obj + 32,
			     n > PHRUDE_BODY_MAX ? PHRUDE_BODY_MAX : n);
}

/* The list of names and values of an object that holds them, or the dict or list itself. */
__noinline __u64 body_pairs(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);
	const __u64 plain = TPFLAGS_DICT | TPFLAGS_LIST;

	if (!s || !cfg_request || !obj || obj == s->proc.none)
		return 0;
	if (!(type_flags(s, obj) & plain)) {
		obj = request_held(s, slot, obj) ? s->held[FOUND_PAIRS] : 0;
		if (!obj || !(type_flags(s, obj) & TPFLAGS_LIST))
			return 0;
	}
	/* Of a dict, ma_used stands in the same place. */
	return read_u64(s, obj + OB_SIZE) ? obj : 0;
}

/* A form, or what JSON became, if there is anything in it: 1. */
__noinline int body_value(__u32 slot, __u32 field, __u64 obj)
{
	struct scratch *s = scratch_get(slot);

	if (!s || !cfg_request || !obj || !node_fits(s, 64))
		return 0;
	node_put(s, SEC_REQFIELD, 0, field, 0);
	s->nodes = PHRUDE_BODY_NODES_MAX;
	capture_value(slot, obj);
	return 1;
}

/* Uploads of one field. */
#define UPLOADS_OF_ONE 4

/* The names that a client gave what it uploaded as that field: `files` is one, or a list. */
__noinline int body_upload(__u32 slot, __u64 name, __u64 files)
{
	struct scratch *s = scratch_get(slot);
	__u64 n = 1, items = 0, file = files;
	int found = 0;

	if (!s || !cfg_request || !(type_flags(s, name) & TPFLAGS_STR))
		return 0;
	if (type_flags(s, files) & TPFLAGS_LIST) {
		n = read_u64(s, files + OB_SIZE);
		items = read_u64(s, files + 24);
	}
	for (__u32 i = 0; i < UPLOADS_OF_ONE; i++) {
		if (i >= n)
			break;
		if (items)
			file = read_u64(s, items + 8ULL * i);
		if (!file || !request_held(s, slot, file))
			continue;
		file = s->held[FOUND_FILENAME];
		if (!file || !(type_flags(s, file) & TPFLAGS_STR) ||
		    !node_fits(s, 4 * NODE_SZ + 2 * PHRUDE_NAME_MAX))
			continue;
		node_put(s, SEC_REQFIELD, 0, EV_REQ_FILES, 0);
		node_put(s, VAL_DICT, 0, 0, 0);
		capture_str(slot, name, PHRUDE_NAME_MAX);
		capture_str(slot, file, PHRUDE_PATH_MAX);
		node_mark(s, VAL_END, 0);
		found++;
	}
	return found;
}

/* Of a dict of lists, or a list of (name, value), in which other values may stand as well. */
static __always_inline int body_uploads(struct scratch *s, __u32 slot, __u64 files)
{
	bool dict = type_flags(s, files) & TPFLAGS_DICT;
	__u64 n, items = 0, pair[2];
	int found = 0;

	if (dict) {
		/* Not the first level, which attributes are looked at in. */
		dict_open(slot, 1, files);
		n = s->stack[1].count;
	} else {
		n = read_u64(s, files + OB_SIZE);
		items = read_u64(s, files + 24);
	}
	for (__u32 i = 0; i < PHRUDE_UPLOADS_MAX; i++) {
		if (i >= n)
			break;
		if (dict) {
			if (!dict_entry(slot, 1, i))
				continue;
			pair[0] = *(__u64 *)&s->head[0];
			pair[1] = *(__u64 *)&s->head[8];
		} else if (read_user(s, pair, sizeof(pair),
				     read_u64(s, items + 8ULL * i) + s->proc.layout.tuple_items)) {
			continue;
		}
		/* Nearly all values are no uploads. */
		if (!(type_flags(s, pair[1]) & TPFLAGS_STR))
			found += body_upload(slot, pair[0], pair[1]);
	}
	return found;
}

/* Its objects are put into s->held, those of the one around it where that has any. */
static __always_inline void body_holder(struct scratch *s, __u32 slot)
{
	__u64 holder = s->holder ?: s->found[FOUND_HOLDER], data = 0;

	s->held[FOUND_RAW] = s->held[FOUND_FORM] = s->held[FOUND_FILES] = 0;
	if (s->holder_around && request_held(s, slot, s->holder_around))
		data = s->held[FOUND_DATA];
	if (holder && !request_held(s, slot, holder))
		holder = 0;
	if (!holder)
		s->held[FOUND_RAW] = s->held[FOUND_FORM] = s->held[FOUND_FILES] = 0;
	s->held[FOUND_DATA] = data;
}

__noinline int capture_body(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	__u64 raw, form, data, files, limit;
	__u32 cut;

	if (!s || !cfg_request)
		return 0;
	body_holder(s, slot);
	raw = s->held[FOUND_RAW] ?: s->found[FOUND_RAW];
	files = s->held[FOUND_FILES];
	form = s->held[FOUND_FORM];
	data = s->held[FOUND_DATA];
	limit = s->limit;
	if (s->len + PHRUDE_BODY_MAX < limit)
		s->limit = s->len + PHRUDE_BODY_MAX;
	cut = s->cut;
	if (form)
		form = body_pairs(slot, form);
	if (form)
		body_value(slot, EV_REQ_FORM, form);
	if (files)
		files = body_pairs(slot, files);
	else if (form && type_flags(s, form) & TPFLAGS_LIST)
		files = form; /* Starlette has them side by side */
	if (files && body_uploads(s, slot, files))
		raw = 0;
	if (data && !form)
		data = body_pairs(slot, data);
	if (data && !form)
		body_value(slot, EV_REQ_DATA, data);
	s->limit = limit;
	if (!form && !data)
		body_raw(slot, raw);
	/* The nodes say themselves what was cut. */
	s->cut = cut | (s->cut & EV_CUT_SPACE);
	return 0;
}

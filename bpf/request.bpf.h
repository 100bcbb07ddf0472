/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The HTTP request that is being handled, from what the application holds of it: a WSGI environ or
 * an ASGI scope.
 *
 * While the call stack is walked, request_frame() looks at those locals of each caller that may be
 * one, or that have one as an attribute; the innermost wins.  Where a stack ends without (a worker
 * thread, a task of its own), request_follow() goes from what stands at its root to the coroutine
 * that awaits its result (request_follow.bpf.c).  A request is taken from there only if exactly one
 * awaits it: none at all is better than a wrong one.
 */
#pragma once

#include "frame.bpf.h"

/*
 * Looks at the locals of s->at_frame, as s->at_code has them (0: nothing to look at): s->request
 * and s->found, or s->roots.
 */
int request_frame(__u32 slot);
/* Is the object a dict that is an environ or a scope?  Sets s->request and s->found. */
int request_dict(__u32 slot, __u64 obj);
/* Fills s->found from an instance's attributes; 0 if it has none that can be seen. */
int request_attrs(__u32 slot, __u64 obj);
/* Goes on from s->roots. */
int request_follow(__u32 slot);
/* What kind of object is it (enum request_kind)? */
int follow_kind(__u32 slot, __u64 obj);
/* Adds the request that was found to the event: SEC_REQUEST, SEC_REQFIELD (request_send.bpf.c). */
int capture_request(__u32 slot);
/* Adds what is there of its body (request_body.bpf.c). */
int capture_body(__u32 slot);

/* As request_attrs(), into s->held. */
static __always_inline bool request_held(struct scratch *s, __u32 slot, __u64 obj)
{
	bool known;

	s->into_held = 1;
	known = request_attrs(slot, obj);
	s->into_held = 0;
	return known;
}

static __always_inline __u64 type_flags(struct scratch *s, __u64 obj)
{
	__u64 type = read_u64(s, obj + OB_TYPE);

	if (type != s->flags_type) {
		s->flags_type = type;
		s->flags = read_u64(s, type + s->proc.layout.type_flags);
	}
	return s->flags;
}

/* Is nothing made of a header that begins with these letters? */
static __always_inline bool header_is_dull(__u64 name)
{
	__u32 letters = request_letters(name);

	for (int i = 0; i < REQUEST_DULL_MAX; i++) {
		if (cfg_names.dull[i] == letters)
			return true;
	}
	return false;
}

/*
 * Is there anything to look for?  Of a scope that was found without an object that has it, that
 * object: the body is there.  An environ has its own.
 */
static __always_inline bool request_wanted(const struct scratch *s)
{
	return !s->request || (s->request == REQUEST_ASGI && !s->holder);
}

/* At most 24 (n words) ASCII characters, zero-padded. */
struct words3 {
	__u64 w[3];
};

/* A str's head and what follows it. */
struct short_str_buf {
	struct str_head head;
	__u64 w[4];
};

/*
 * Reads a short ASCII str by way of `v`; its length, 0 if it is none: of one that is longer the
 * first word is there all the same.
 */
static __always_inline __u32 short_str_by(struct scratch *s, __u64 str, struct words3 *out,
					  struct short_str_buf *v)
{
	const struct py_layout *l = &s->proc.layout;
	__u64 len;

	/*
	 * The characters follow the head; more is read than there are, and where that fails, each
	 * by itself.
	 */
	if (peek(v, sizeof(*v), str + STR_LENGTH)) {
		__builtin_memset(v, 0, sizeof(*v));
		if (read_user(s, &v->head, sizeof(v->head), str + STR_LENGTH) ||
		    read_user_str(s, v->w, sizeof(v->w), str + STR_LENGTH + sizeof(v->head)) < 0)
			return 0;
		if (l->features & PY_F_STR_WSTR &&
		    read_user_str(s, &v->w[1], 3 * sizeof(v->w[0]), str + l->str_ascii_data) < 0)
			return 0;
	}
	len = v->head.length;
	if ((v->head.state >> 2 & 7) != 1 || (v->head.state >> 5 & 3) != 3 || !len)
		return 0; /* compact and ascii */
	if (len > 24) {
		out->w[0] = l->features & PY_F_STR_WSTR ? v->w[1] : v->w[0];
		return 0;
	}
	if (l->features & PY_F_STR_WSTR) {
		out->w[0] = v->w[1];
		out->w[1] = v->w[2];
		out->w[2] = v->w[3];
	} else {
		out->w[0] = v->w[0];
		out->w[1] = v->w[1];
		out->w[2] = v->w[2];
	}
	if (len < 8)
		out->w[0] &= (1ULL << (8 * len & 63)) - 1;
	if (len <= 8)
		out->w[1] = 0;
	else if (len < 16)
		out->w[1] &= (1ULL << (8 * len & 63)) - 1;
	if (len <= 16)
		out->w[2] = 0;
	else if (len < 24)
		out->w[2] &= (1ULL << (8 * len & 63)) - 1;
	return len;
}

static __always_inline __u32 short_str(struct scratch *s, __u64 str, struct words3 *out)
{
	struct short_str_buf v;

	return short_str_by(s, str, out, &v);
}

/* The last 16 characters of an ASCII str, or nothing. */
static __always_inline void str_tail(struct scratch *s, __u64 str, __u64 out[2])
{
	struct str_info info;

	out[0] = out[1] = 0;
	if (!read_str(s, str, &info) && info.ascii && info.length >= 16)
		read_user(s, out, 16, info.data + info.length - 16);
}

static __always_inline bool text16_eq(const volatile union text16 *a, __u64 w0, __u64 w1)
{
	__u64 b[2] = { w0, w1 };

	return words_eq(a->w, b, 2);
}

static __always_inline bool text24_eq(const volatile union text24 *a, __u64 w0, __u64 w1, __u64 w2)
{
	__u64 b[3] = { w0, w1, w2 };

	return words_eq(a->w, b, 3);
}

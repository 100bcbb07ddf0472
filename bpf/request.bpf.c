// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Finds the request, see request.bpf.h.  All names are compared in full: what a client sends can
 * look like nothing else.
 */
#include "request.bpf.h"
#include "attrs.bpf.h"

/* Entries of a dict that are looked at: an environ with a copy of os.environ in it is as large. */
#define ENTRIES_MAX 256
/* An environ or scope has at least so many. */
#define ENTRIES_MIN 3
/* Locals of a function that are looked at when its code object is seen first. */
#define LOCALS_MAX 48

#define LOOK_CELL 0x800
#define LOOK(role, idx) ((role) << 12 | (idx))
#define LOOK_ROLE(look) ((look) >> 12 & 0xf)
#define LOOK_IDX(look) ((look)&0x7ff)

/* Is the function one of those of which one local leads on?  Its index from 1 on. */
__noinline int look_special(__u32 slot, __u64 code)
{
	struct scratch *s = scratch_get(slot);
	struct words3 name;
	__u64 file[2];

	if (!s || !cfg_request ||
	    !short_str(s, read_u64(s, code + s->proc.layout.code_name), &name) || name.w[2])
		return 0;
	str_tail(s, read_u64(s, code + s->proc.layout.code_filename), file);
	for (__u32 i = 0; i < REQUEST_FUNCTIONS_MAX; i++) {
		const volatile struct request_function *f = &cfg_names.functions[i];

		if (!f->role)
			break;
		if (text16_eq(&f->func, name.w[0], name.w[1]) &&
		    text16_eq(&f->file, file[0], file[1]))
			return i + 1;
	}
	return 0;
}

/*
 * The role of a local by its name; `where`: its index, the number of parameters << 16,
 * look_special() << 24.
 */
__noinline int look_name(__u32 slot, __u64 str, __u32 where)
{
	struct scratch *s = scratch_get(slot);
	__u32 idx = where & 0xffff, params = where >> 16 & 0xff, special = where >> 24;
	bool known = false;
	struct words3 n;

	if (!s || !cfg_request)
		return 0;
	if (short_str(s, str, &n) && !n.w[2]) {
		__u32 at = special - 1;

		barrier_var(at);
		at &= REQUEST_FUNCTIONS_MAX - 1;
		if (special && text16_eq(&cfg_names.functions[at].local, n.w[0], n.w[1]))
			return cfg_names.functions[at].role;
		for (__u32 i = 0; i < REQUEST_LOCALS_MAX; i++) {
			const volatile struct request_local *l = &cfg_names.locals[i];

			if (!l->role)
				break;
			if (!text16_eq(&l->name, n.w[0], n.w[1]))
				continue;
			if (idx < params || !l->param)
				return l->role;
			known = true;
		}
	}
	/*
	 * Under other names: an application is called with (environ, start_response), or (scope,
	 * receive, send), and perhaps a self in front.
	 */
	if (!known && ((idx == 0 && (params == 2 || params == 3)) ||
		       (idx == 1 && (params == 3 || params == 4))))
		return ROLE_DICT;
	return ROLE_NONE;
}

/*
 * One local of s->at_code to s->looks.  By itself, so that the verifier does not follow its outcome
 * through the loop.
 */
__noinline int look_local(__u32 slot, __u64 names, __u64 kinds, __u32 where)
{
	struct scratch *s = scratch_get(slot);
	__u32 idx = where & 0xffff, n;
	__u8 kind = 0;
	int role;

	if (!s || !cfg_request)
		return 0;
	n = s->nr_looks;
	role = look_name(slot, read_u64(s, names + s->proc.layout.tuple_items + 8ULL * idx), where);
	if (role <= ROLE_NONE || role > ROLE_ROOT || n >= 4)
		return 0;
	if (kinds)
		read_user(s, &kind, 1, kinds + idx);
	s->looks |= (__u64)(LOOK(role, idx) | (kind & 0xc0 ? LOOK_CELL : 0)) << (16 * n & 63);
	s->nr_looks = n + 1;
	return 0;
}

/* The looks that a code object is worth, four of 16 bits. */
__noinline __u64 look_code(__u32 slot, __u64 code, __u64 names)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 n, kinds = 0;
	__u32 where;

	if (!s || !cfg_request)
		return 0;
	l = &s->proc.layout;
	where = look_special(slot, code) << 24 | (read_u32(s, code + l->code_argcount) & 0xff)
							 << 16;
	n = read_u64(s, names + OB_SIZE);
	if (l->code_kinds != PY_NO_FIELD)
		kinds = read_u64(s, code + l->code_kinds) + 32;
	s->looks = 0;
	s->nr_looks = 0;
	for (__u32 i = 0; i < LOCALS_MAX; i++) {
		if (i >= n)
			break;
		look_local(slot, names, kinds, where | i);
	}
	return s->looks;
}

/* As look_code(), from the map `looks` where it is there. */
static __always_inline __u64 known_looks(struct scratch *s, __u32 slot)
{
	__u64 pid = bpf_get_current_pid_tgid() >> 32, todo, check;
	__u32 index = ((s->at_code >> 4 ^ pid) * 0x9e3779b1U >> 13) & (LOOKS_MAX - 1);
	struct looks *known = bpf_map_lookup_elem(&looks, &index);

	if (!known)
		return 0;
	todo = known->looks;
	check = ((s->at_code ^ pid) * PHRUDE_HASH_PRIME ^ s->at_names) * PHRUDE_HASH_PRIME;
	if (known->code == s->at_code && known->names == s->at_names &&
	    known->check == (check ^ todo))
		return todo;
	todo = look_code(slot, s->at_code, s->at_names);
	known->code = s->at_code;
	known->names = s->at_names;
	known->looks = todo;
	known->check = check ^ todo;
	return todo;
}

/*
 * RawRequestMessage of aiohttp, a named tuple or (aiohttp/_http_parser.pyx) an object with the same
 * fields in C.
 */
#define MESSAGE_METHOD 0
#define MESSAGE_PATH 1
#define MESSAGE_RAW_HEADERS 4
#define MESSAGE_FIELDS 5

/*
 * Is what request_attrs() has found a request as it came over the wire, or a handler's that has
 * one?
 */
__noinline int request_raw(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	__u64 message[MESSAGE_FIELDS], method, uri, peer, headers;

	if (!s || !cfg_request)
		return 0;
	message[0] = s->found[FOUND_MESSAGE];
	if (message[0] && s->found[FOUND_PEERNAME]) {
		__u64 flags =
			read_u64(s, read_u64(s, message[0] + OB_TYPE) + s->proc.layout.type_flags);

		peer = s->found[FOUND_PEERNAME];
		if (read_user(s, message, sizeof(message),
			      message[0] + (flags & TPFLAGS_TUPLE ? s->proc.layout.tuple_items
								  : OB_TYPE + 8)))
			return 0;
		method = message[MESSAGE_METHOD];
		uri = message[MESSAGE_PATH];
		headers = message[MESSAGE_RAW_HEADERS];
	} else {
		s->holder = s->found[FOUND_REQUEST];
		if (!s->holder || !request_attrs(slot, s->holder))
			return 0;
		peer = s->found[FOUND_REMOTE_IP];
		method = s->found[FOUND_SCOPE_METHOD];
		uri = s->found[FOUND_URI];
		headers = s->found[FOUND_HEADERS];
		if (!peer || !method || !uri || !headers || !request_attrs(slot, headers))
			return 0;
		headers = s->found[FOUND_AS_LIST];
	}
	__builtin_memset(s->found, 0, sizeof(s->found));
	s->found[EV_REQ_METHOD] = method;
	s->found[EV_REQ_TARGET] = uri;
	s->found[EV_REQ_PEER] = peer;
	s->found[FOUND_HEADERS] = headers;
	s->request = REQUEST_RAW;
	return 1;
}

/*
 * An object that may be an application's for the request: the environ or scope that it has; 0: it
 * is none, or it was one that has no such thing (s->request is set then).
 */
static __always_inline __u64 request_object(struct scratch *s, __u32 slot, __u64 obj)
{
	__u64 around = 0;

	if (obj == s->proc.none || !request_attrs(slot, obj))
		return 0;
	/* One around it, of Django REST framework. */
	if (s->found[FOUND_INNER] && !s->found[FOUND_ENVIRON] && !s->found[FOUND_SCOPE]) {
		around = obj;
		obj = s->found[FOUND_INNER];
		if (!request_attrs(slot, obj))
			return 0;
	}
	s->holder = obj;
	if (request_raw(slot))
		return 0;
	s->holder = obj;
	s->holder_around = around;
	return s->found[FOUND_ENVIRON] ?: s->found[FOUND_SCOPE];
}

/* Is it an object for the request whose scope was found already? */
static __always_inline void request_holder(struct scratch *s, __u32 slot, __u64 obj)
{
	if (obj != s->proc.none && request_held(s, slot, obj) &&
	    s->held[FOUND_SCOPE] == s->request_dict)
		s->holder = obj;
}

__noinline int request_frame(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 todo, obj;

	if (!s || !cfg_request || !s->at_code || !request_wanted(s))
		return 0;
	l = &s->proc.layout;
	todo = known_looks(s, slot);
	for (int i = 0; i < 4; i++) {
		__u32 look = todo & 0xffff;

		if (!look)
			break;
		todo >>= 16;
		obj = untag(
			l, stack_u64(s, s->at_frame + l->frame_localsplus + 8ULL * LOOK_IDX(look)));
		if (look & LOOK_CELL || !obj)
			obj = frame_local(slot, s->at_frame, s->at_code, LOOK_IDX(look));
		if (!obj)
			continue;
		if (s->request) {
			if (LOOK_ROLE(look) == ROLE_OBJECT)
				request_holder(s, slot, obj);
			continue;
		}
		if (LOOK_ROLE(look) == ROLE_ROOT) {
			if (s->nr_roots < REQUEST_ROOTS_MAX)
				s->roots[s->nr_roots++ & (REQUEST_ROOTS_MAX - 1)] = obj;
			continue;
		}
		if (LOOK_ROLE(look) == ROLE_OBJECT) {
			obj = request_object(s, slot, obj);
			if (s->request)
				return 1;
			if (!obj)
				continue;
		} else {
			s->holder = 0;
		}
		/* In recursion it is the same one again and again. */
		if (obj == s->proc.none || obj == s->no_request)
			continue;
		if (request_dict(slot, obj)) {
			s->request_dict = obj;
			return 1;
		}
		s->no_request = obj;
	}
	return 0;
}

/*
 * Which of the entries has these characters: its field from 1 on, 0 if none.  A function of its
 * own, so that the verifier looks at it once.
 */
__noinline int entry_field(__u64 w0, __u64 w1, __u64 w2)
{
	const volatile struct request_entry *e;
	__u64 at;

	if (!cfg_request)
		return 0;
	at = cfg_names.buckets[request_bucket(cfg_names.seed, w0, w1, w2)];
	if (!at)
		return 0;
	e = &cfg_names.entries[(at - 1) & (REQUEST_ENTRIES_MAX - 1)];
	return text24_eq(&e->name, w0, w1, w2) ? e->field : 0;
}

/* A header that no alert shows; `name`: its first eight characters. */
static __always_inline void note_other(struct scratch *s, __u64 name, const __u64 pair[2])
{
	__u32 n = s->nr_others;

	if (s->into_held || n >= PHRUDE_OTHERS_MAX || header_is_dull(name >> 40))
		return;
	s->others[n & (PHRUDE_OTHERS_MAX - 1)].name = pair[0];
	s->others[n & (PHRUDE_OTHERS_MAX - 1)].value = pair[1];
	s->nr_others = n + 1;
}

/* One entry of the table that stands at stack[0]. */
__noinline int request_entry(__u32 slot, __u32 idx)
{
	struct scratch *s = scratch_get(slot);
	struct words3 name = {};
	struct walk *w;
	__u64 pair[2];
	__u32 field = NR_FOUND;

	if (!s || !cfg_request)
		return 0;
	w = &s->stack[0];
	if (walk_pair(s, w, idx, pair))
		return 0;
	if (short_str(s, pair[0], &name))
		field = entry_field(name.w[0], name.w[1], name.w[2]) - 1;
	if (field >= NR_FOUND) {
		if ((name.w[0] & 0xffffffffff) == 0x5f50545448) /* "HTTP_" */
			note_other(s, name.w[0], pair);
		return 0;
	}
	if (w->values)
		pair[1] = read_u64(s, w->values + 8ULL * idx);
	if (s->into_held)
		s->held[field] = pair[1];
	else
		s->found[field] = pair[1];
	return 0;
}

static __always_inline void scan(struct scratch *s, __u32 slot)
{
	if (s->into_held)
		__builtin_memset(s->held, 0, sizeof(s->held));
	else
		__builtin_memset(s->found, 0, sizeof(s->found));
	s->nr_others = s->into_held ? s->nr_others : 0;
	for (__u32 i = 0; i < ENTRIES_MAX; i++) {
		if (i >= s->stack[0].count)
			break;
		request_entry(slot, i);
	}
}

static __always_inline bool is_request_type(struct scratch *s, __u64 str)
{
	struct words3 type;

	if (!short_str(s, str, &type) || type.w[2])
		return false;
	for (int i = 0; i < REQUEST_SCOPES_MAX; i++) {
		if (text16_eq(&cfg_names.scopes[i], type.w[0], type.w[1]))
			return true;
	}
	return false;
}

__noinline int request_dict(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);

	if (!s || !cfg_request || read_u64(s, obj + OB_TYPE) != s->proc.type_dict)
		return 0;
	dict_open(slot, 0, obj);
	if (s->stack[0].count < ENTRIES_MIN || s->stack[0].count > ENTRIES_MAX)
		return 0;
	scan(s, slot);
	if (s->found[EV_REQ_METHOD] && s->found[EV_REQ_PATH]) {
		s->request = REQUEST_WSGI;
		return 1;
	}
	if (s->found[FOUND_SCOPE_PATH] && s->found[FOUND_HEADERS] && s->found[FOUND_TYPE] &&
	    is_request_type(s, s->found[FOUND_TYPE])) {
		s->found[EV_REQ_METHOD] = s->found[FOUND_SCOPE_METHOD];
		s->found[EV_REQ_PATH] = s->found[FOUND_SCOPE_PATH];
		s->request = REQUEST_ASGI;
		return 1;
	}
	return 0;
}

__noinline int request_attrs(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);

	if (!s || !cfg_request || !walk_attrs(s, &s->stack[0], obj) ||
	    s->stack[0].count > ENTRIES_MAX)
		return 0;
	scan(s, slot);
	return 1;
}

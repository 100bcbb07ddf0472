// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Looks into classes and instances, see class.bpf.h. */
#include "class.bpf.h"

/* Members of a type, entries of the dict of a class or an instance that are looked at. */
#define MEMBERS_MAX 24
#define ATTRS_MAX 256

static const union text24 slot_names[SLOT_WANTED] = {
	[SLOT_STR] = { "_str" },	  [SLOT_DRV] = { "_drv" },
	[SLOT_ROOT] = { "_root" },	  [SLOT_PARTS] = { "_parts" },
	[SLOT_TAIL] = { "_tail_cached" }, [SLOT_RAW] = { "_raw_paths" },
	[SLOT_PATH] = { "path" },
};

/*
 * PyMemberDef (Include/structmember.h, since 3.12 Include/descrobject.h), and its types for an
 * object.
 */
#define MEMBER_SZ 40
#define T_OBJECT 6
#define T_OBJECT_EX 16

struct member {
	__u64 name; /* C string */
	__u32 type, pad;
	__u64 offset;
};

/* One member of a type: to s->slots if its name is known.  0 at their end. */
__noinline int class_member(__u32 slot, __u64 addr)
{
	struct scratch *s = scratch_get(slot);
	union text24 name = {};
	struct member m;

	if (!s || leaf_read(s, &m, sizeof(m), addr) || !m.name)
		return 0;
	if (bpf_probe_read_user_str(name.c, sizeof(name.c), (void *)m.name) < 0) {
		note_inline(s, m.name, 1);
		return 0;
	}
	if ((m.type != T_OBJECT && m.type != T_OBJECT_EX) || m.offset >= SLOT_LIMIT || m.offset & 7)
		return 1;
	for (__u32 i = 0; i < SLOT_WANTED; i++) {
		if (words_eq(slot_names[i].w, name.w, 3))
			s->slots[i] = m.offset;
	}
	if (words_eq(s->wanted, name.w, 3))
		s->slots[SLOT_WANTED] = m.offset;
	return 1;
}

__noinline int class_members(__u32 slot, __u64 type)
{
	struct scratch *s = scratch_get(slot);
	__u64 members;

	if (!s)
		return 0;
	members = read_u64(s, type + s->proc.layout.type_members);
	for (__u32 i = 0; i < MEMBERS_MAX; i++) {
		if (!members || !class_member(slot, members + MEMBER_SZ * (__u64)i))
			break;
	}
	return 0;
}

/*
 * Is the str "__fspath__"?  For a function that may call no other, and has little stack: s->text is
 * free meanwhile.
 */
static __always_inline bool is_fspath(struct scratch *s, __u64 str)
{
	static const union text16 fspath = { "__fspath__" };
	struct str_head *h = (void *)s->text;
	union text16 *text = (void *)(h + 1);

	if (leaf_read(s, h, sizeof(*h), str + STR_LENGTH) || h->length != 10 ||
	    (h->state >> 2 & 0x1f) != 0x19) /* kind 1, compact, ascii */
		return false;
	text->w[1] = 0;
	return !leaf_read(s, text, 10, str + s->proc.layout.str_ascii_data) &&
	       words_eq(fspath.w, text->w, 2);
}

/*
 * Entry `idx` of s->attrs to s->found_attr, and 1, if it is that of s->class.name, or where that is
 * 0 of "__fspath__".
 */
__noinline int class_entry(__u32 slot, __u32 idx)
{
	struct scratch *s = scratch_get(slot);
	struct walk *w;
	__u64 pair[2];

	if (!s)
		return 0;
	w = &s->attrs;
	if (walk_pair(s, w, idx, pair) ||
	    !(s->class.name ? pair[0] == s->class.name : is_fspath(s, pair[0])))
		return 0;
	if (w->values && leaf_read(s, &pair[1], sizeof(pair[1]), w->values + 8ULL * idx))
		return 0;
	s->found_attr = pair[1];
	return 1;
}

/* The value of the entry of s->attrs that class_entry() is about, or 0. */
static __always_inline __u64 find_entry(struct scratch *s, __u32 slot)
{
	s->found_attr = 0;
	for (__u32 i = 0; i < ATTRS_MAX; i++) {
		if (i >= s->attrs.count || class_entry(slot, i))
			break;
	}
	return s->found_attr;
}

__noinline __u64 class_attr(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);

	if (!s || !walk_attrs(s, &s->attrs, obj))
		return 0;
	return find_entry(s, slot);
}

__noinline int class_dict(__u32 slot, __u64 type)
{
	struct scratch *s = scratch_get(slot);
	__u64 dict;

	if (!s)
		return 0;
	dict = read_u64(s, type + s->proc.layout.type_dict);
	if (!dict)
		return 0;
	walk_dict(s, &s->attrs, dict);
	s->class_entries += s->attrs.count < ATTRS_MAX ? s->attrs.count : ATTRS_MAX;
	if (s->class_entries > EVENT_ATTRS_MAX)
		return 0;
	s->fspath = find_entry(s, slot);
	return 0;
}

/* Names in the code of an __fspath__ that are not attributes of its own. */
enum {
	NAME_OTHER,
	NAME_STR,
	NAME_FSPATH,
	NAME_OS,
	NAME_DUNDER, /* __fspath__, __str__ */
};

#define NAMES(a, b, c) ((a) | (b) << 4 | (c) << 8)

/* A name to s->wanted, and what it is. */
__noinline int class_name(__u32 slot, __u64 str)
{
	static const struct {
		union text24 name;
		__u32 what;
	} known[] = {
		{ { "str" }, NAME_STR },	{ { "fspath" }, NAME_FSPATH },
		{ { "os" }, NAME_OS },		{ { "__fspath__" }, NAME_DUNDER },
		{ { "__str__" }, NAME_DUNDER },
	};
	struct scratch *s = scratch_get(slot);
	struct str_head h;
	__u64 addr;

	if (!s)
		return 0;
	s->wanted[0] = s->wanted[1] = s->wanted[2] = 0;
	if (leaf_read(s, &h, sizeof(h), str + STR_LENGTH) || !h.length ||
	    h.length >= sizeof(s->wanted) || (h.state >> 2 & 0x1f) != 0x19)
		return NAME_OTHER;
	addr = str + s->proc.layout.str_ascii_data;
	if (bpf_probe_read_user_str(s->wanted, sizeof(s->wanted), (void *)addr) < 0)
		note_inline(s, addr, 1);
	for (__u32 i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (words_eq(known[i].name.w, s->wanted, 3))
			return known[i].what;
	}
	return NAME_OTHER;
}

/*
 * It takes self alone, and its code has no constant but its docstring or None.  Where it names one
 * thing only, it returns that as it is if it has a stack of one value.
 */
__noinline int class_returns(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	const struct py_layout *l;
	__u64 code, names, n, at;
	__u32 what = 0;

	if (!s || read_u64(s, s->fspath + OB_TYPE) != s->proc.type_function)
		return 0;
	l = &s->proc.layout;
	code = read_u64(s, s->fspath + l->func_code);
	if (read_u32(s, code + l->code_argcount) != 1 ||
	    read_u64(s, read_u64(s, code + l->code_consts) + OB_SIZE) > 1)
		return 0;
	names = read_u64(s, code + l->code_names);
	n = read_u64(s, names + OB_SIZE);
	names += l->tuple_items;
	for (__u32 i = 0; i < 3; i++) {
		if (i < n)
			what |= class_name(slot, read_u64(s, names + 8 * i)) << (4 * i);
	}
	if (n == 1 && read_u32(s, code + l->code_stacksize) == 1)
		at = 0;
	else if (n == 2 && what == NAMES(NAME_OTHER, NAME_DUNDER, 0))
		at = 0;
	else if (n == 2 && (what == NAME_STR || what == NAME_FSPATH))
		at = 1;
	else if (n == 3 && what == NAMES(NAME_OS, NAME_FSPATH, 0))
		at = 2;
	else
		return 0;
	at = read_u64(s, names + 8 * at);
	class_name(slot, at);
	s->class.name = at;
	return 1;
}

// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See class.bpf.h. */
#include "class.bpf.h"

/* Classes of an MRO that are looked at. */
#define MRO_MAX 16
/* Objects that may stand for one another. */
#define INSTEAD_MAX 3

#define TPFLAGS_HEAPTYPE (1ULL << 9)

/* tp_name of classes that keep a path in slots. */
static const union text16 pure_path = { "PurePath" }, windows_path = { "PureWindowsPath" },
			  dir_entry = { "posix.DirEntry" };

/* Offsets of slots, of a type that has those of PurePath; else 0. */
static __always_inline __u64 path_slots(const struct scratch *s)
{
	__u64 what = CLASS_PATH | (__u64)s->windows << 8;

	if (!s->slots[SLOT_STR] || !s->slots[SLOT_DRV] || !s->slots[SLOT_ROOT] ||
	    !(s->slots[SLOT_PARTS] | s->slots[SLOT_TAIL]))
		return 0;
	/* A version has either of the two; in which one it is, PATH_ANCHORED tells. */
	if (s->slots[SLOT_PARTS])
		what |= PATH_ANCHORED << 8;
	return what | SLOT_TO(s->slots[SLOT_STR], 0) | SLOT_TO(s->slots[SLOT_DRV], 1) |
	       SLOT_TO(s->slots[SLOT_ROOT], 2) |
	       SLOT_TO(s->slots[SLOT_PARTS] ?: s->slots[SLOT_TAIL], 3) |
	       SLOT_TO(s->slots[SLOT_RAW], 4);
}

/*
 * The words by which a type is known again to s->class, and its name.  They are read to s->text:
 * stack is scarce.
 */
static __always_inline int class_sign(struct scratch *s)
{
	const struct py_layout *l = &s->proc.layout;
	/* tp_name, tp_basicsize; tp_members, tp_getset, tp_base, tp_dict */
	__u64 *name = (void *)s->text, *words = name + 2, h;

	if (read_user(s, name, 2 * sizeof(*name), s->type + l->type_name) ||
	    read_user(s, words, 4 * sizeof(*words), s->type + l->type_members))
		return -1;
	s->type_name = name[0];
	s->class.type = s->type;
	h = ((name[0] ^ name[1] << 48) * PHRUDE_HASH_PRIME ^ words[0]) * PHRUDE_HASH_PRIME;
	h = ((h ^ words[2]) * PHRUDE_HASH_PRIME ^ words[3]) * PHRUDE_HASH_PRIME;
	s->class.signature = h;
	return 0;
}

static __always_inline struct class_facts *class_place(const struct scratch *s)
{
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	__u32 index = ((s->type >> 4 ^ pid) * 0x9e3779b1U >> 13) & (CLASSES_MAX - 1);

	return bpf_map_lookup_elem(&classes, &index);
}

static __always_inline __u64 class_check(const struct class_facts *c)
{
	__u64 pid = bpf_get_current_pid_tgid() >> 32;

	return ((((c->type ^ pid << 48) * PHRUDE_HASH_PRIME ^ c->signature) * PHRUDE_HASH_PRIME ^
		 c->what) *
			PHRUDE_HASH_PRIME ^
		c->name) *
	       PHRUDE_HASH_PRIME;
}

static __always_inline bool class_known(struct scratch *s)
{
	const struct class_facts *c = class_place(s);

	if (!c || c->type != s->class.type || c->signature != s->class.signature)
		return false;
	s->class.what = c->what;
	s->class.name = c->name;
	return c->check == class_check(&s->class);
}

/* Begins to look at a class. */
static __always_inline void class_begin(struct scratch *s)
{
	const struct py_layout *l = &s->proc.layout;

	s->class_at = 1;
	s->class_missing = s->nr_missing;
	s->mro = read_u64(s, s->type + l->type_mro);
	s->nr_mro = read_u64(s, s->mro + OB_SIZE);
	if (s->nr_mro > MRO_MAX)
		s->nr_mro = MRO_MAX;
	s->mro += l->tuple_items;
	s->fspath = 0;
	s->windows = 0;
	s->class.what = CLASS_PLAIN;
	s->class.name = 0;
	s->wanted[0] = s->wanted[1] = s->wanted[2] = 0;
	__builtin_memset(s->slots, 0, sizeof(s->slots));
}

/* The next class of the MRO.  False: no other is to be looked at. */
static __always_inline bool class_first_round(struct scratch *s, __u32 slot, __u64 type)
{
	const struct py_layout *l = &s->proc.layout;
	union text16 *name = (void *)s->text;

	if (type == s->proc.type_float)
		s->class.what = CLASS_BUILTIN | VAL_FLOAT << 8;
	else if (type == s->proc.type_set)
		s->class.what = CLASS_BUILTIN | VAL_SET << 8;
	else if (type == s->proc.type_frozenset)
		s->class.what = CLASS_BUILTIN | VAL_FROZENSET << 8;
	if (s->class.what)
		return false;
	name->w[0] = name->w[1] = 0;
	if (read_user_str(s, name->c, sizeof(name->c), read_u64(s, type + l->type_name)) < 0)
		return true;
	if (words_eq(windows_path.w, name->w, 2))
		s->windows = PATH_WINDOWS;
	if (words_eq(pure_path.w, name->w, 2)) {
		class_members(slot, type);
		s->class.what = path_slots(s);
	} else if (words_eq(dir_entry.w, name->w, 2)) {
		class_members(slot, type);
		if (s->slots[SLOT_PATH])
			s->class.what = CLASS_SLOT | SLOT_TO(s->slots[SLOT_PATH], 0);
	}
	if (s->class.what)
		return false;
	/* The first one found is the one that is called. */
	if (!s->fspath && read_u64(s, type + l->type_flags) & TPFLAGS_HEAPTYPE)
		class_dict(slot, type);
	return true;
}

/*
 * One class of the MRO.  In a first round what the class is, and its __fspath__; if that returns an
 * attribute, in a second one whether that has a slot.  0: it is known.
 */
static __always_inline bool class_step(struct scratch *s, __u32 slot)
{
	__u64 at = s->class_at++ - 1, type;

	if (at == s->nr_mro && (!s->fspath || !class_returns(slot)))
		return false;
	if (at >= 2 * s->nr_mro) {
		s->class.what = CLASS_ATTR;
		return false;
	}
	type = read_u64(s, s->mro + 8 * (at < s->nr_mro ? at : at - s->nr_mro));
	if (!type)
		return true;
	if (at < s->nr_mro)
		return class_first_round(s, slot, type);
	class_members(slot, type);
	if (!s->slots[SLOT_WANTED])
		return true;
	s->class.what = CLASS_SLOT | SLOT_TO(s->slots[SLOT_WANTED], 0);
	return false;
}

/* What has been found is kept, if all could be read. */
static __always_inline void class_keep(struct scratch *s)
{
	struct class_facts *c = class_place(s);

	if (s->class_entries > EVENT_ATTRS_MAX) {
		s->cut |= EV_CUT_ARGS;
		return;
	}
	if (!c || s->nr_missing != s->class_missing)
		return;
	c->type = s->class.type;
	c->signature = s->class.signature;
	c->what = s->class.what;
	c->name = s->class.name;
	c->check = class_check(&s->class);
}

/* Goes on with `obj` in place of what stands for it; false if that cannot be. */
static __always_inline bool capture_instead(struct scratch *s, __u64 obj)
{
	__u64 type, flags;

	if (!obj || s->instead >= INSTEAD_MAX || read_user(s, &type, sizeof(type), obj + OB_TYPE) ||
	    read_user(s, &flags, sizeof(flags), type + s->proc.layout.type_flags))
		return false;
	/* Text, or an object that may stand for another one. */
	if (!(flags & (TPFLAGS_STR | TPFLAGS_BYTES)) &&
	    (flags & (TPFLAGS_LONG | TPFLAGS_LIST | TPFLAGS_TUPLE | TPFLAGS_DICT) ||
	     obj == s->proc.none))
		return false;
	s->instead++;
	s->pending = obj;
	return true;
}

/* One of pathlib's; false where nothing of it is set yet. */
__noinline int capture_path(__u32 slot, __u64 obj)
{
	struct scratch *s = scratch_get(slot);
	__u64 what, str, offsets = 0;
	struct walk *w;
	__u32 aux, n = 3;

	if (!s)
		return 0;
	what = s->class.what;
	aux = CLASS_MORE(what);
	str = read_u64(s, obj + SLOT_IN(what, 0));
	if (str)
		return capture_instead(s, str);
	if (read_u64(s, obj + SLOT_IN(what, 1)) && read_u64(s, obj + SLOT_IN(what, 2)) &&
	    read_u64(s, obj + SLOT_IN(what, 3))) {
		offsets = SLOT_IN(what, 1) | SLOT_IN(what, 2) << 16 | SLOT_IN(what, 3) << 32;
	} else if (SLOT_IN(what, 4) && read_u64(s, obj + SLOT_IN(what, 4))) {
		aux = (aux & PATH_WINDOWS) | PATH_RAW;
		offsets = SLOT_IN(what, 4);
		n = 1;
	} else {
		return 0;
	}
	if (s->depth >= PHRUDE_DEPTH_MAX) {
		s->cut |= EV_CUT_ARGS;
		node_mark(s, VAL_DEEP, 0);
		return 1;
	}
	if (!node_mark(s, VAL_PATH, aux))
		return 1;
	w = &s->stack[s->depth % PHRUDE_DEPTH_MAX];
	w->object = obj;
	w->values = offsets;
	w->idx = 0;
	w->count = n;
	w->type = VAL_PATH;
	s->depth++;
	return 1;
}

__noinline int capture_other(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	__u64 obj, what;
	__u32 at;

	if (!s)
		return 0;
	obj = s->object;
	if (!s->class_at) {
		if (class_sign(s)) {
			s->object = 0;
			s->cut |= EV_CUT_UNREADABLE;
			node_mark(s, VAL_UNREADABLE, 0);
			return 0;
		}
		if (!class_known(s)) {
			class_begin(s);
			return 0;
		}
	} else {
		if (class_step(s, slot))
			return 0;
		class_keep(s);
	}
	s->object = 0;
	what = s->class.what;
	switch (CLASS_KIND(what)) {
	case CLASS_BUILTIN:
		if (CLASS_MORE(what) == VAL_FLOAT)
			return capture_bytes(slot, NODE(VAL_FLOAT, 0, 0), obj + 16, 8);
		return container_open(slot, obj, CLASS_MORE(what));
	case CLASS_PATH:
		if (capture_path(slot, obj))
			return 0;
		break;
	case CLASS_SLOT:
		if (capture_instead(s, read_u64(s, obj + SLOT_IN(what, 0))))
			return 0;
		break;
	case CLASS_ATTR:
		if (capture_instead(s, class_attr(slot, obj)))
			return 0;
		break;
	}
	/* The name of the type, as an object's node. */
	at = s->len & (PHRUDE_EVENT_MAX - 1);
	capture_cstr(slot, s->type_name, PHRUDE_NAME_MAX);
	if (s->data[at] == VAL_UTF8)
		s->data[at] = VAL_OBJECT;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Objects of classes that tp_flags say nothing of.  What derives from float, set or frozenset is
 * captured as such; what stands for a path, as the path that it stands for:
 *
 *   pathlib               its slots: the text, or the parts of which user space makes it
 *   os.DirEntry           its member `path`
 *   other classes         if their __fspath__ does nothing but return an attribute, perhaps by
 *                         str(), os.fspath() or the attribute's own __fspath__: that attribute.
 *                         No code of the target runs.
 *
 * The rest is shown by the name of its class.  A class is looked at once, along its MRO, a step of
 * capture_value() for each class in it, and then known by its type object (map `classes`).
 */
#pragma once

#include "attrs.bpf.h"

/* Entries of class dicts for one event: classes are the target's to make. */
#define EVENT_ATTRS_MAX 4096

/* What there is in class_facts.what. */
enum class_kind {
	CLASS_PLAIN,
	CLASS_BUILTIN, /* above: VAL_* */
	/*
	 * above: PATH_*, then the offsets of five slots: text, drive, root, parts, what it was made
	 * of
	 */
	CLASS_PATH,
	CLASS_SLOT, /* the offset of the slot of what stands for it */
	CLASS_ATTR, /* class_facts.name: the attribute that stands for it */
};

#define CLASS_KIND(what) ((what)&0xff)
#define CLASS_MORE(what) ((what) >> 8 & 0xff)
/* Offsets of slots are multiples of 8. */
#define SLOT_BITS 9
#define SLOT_LIMIT (8 << SLOT_BITS)
#define SLOT_SHIFT(i) (16 + SLOT_BITS * (i))
#define SLOT_IN(what, i) (((what) >> SLOT_SHIFT(i) & ((1 << SLOT_BITS) - 1)) << 3)
#define SLOT_TO(offset, i) ((__u64)(offset) >> 3 << SLOT_SHIFT(i))

/* class_look.bpf.c */
/*
 * Offsets of the slots that a type has of its own, and of members of types in C, to s->slots: those
 * whose names are known.
 */
int class_members(__u32 slot, __u64 type);
/* The __fspath__ that a class itself defines, to s->fspath. */
int class_dict(__u32 slot, __u64 type);
/* Does s->fspath do nothing but return an attribute?  Its name to s->class.name and s->wanted. */
int class_returns(__u32 slot);
/* The attribute s->class.name of an object, or 0. */
__u64 class_attr(__u32 slot, __u64 obj);

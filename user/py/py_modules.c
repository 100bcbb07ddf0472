// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_modules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/look.h"
#include "base/util.h"
#include "py/interp.h"
#include "py/remote.h"

/*
 * The same in all versions: Include/cpython/object.h, Objects/moduleobject.c,
 * Include/internal/pycore_interp.h.
 */
#define OB_TYPE 8
#define MODULE_DICT 16
#define TYPE_BASICSIZE 32
#define TYPE_BASE 256
#define TYPE_DICT 264
#define TYPE_DICTOFFSET 288
#define TYPE_MRO 344
#define TPFLAGS_INLINE_VALUES (1ULL << 2)
#define TPFLAGS_MANAGED_DICT (1ULL << 4)
#define TPFLAGS_HEAP (1ULL << 9)
#define TPFLAGS_TYPE (1ULL << 31)
#define TPFLAGS_DICT (1ULL << 29)

/* _PyRuntime.interpreters: head, and behind it main. */
#define INTERPRETERS_MAIN 8
#define INTERPRETERS_MAX 64
#define MRO_MAX 64

void py_view_init(struct py_view *v, const struct py_interp *interp)
{
	*v = (struct py_view){ .pid = interp->pid,
			       .dev = interp->dev,
			       .ino = interp->ino,
			       .runtime = interp->runtime,
			       .facts = interp->facts,
			       .runtime_layout = interp->runtime_layout,
			       .proc = interp->proc };
}

void py_view_move(struct py_view *v, const struct py_proc *proc)
{
	v->runtime += proc->load_bias - v->proc.load_bias;
	v->proc = *proc;
}

static int interpreter_main(const struct py_view *v, uint64_t *addr)
{
	uint64_t at = v->runtime + v->runtime_layout.interpreters_head + INTERPRETERS_MAIN;
	int ret = remote_read_u64(v->pid, at, addr);

	return ret ? ret : *addr && *addr % 8 == 0 ? 0 : -ENOENT;
}

static int sys_get(const struct py_view *v, uint64_t interpreter, const char *name, uint64_t *value)
{
	struct py_reader rd = py_view_reader(v);
	uint64_t dict;
	int ret = remote_read_u64(v->pid, interpreter + v->runtime_layout.interp_sysdict, &dict);

	if (!ret && !dict)
		ret = -ENOENT;
	return ret ? ret : py_dict_get(&rd, dict, name, value);
}

static bool contains(const uint64_t *list, size_t count, uint64_t value)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == value)
			return true;
	}
	return false;
}

/* Calls fn(ctx, interpreter) for the main interpreter, then the others. */
static int each_interpreter(const struct py_view *v, int (*fn)(void *ctx, uint64_t interpreter),
			    void *ctx)
{
	uint64_t main_interpreter, at, seen[INTERPRETERS_MAX];
	int ret = interpreter_main(v, &main_interpreter);

	if (!ret)
		ret = fn(ctx, main_interpreter);
	if (ret)
		return ret;
	if (remote_read_u64(v->pid, v->runtime + v->runtime_layout.interpreters_head, &at))
		return 0;
	for (size_t i = 0; i < INTERPRETERS_MAX && at && at % 8 == 0 && !ret; i++) {
		if (contains(seen, i, at))
			break;
		seen[i] = at;
		if (at != main_interpreter)
			ret = fn(ctx, at);
		if (remote_read_u64(v->pid, at + v->runtime_layout.interp_next, &at))
			break;
	}
	return ret;
}

struct modules {
	const struct py_view *v;
	py_entry_fn fn;
	const char *name;
	uint64_t found;
	void *ctx;
};

static int modules_of(void *ctx, uint64_t interpreter)
{
	struct modules *m = ctx;
	struct py_reader rd = py_view_reader(m->v);
	uint64_t dict;
	int ret = sys_get(m->v, interpreter, "modules", &dict);

	if (!ret)
		ret = py_dict_each(&rd, dict, m->fn, m->ctx);
	return ret < 0 && ret != -ESRCH && ret != -EPERM ? 0 : ret;
}

int py_modules_each(const struct py_view *v, py_entry_fn fn, void *ctx)
{
	struct modules m = { .v = v, .fn = fn, .ctx = ctx };

	return each_interpreter(v, modules_of, &m);
}

static int module_in(void *ctx, uint64_t interpreter)
{
	struct modules *m = ctx;
	struct py_reader rd = py_view_reader(m->v);
	uint64_t dict;

	return !sys_get(m->v, interpreter, "modules", &dict) &&
	       !py_dict_get(&rd, dict, m->name, &m->found);
}

static int module_find(const struct py_view *v, const char *name, uint64_t *module)
{
	struct modules m = { .v = v, .name = name };
	int ret = each_interpreter(v, module_in, &m);

	if (ret == 1)
		*module = m.found;
	return ret == 1 ? 0 : ret ? ret : -ENOENT;
}

/*
 * Rules name dozens of modules, over and over, and each time all names in sys.modules would have to
 * be gone through.  So a look does that once, and notes what it sees.
 */
#define SEEN_MAX 65536
#define SEEN_NAME_MAX 64

struct seen {
	uint64_t hash; /* of its name */
	uint64_t name, module;
};

static __thread struct {
	uint64_t look;
	pid_t pid;
	int ret;
	bool cut; /* there are more */
	struct seen *list;
	size_t count, room;
} seen;

static uint64_t name_hash(const char *name)
{
	uint64_t h = 0;

	for (const char *s = name; *s; s++)
		h = h * 31 + (unsigned char)*s;
	return h;
}

static int see_module(void *ctx, uint64_t name, uint64_t module)
{
	const struct py_reader *rd = ctx;
	char text[SEEN_NAME_MAX];

	if (py_str_read(rd, name, text, sizeof(text)))
		return 0;
	if (seen.count == seen.room) {
		size_t room = seen.room ? 2 * seen.room : 512;
		struct seen *more =
			room <= SEEN_MAX ? reallocarray(seen.list, room, sizeof(*more)) : NULL;

		seen.cut = !more;
		if (!more)
			return 1;
		seen.list = more;
		seen.room = room;
	}
	seen.list[seen.count++] = (struct seen){ name_hash(text), name, module };
	return 0;
}

static int see_modules(void *ctx, uint64_t interpreter)
{
	const struct py_view *v = ctx;
	struct py_reader rd = py_view_reader(v);
	uint64_t dict;

	if (!sys_get(v, interpreter, "modules", &dict))
		py_dict_keys_each(&rd, dict, see_module, &rd);
	return seen.cut;
}

/* The first of that name, as module_find() has it. */
static int seen_find(const struct py_view *v, const char *name, uint64_t *module)
{
	struct py_reader rd = py_view_reader(v);
	uint64_t hash = name_hash(name);
	char text[SEEN_NAME_MAX];

	for (size_t i = 0; i < seen.count; i++) {
		if (seen.list[i].hash != hash ||
		    py_str_read(&rd, seen.list[i].name, text, sizeof(text)) || !str_eq(text, name))
			continue;
		*module = seen.list[i].module;
		return 0;
	}
	return -ENOENT;
}

int py_module_find(const struct py_view *v, const char *name, uint64_t *module)
{
	const struct look *look = look_current();
	int ret;

	if (!look || strlen(name) >= SEEN_NAME_MAX)
		return module_find(v, name, module);
	if (seen.look != look->id || seen.pid != v->pid) {
		seen.count = 0;
		seen.cut = false;
		seen.look = look->id;
		seen.pid = v->pid;
		seen.ret = each_interpreter(v, see_modules, (void *)v);
	}
	if (seen.ret < 0)
		return seen.ret;
	ret = seen_find(v, name, module);
	return ret && seen.cut ? module_find(v, name, module) : ret;
}

/* Whether a type is or derives from another one. */
static bool derives_from(const struct py_view *v, uint64_t type, uint64_t base)
{
	for (int i = 0; i < MRO_MAX && type && type % 8 == 0; i++) {
		if (type == base)
			return true;
		if (remote_read_u64(v->pid, type + TYPE_BASE, &type))
			break;
	}
	return false;
}

int py_module_dict(const struct py_view *v, uint64_t module, uint64_t *dict)
{
	struct py_reader rd = py_view_reader(v);
	uint64_t type;
	int ret = py_object_type(&rd, module, &type);

	if (ret)
		return ret;
	if (!derives_from(v, type, v->proc.type_module))
		return -EPROTO;
	ret = remote_read_u64(v->pid, module + MODULE_DICT, dict);
	return ret ? ret : *dict ? 0 : -EPROTO;
}

static int type_flags(const struct py_view *v, uint64_t type, uint64_t *flags)
{
	if (!type || type % 8)
		return -EPROTO;
	return remote_read_u64(v->pid, type + v->proc.layout.type_flags, flags);
}

bool py_is_type(const struct py_view *v, uint64_t obj)
{
	struct py_reader rd = py_view_reader(v);
	uint64_t type, flags;

	return !py_object_type(&rd, obj, &type) && !type_flags(v, type, &flags) &&
	       flags & TPFLAGS_TYPE;
}

static bool is_dict(const struct py_view *v, uint64_t obj)
{
	struct py_reader rd = py_view_reader(v);
	uint64_t type, flags;

	return obj && !py_object_type(&rd, obj, &type) && !type_flags(v, type, &flags) &&
	       flags & TPFLAGS_DICT;
}

/*
 * Since 3.12 tp_dict of a static builtin type is NULL, and each interpreter keeps one for it:
 * PyInterpreterState.types holds a struct with the type's address and, three or four words on, its
 * dict
 * (static_builtin_state in 3.12, managed_static_type_state since,
 * Include/internal/pycore_typeobject.h).  Where in the interpreter state that is differs by version
 * and build, so it is searched for.  Between the two are flags, a 32-bit 0 or 1 each; in the cache
 * of attributes, where types and dicts stand side by side as well, an attribute's name is there.
 */
#define STATE_CHUNK (64 * 1024)
#define STATE_MAX (2 * 1024 * 1024)
#define STATE_WORDS 6

static bool are_flags(const uint64_t *words, size_t count)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < count; i++)
		bits |= words[i];
	return !(bits & ~0x100000001ULL);
}

static int static_type_dict(const struct py_view *v, uint64_t type, uint64_t *dict)
{
	_cleanup_free_ uint64_t *words = malloc(STATE_CHUNK + STATE_WORDS * 8);
	uint64_t interpreter;
	int ret = interpreter_main(v, &interpreter);

	if (ret)
		return ret;
	if (!words)
		return -ENOMEM;
	for (uint64_t at = 0; at < STATE_MAX; at += STATE_CHUNK) {
		size_t size = STATE_CHUNK + STATE_WORDS * 8;

		/* At the end of the mapping the last pages are read one by one. */
		while (size > 4096 && remote_read(v->pid, interpreter + at, words, size))
			size -= 4096;
		if (size <= 4096)
			return -ENOENT;
		for (size_t i = 0; i + STATE_WORDS <= size / 8; i++) {
			if (words[i] != type)
				continue;
			for (size_t k = 2; k <= 3; k++) {
				if (are_flags(&words[i + 1], k - 1) && words[i + k] % 8 == 0 &&
				    is_dict(v, words[i + k])) {
					*dict = words[i + k];
					return 0;
				}
			}
		}
		if (size < STATE_CHUNK)
			return -ENOENT;
	}
	return -ENOENT;
}

int py_type_dict(const struct py_view *v, uint64_t type, uint64_t *dict)
{
	uint64_t flags;
	int ret = type_flags(v, type, &flags);

	if (!ret)
		ret = remote_read_u64(v->pid, type + TYPE_DICT, dict);
	if (ret || *dict)
		return ret;
	if (flags & TPFLAGS_HEAP)
		return -EPROTO;
	return static_type_dict(v, type, dict);
}

int py_cstr_read(const struct py_view *v, uint64_t addr, char *buf, size_t size)
{
	size_t done = 0;

	/* A page at a time: the next one need not be there. */
	while (done < size - 1) {
		size_t n = MIN(size - 1 - done, 4096 - (size_t)((addr + done) % 4096));
		int ret = remote_read(v->pid, addr + done, buf + done, n);

		if (ret)
			return ret;
		if (memchr(buf + done, 0, n))
			return 0;
		done += n;
	}
	buf[done] = '\0';
	return 0;
}

int py_type_name(const struct py_view *v, uint64_t type, char *buf, size_t size)
{
	uint64_t name;
	int ret = type && type % 8 == 0
			  ? remote_read_u64(v->pid, type + v->proc.layout.type_name, &name)
			  : -EPROTO;

	return ret ? ret : py_cstr_read(v, name, buf, size);
}

int py_type_lookup(const struct py_view *v, uint64_t type, const char *name, uint64_t *value,
		   uint64_t *owner)
{
	struct py_reader rd = py_view_reader(v);
	uint64_t mro, items[MRO_MAX], dict;
	size_t count = 0;
	int ret = remote_read_u64(v->pid, type + TYPE_MRO, &mro);

	if (!ret)
		ret = py_tuple_read(&rd, mro, items, ARRAY_SIZE(items), &count);
	if (ret)
		return ret;
	for (size_t i = 0; i < count; i++) {
		if (py_type_dict(v, items[i], &dict) || py_dict_get(&rd, dict, name, value))
			continue;
		*owner = items[i];
		return 0;
	}
	return -ENOENT;
}

/*
 * Where an instance keeps a dict of its attributes, as _PyObject_GetDictPtr() finds it; split
 * values without a dict are not looked into (they become one as soon as __dict__ is asked for).
 */
static int instance_dict(const struct py_view *v, uint64_t obj, uint64_t type, uint64_t *dict)
{
	uint64_t flags, offset;
	int ret = type_flags(v, type, &flags);

	if (!ret)
		ret = remote_read_u64(v->pid, type + TYPE_DICTOFFSET, &offset);
	if (ret)
		return ret;
	if (v->proc.layout.features & PY_F_DICT_LOG2 && flags & TPFLAGS_MANAGED_DICT)
		ret = remote_read_u64(v->pid, obj - 24, dict); /* 3.11 and later */
	else if ((int64_t)offset > 0 && offset < 1u << 20)
		ret = remote_read_u64(v->pid, obj + offset, dict);
	else
		return -ENOENT;
	if (ret)
		return ret;
	return is_dict(v, *dict) ? 0 : -ENOENT;
}

/*
 * Attributes of an instance that has no dict yet: the keys are the type's, the values a block of
 * its own.
 */
static int split_values(const struct py_view *v, uint64_t obj, uint64_t type, uint64_t *keys,
			uint64_t *values)
{
	uint64_t flags, word, basicsize;
	uint8_t header[8];
	int ret = type_flags(v, type, &flags);

	if (ret || !(flags & TPFLAGS_MANAGED_DICT) || !(flags & TPFLAGS_HEAP) ||
	    v->facts->type_cached_keys == PY_NO_FIELD)
		return -ENOENT;
	if (remote_read_u64(v->pid, type + v->facts->type_cached_keys, keys) || !*keys)
		return -ENOENT;
	if (v->proc.layout.features &
	    PY_F_DICT_VALUES_HDR) { /* inline, behind the object: 3.13 and later */
		if (!(flags & TPFLAGS_INLINE_VALUES) ||
		    remote_read_u64(v->pid, type + TYPE_BASICSIZE, &basicsize) ||
		    remote_read(v->pid, obj + basicsize, header, sizeof(header)) || !header[3])
			return -ENOENT;
		*values = obj + basicsize + 8;
		return 0;
	}
	if (v->proc.layout.features &
	    PY_F_LONG_TAG) { /* 3.12: tagged, and one byte before the block */
		ret = remote_read_u64(v->pid, obj - 24, &word);
		*values = word + 1;
		return !ret && word & 1 ? 0 : -ENOENT;
	}
	ret = remote_read_u64(v->pid, obj - 32, values);
	return !ret && *values ? 0 : -ENOENT;
}

int py_instance_get(const struct py_view *v, uint64_t obj, const char *name, uint64_t *value)
{
	struct py_reader rd = py_view_reader(v);
	uint64_t type, dict, keys, values;
	int ret = py_object_type(&rd, obj, &type);

	if (ret)
		return ret;
	if (!split_values(v, obj, type, &keys, &values))
		return py_split_get(&rd, keys, values, name, value);
	ret = instance_dict(v, obj, type, &dict);
	return ret ? ret : py_dict_get(&rd, dict, name, value);
}

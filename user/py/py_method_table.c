// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose method a table of methods lists, as a module's file says before the module is imported.  A
 * table is that of a module if a struct PyModuleDef leads to it (Include/moduleobject.h), that of a
 * type if a PyTypeObject does, or a PyType_Spec by its slots (Include/object.h).
 */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "bpf/abi/import.h"
#include "py/py_methods.h"

/*
 * Words from a struct's beginning to a field: all structs in question are the same from 3.8 to
 * 3.15.
 */
#define DEF_NAME 5
#define DEF_METHODS 8
#define TYPE_NAME 3
#define TYPE_METHODS 29
#define SPEC_SLOTS 3
/* PyType_Slot: a number, and what it is for. */
#define SLOT_WORDS 2
#define SLOTS_MAX 80
#define PY_TP_METHODS 64

/* Tables that list a method of that name. */
#define TABLES_MAX 16

struct table {
	uint64_t addr;
	uint64_t slots_from,
		slots_to; /* where an array of slots may begin that leads to it; 0: none does */
	struct py_method method;
	bool owned;
};

struct search {
	const char *module, *type, *name;
	struct table tables[TABLES_MAX];
	size_t count;
	bool too_many;
};

static void find_tables(const struct elf_file *elf, const uint64_t *words, size_t count,
			uint64_t addr, void *ctx)
{
	struct search *s = ctx;

	for (size_t w = 0; w + PY_METHOD_WORDS <= count; w++) {
		size_t first = w;

		if (!py_method_at(elf, words + w) || !py_text_is(elf, words[w], s->name))
			continue;
		if (s->count == TABLES_MAX) {
			s->too_many = true;
			return;
		}
		while (first >= PY_METHOD_WORDS &&
		       py_method_at(elf, words + first - PY_METHOD_WORDS))
			first -= PY_METHOD_WORDS;
		s->tables[s->count++] = (struct table){
			.addr = addr + 8 * first,
			.method = { .addr = words[w + 1],
				    .flags = (uint32_t)words[w + 2],
				    .doc = words[w + 3] },
		};
	}
}

/* Is it the name of the module, as far as modules know theirs? */
static bool is_module(const struct elf_file *elf, uint64_t addr, const char *module)
{
	struct import_name own = { { 0 } }, wanted = { { 0 } };
	size_t avail;
	const uint8_t *text = elf_file_bytes(elf, addr, 1, &avail);

	if (!text || !memchr(text, 0, avail))
		return false;
	strncpy((char *)own.text, (const char *)text + (*text == '_'), sizeof(own.text) - 1);
	strncpy((char *)wanted.text, module + (*module == '_'), sizeof(wanted.text) - 1);
	import_name_fold(&own, 0);
	import_name_fold(&wanted, 0);
	return !memcmp(&own, &wanted, sizeof(own));
}

/* "_socket.socket", or "socket" */
static bool is_type(const struct elf_file *elf, uint64_t addr, const char *type)
{
	size_t avail;
	const char *text = (const char *)elf_file_bytes(elf, addr, 1, &avail), *dot;

	if (!text || !memchr(text, 0, avail))
		return false;
	dot = strrchr(text, '.');
	return str_eq(dot ? dot + 1 : text, type);
}

static void find_owner(const struct elf_file *elf, const uint64_t *words, size_t w, uint64_t addr,
		       const struct search *s, struct table *t)
{
	size_t first;

	if (!s->type) {
		t->owned |= w >= DEF_METHODS &&
			    is_module(elf, words[w - DEF_METHODS + DEF_NAME], s->module);
		return;
	}
	t->owned |= w >= TYPE_METHODS && is_type(elf, words[w - TYPE_METHODS + TYPE_NAME], s->type);
	if (!w || (uint32_t)words[w - 1] != PY_TP_METHODS)
		return;
	first = w - 1;
	t->slots_to = addr + 8 * first;
	for (size_t i = 0;
	     i < SLOTS_MAX && first >= SLOT_WORDS && (uint32_t)words[first - SLOT_WORDS] &&
	     (uint32_t)words[first - SLOT_WORDS] < SLOTS_MAX + 20;
	     i++)
		first -= SLOT_WORDS;
	t->slots_from = addr + 8 * first;
}

static void find_owners(const struct elf_file *elf, const uint64_t *words, size_t count,
			uint64_t addr, void *ctx)
{
	struct search *s = ctx;

	for (size_t w = 0; w < count; w++) {
		for (size_t i = 0; i < s->count; i++) {
			if (words[w] == s->tables[i].addr)
				find_owner(elf, words, w, addr, s, &s->tables[i]);
		}
	}
}

static void find_specs(const struct elf_file *elf, const uint64_t *words, size_t count,
		       uint64_t addr, void *ctx)
{
	struct search *s = ctx;

	for (size_t w = SPEC_SLOTS; w < count; w++) {
		for (size_t i = 0; i < s->count; i++) {
			struct table *t = &s->tables[i];

			if (t->slots_from && words[w] >= t->slots_from && words[w] <= t->slots_to &&
			    (t->slots_to - words[w]) % (8 * SLOT_WORDS) == 0)
				t->owned |= is_type(elf, words[w - SPEC_SLOTS], s->type);
		}
	}
}

int py_method_of(const struct elf_file *elf, const char *module, const char *type, const char *name,
		 struct py_method *out)
{
	struct search s = { .module = module, .type = type, .name = name };
	size_t found = 0;
	int ret = py_each_data(elf, find_tables, &s);

	if (!ret && s.count)
		ret = py_each_data(elf, find_owners, &s);
	if (!ret && s.count && type)
		ret = py_each_data(elf, find_specs, &s);
	if (ret)
		return ret;
	for (size_t i = 0; i < s.count; i++) {
		if (!s.tables[i].owned)
			continue;
		*out = s.tables[i].method;
		found++;
	}
	return found == 1 && !s.too_many ? 0 : -ENOENT;
}

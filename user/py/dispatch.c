// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nothing names the table in a stripped build.  It is known by what it is: 256 pointers into code
 * in a row, to many different places, most of which begin by storing the address of their
 * instruction in the frame, with one pointer repeated exactly where this version has no opcodes.
 */
#include "py/dispatch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "elf/elf_memo.h"
#include "py/insn.h"

#define DISTINCT_MIN 150
#define STORING_MIN 130
#define STORE_WITHIN 48
#define RESUME_STORE_WITHIN 32

struct search {
	const struct elf_file *ef;
	const struct py_version *v;
	struct dispatch *found;
	unsigned int nr_found;
};

static bool stores_within(const struct search *s, uint64_t addr, size_t within)
{
	size_t len;
	const uint8_t *code = elf_file_bytes(s->ef, addr, 1, &len);

	return code && insn_may_store(code, MIN(len, within), s->v->instr_store);
}

/*
 * RESUME begins by storing the address of its instruction; the numbers that are no opcode share one
 * handler, and their neighbours have others.  This tells the table from itself shifted by an entry.
 */
static bool opcodes_fit(const struct search *s, const uint64_t *words)
{
	unsigned int first = s->v->unused_first, last = s->v->unused_last;
	uint64_t unknown = words[first];

	for (unsigned int i = first; i <= last; i++) {
		if (words[i] != unknown)
			return false;
	}
	return words[first - 1] != unknown && words[last + 1] != unknown &&
	       stores_within(s, words[s->v->resume[0].number], RESUME_STORE_WITHIN);
}

static int compare_addresses(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Enough different handlers, enough of which store to the frame. */
static bool handlers_fit(const struct search *s, const uint64_t *words)
{
	unsigned int distinct = 0, storing = 0;
	uint64_t sorted[DISPATCH_SIZE];

	memcpy(sorted, words, sizeof(sorted));
	qsort(sorted, DISPATCH_SIZE, sizeof(sorted[0]), compare_addresses);
	for (size_t i = 0; i < DISPATCH_SIZE; i++) {
		if (i > 0 && sorted[i] == sorted[i - 1])
			continue;
		distinct++;
		storing += stores_within(s, sorted[i], STORE_WITHIN);
	}
	return distinct >= DISTINCT_MIN && storing >= STORING_MIN;
}

/* A run of pointers to code. */
static void search_run(struct search *s, const uint64_t *words, size_t count, uint64_t addr)
{
	for (size_t i = 0; i + DISPATCH_SIZE <= count; i++) {
		if (!opcodes_fit(s, words + i) || !handlers_fit(s, words + i))
			continue;
		s->nr_found++;
		s->found->table = addr + 8 * i;
		s->found->unknown = words[i + s->v->unused_first];
		memcpy(s->found->target, words + i, sizeof(s->found->target));
	}
}

int dispatch_range_words(const struct elf_file *ef, const struct elf_range *range,
			 const struct elf_reloc *relocs, size_t nr_relocs, uint64_t **out,
			 size_t *count)
{
	size_t skip = -range->addr & 7, lo = 0, hi = nr_relocs, n;
	const uint8_t *bytes;
	uint64_t *words, first;

	*out = NULL;
	*count = 0;
	if (range->size < skip + 8)
		return 0;
	bytes = elf_file_range_bytes(ef, range);
	n = (range->size - skip) / 8;
	words = bytes ? malloc(n * sizeof(*words)) : NULL;
	if (!words)
		return bytes ? -ENOMEM : -EPROTO;
	memcpy(words, bytes + skip, n * sizeof(*words));
	first = range->addr + skip;
	while (lo < hi) { /* the first relocation of the range */
		size_t mid = lo + (hi - lo) / 2;

		if (relocs[mid].addr < first)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < nr_relocs && relocs[lo].addr - first < n * 8; lo++) {
		if ((relocs[lo].addr - first) % 8 == 0)
			words[(relocs[lo].addr - first) / 8] = relocs[lo].value;
	}
	*out = words;
	*count = n;
	return 0;
}

static int search_range(struct search *s, const struct elf_range *range,
			const struct elf_reloc *relocs, size_t nr_relocs)
{
	_cleanup_free_ uint64_t *words = NULL;
	size_t count, start = 0;
	int ret;

	ret = dispatch_range_words(s->ef, range, relocs, nr_relocs, &words, &count);
	for (size_t i = 0; !ret && i <= count; i++) {
		if (i < count && elf_file_is_code(s->ef, words[i]))
			continue;
		if (i - start >= DISPATCH_SIZE)
			search_run(s, words + start, i - start,
				   range->addr + (-range->addr & 7) + 8 * start);
		start = i + 1;
	}
	return ret;
}

static int find_table(const struct elf_file *ef, const struct py_version *v, struct dispatch *out)
{
	struct search s = { .ef = ef, .v = v, .found = out };
	_cleanup_free_ struct elf_reloc *relocs = NULL;
	size_t count, nr_relocs;
	const struct elf_range *loads = elf_file_loads(ef, &count);
	int ret;

	ret = elf_file_relative_relocs(ef, &relocs, &nr_relocs);
	for (size_t i = 0; i < count && !ret; i++)
		ret = search_range(&s, &loads[i], relocs, nr_relocs);
	if (ret)
		return ret;
	return s.nr_found == 1 ? 0 : -ENOENT;
}

int dispatch_find(const struct elf_file *ef, const struct py_version *v, struct dispatch *out)
{
	struct {
		int ret;
		struct dispatch table;
	} known = { 0 };

	if (!elf_memo_get(ef, ELF_MEMO_DISPATCH, &v->minor, sizeof(v->minor), &known,
			  sizeof(known))) {
		known.ret = find_table(ef, v, &known.table);
		if (!known.ret || known.ret == -ENOENT)
			elf_memo_put(ef, ELF_MEMO_DISPATCH, &v->minor, sizeof(v->minor), &known,
				     sizeof(known));
	}
	*out = known.table;
	return known.ret;
}

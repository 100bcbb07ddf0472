// SPDX-License-Identifier: GPL-2.0-only
#include "py/py_methods.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "elf/elf_function.h"
#include "elf/elf_memo.h"
#include "py/dispatch.h"

/* All flags that ml_flags may have. */
#define ML_FLAGS_MAX 0xfff

static bool has_separate_data(const struct elf_range *loads, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!loads[i].exec && !loads[i].write)
			return true;
	}
	return false;
}

/* Constant tables stand among the code where the linker kept these together. */
int py_each_data(const struct elf_file *elf, py_words_fn fn, void *ctx)
{
	_cleanup_free_ struct elf_reloc *relocs = NULL;
	size_t count, nr_relocs;
	const struct elf_range *loads = elf_file_loads(elf, &count);
	bool separate = has_separate_data(loads, count);
	int ret = elf_file_relative_relocs(elf, &relocs, &nr_relocs);

	for (size_t i = 0; i < count && !ret; i++) {
		_cleanup_free_ uint64_t *words = NULL;
		size_t n;

		if (loads[i].exec && separate)
			continue;
		ret = dispatch_range_words(elf, &loads[i], relocs, nr_relocs, &words, &n);
		if (!ret)
			fn(elf, words, n, loads[i].addr + (-loads[i].addr & 7), ctx);
	}
	return ret;
}

bool py_method_at(const struct elf_file *elf, const uint64_t *words)
{
	return (uint32_t)words[2] && (uint32_t)words[2] <= ML_FLAGS_MAX && words[0] &&
	       elf_file_is_code(elf, words[1]);
}

bool py_text_is(const struct elf_file *elf, uint64_t addr, const char *name)
{
	size_t len = strlen(name) + 1;
	const uint8_t *text = elf_file_bytes(elf, addr, len, NULL);

	return text && !memcmp(text, name, len);
}

struct checking {
	struct py_claim *claims;
	size_t count;
};

static void check_slot(const struct checking *c, uint64_t addr)
{
	for (size_t i = 0; i < c->count; i++)
		c->claims[i].listed |= !c->claims[i].name && c->claims[i].addr == addr;
}

static void check_method(const struct elf_file *elf, const struct checking *c, uint64_t name,
			 uint64_t addr)
{
	const uint8_t *first = elf_file_bytes(elf, name, 1, NULL);

	for (size_t i = 0; first && i < c->count; i++) {
		struct py_claim *claim = &c->claims[i];

		if (!claim->name || (uint8_t)claim->name[0] != *first ||
		    !py_text_is(elf, name, claim->name))
			continue;
		claim->listed |= addr == claim->addr;
		claim->contradicted = true;
	}
}

static void check_words(const struct elf_file *elf, const uint64_t *words, size_t count,
			uint64_t addr, void *ctx)
{
	for (size_t w = 0; w < count; w++) {
		if (elf_file_is_code(elf, words[w]))
			check_slot(ctx, words[w]);
		if (w + PY_METHOD_WORDS <= count && py_method_at(elf, words + w))
			check_method(elf, ctx, words[w], words[w + 1]);
	}
}

static int check_claims(const struct elf_file *elf, struct py_claim *claims, size_t count)
{
	_cleanup_free_ uint64_t *addrs = calloc(count + 1, sizeof(*addrs));
	_cleanup_free_ bool *starts = calloc(count + 1, sizeof(*starts));
	struct checking checking = { claims, count };
	int ret;

	if (!addrs || !starts)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		addrs[i] = claims[i].addr;
	elf_function_starts(elf, addrs, starts, count);
	ret = py_each_data(elf, check_words, &checking);
	for (size_t i = 0; i < count; i++) {
		claims[i].start = starts[i] && elf_file_is_code(elf, claims[i].addr);
		claims[i].contradicted &= !claims[i].listed;
	}
	return ret;
}

/* What a claim's answer is kept under: its address, and behind it the name, or nothing. */
static size_t claim_key(const struct py_claim *claim, uint8_t key[ELF_MEMO_KEY_MAX + 1])
{
	size_t len = claim->name ? strlen(claim->name) + 1 : 0;

	if (sizeof(claim->addr) + len > ELF_MEMO_KEY_MAX)
		return ELF_MEMO_KEY_MAX + 1;
	memcpy(key, &claim->addr, sizeof(claim->addr));
	memcpy(key + sizeof(claim->addr), claim->name ?: "", len);
	return sizeof(claim->addr) + len;
}

static bool claim_is_known(const struct elf_file *elf, struct py_claim *claim)
{
	uint8_t key[ELF_MEMO_KEY_MAX + 1];
	bool known[3];

	if (!elf_memo_get(elf, ELF_MEMO_CLAIM, key, claim_key(claim, key), known, sizeof(known)))
		return false;
	claim->start = known[0];
	claim->listed = known[1];
	claim->contradicted = known[2];
	return true;
}

static void keep_claim(const struct elf_file *elf, const struct py_claim *claim)
{
	const bool known[3] = { claim->start, claim->listed, claim->contradicted };
	uint8_t key[ELF_MEMO_KEY_MAX + 1];

	elf_memo_put(elf, ELF_MEMO_CLAIM, key, claim_key(claim, key), known, sizeof(known));
}

int py_claims_check(const struct elf_file *elf, struct py_claim *claims, size_t count)
{
	_cleanup_free_ struct py_claim *fresh = calloc(count + 1, sizeof(*fresh));
	_cleanup_free_ size_t *from = calloc(count + 1, sizeof(*from));
	size_t n = 0;
	int ret;

	if (!fresh || !from)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (claim_is_known(elf, &claims[i]))
			continue;
		from[n] = i;
		fresh[n++] = claims[i];
	}
	ret = n ? check_claims(elf, fresh, n) : 0;
	for (size_t i = 0; i < n && !ret; i++) {
		claims[from[i]] = fresh[i];
		keep_claim(elf, &fresh[i]);
	}
	return ret;
}

struct looking {
	const char *name;
	uint64_t found;
	bool several;
};

static void look_in_words(const struct elf_file *elf, const uint64_t *words, size_t count,
			  uint64_t addr, void *ctx)
{
	struct looking *l = ctx;

	for (size_t w = 0; w + PY_METHOD_WORDS <= count; w++) {
		if (!py_method_at(elf, words + w) || !py_text_is(elf, words[w], l->name))
			continue;
		l->several |= l->found && l->found != words[w + 1];
		l->found = words[w + 1];
	}
}

int py_method_in_file(const struct elf_file *elf, const char *name, uint64_t *addr)
{
	struct looking l = { .name = name };
	int ret;

	if (!elf_memo_get(elf, ELF_MEMO_METHOD, name, strlen(name), addr, sizeof(*addr))) {
		ret = py_each_data(elf, look_in_words, &l);
		if (ret)
			return ret;
		*addr = l.several ? 0 : l.found;
		elf_memo_put(elf, ELF_MEMO_METHOD, name, strlen(name), addr, sizeof(*addr));
	}
	return *addr ? 0 : -ENOENT;
}

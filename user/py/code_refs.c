// SPDX-License-Identifier: GPL-2.0-only
#include "py/code_refs.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/util.h"
#include "elf/elf_memo.h"
#include "py/dispatch.h"

void code_window_add(struct code_window *w, uint64_t insn)
{
	uint64_t n = insn - w->first;

	if (n < CODE_WINDOW_BYTES)
		w->starts[n / 64] |= 1ULL << n % 64;
}

void code_windows_enter(struct code_window *windows, size_t count, uint64_t target)
{
	for (size_t i = 0; i < count; i++) {
		struct code_window *w = &windows[i];
		uint64_t n = target - w->first;

		if (n > 0 && n <= w->last - w->first && n < CODE_WINDOW_BYTES &&
		    w->starts[n / 64] & 1ULL << n % 64)
			w->entered = true;
	}
}

/*
 * Tables of addresses: jump tables of code at a fixed address, labels whose address was taken,
 * callbacks.
 */
static int scan_pointers(const struct elf_file *ef, const struct elf_range *range,
			 const struct elf_reloc *relocs, size_t nr_relocs,
			 struct code_window *windows, size_t count)
{
	_cleanup_free_ uint64_t *words = NULL;
	uint64_t lowest = UINT64_MAX, highest = 0;
	size_t nr_words;
	int ret;

	ret = dispatch_range_words(ef, range, relocs, nr_relocs, &words, &nr_words);
	if (ret)
		return ret;
	for (size_t i = 0; i < count; i++) {
		lowest = windows[i].first < lowest ? windows[i].first : lowest;
		highest = windows[i].last > highest ? windows[i].last : highest;
	}
	for (size_t i = 0; i < nr_words; i++) {
		if (words[i] > lowest && words[i] <= highest)
			code_windows_enter(windows, count, words[i]);
	}
	return 0;
}

static int scan(const struct elf_file *ef, struct insn_decoder *d, struct code_window *windows,
		size_t count)
{
	_cleanup_free_ struct elf_reloc *relocs = NULL;
	size_t nr_loads, nr_relocs;
	const struct elf_range *loads = elf_file_loads(ef, &nr_loads);
	int ret;

	ret = elf_file_relative_relocs(ef, &relocs, &nr_relocs);
	for (size_t i = 0; i < nr_loads && !ret; i++) {
		const uint8_t *code;

		ret = scan_pointers(ef, &loads[i], relocs, nr_relocs, windows, count);
		if (ret || !loads[i].exec)
			continue;
		code = elf_file_range_bytes(ef, &loads[i]);
		if (!code)
			return -EPROTO;
		code_refs_scan_range(&loads[i], code, d, windows, count);
	}
	return ret;
}

/* Those that are not known are scanned for, all at once. */
int code_refs_scan(const struct elf_file *ef, struct insn_decoder *d, struct code_window *windows,
		   size_t count)
{
	struct code_window fresh[CODE_WINDOWS_MAX];
	size_t from[CODE_WINDOWS_MAX], n = 0;
	int ret;

	for (size_t i = 0; i < count; i++) {
		windows[i].entered = false;
		if (elf_memo_get(ef, ELF_MEMO_ENTERED, &windows[i], CODE_WINDOW_KEY,
				 &windows[i].entered, sizeof(bool)))
			continue;
		from[n] = i;
		fresh[n++] = windows[i];
	}
	ret = n ? scan(ef, d, fresh, n) : 0;
	for (size_t i = 0; i < n && !ret; i++) {
		windows[from[i]].entered = fresh[i].entered;
		elf_memo_put(ef, ELF_MEMO_ENTERED, &fresh[i], CODE_WINDOW_KEY, &fresh[i].entered,
			     sizeof(bool));
	}
	return ret;
}

static int find_taken(const struct elf_file *ef, const uint64_t *addrs, bool *taken, size_t count)
{
	size_t nr_loads;
	const struct elf_range *loads = elf_file_loads(ef, &nr_loads);

	for (size_t i = 0; i < nr_loads; i++) {
		const uint8_t *code = loads[i].exec ? elf_file_range_bytes(ef, &loads[i]) : NULL;

		if (loads[i].exec && !code)
			return -EPROTO;
		if (code)
			code_refs_taken_range(&loads[i], code, addrs, taken, count);
	}
	return 0;
}

int code_refs_taken(const struct elf_file *ef, const uint64_t *addrs, bool *taken, size_t count)
{
	_cleanup_free_ uint64_t *fresh = calloc(count + 1, sizeof(*fresh));
	_cleanup_free_ size_t *from = calloc(count + 1, sizeof(*from));
	_cleanup_free_ bool *found = calloc(count + 1, sizeof(*found));
	size_t n = 0;
	int ret;

	if (!fresh || !from || !found)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		bool known;

		if (elf_memo_get(ef, ELF_MEMO_TAKEN, &addrs[i], sizeof(addrs[i]), &known,
				 sizeof(known))) {
			taken[i] |= known;
			continue;
		}
		from[n] = i;
		fresh[n++] = addrs[i];
	}
	ret = n ? find_taken(ef, fresh, found, n) : 0;
	for (size_t i = 0; i < n && !ret; i++) {
		taken[from[i]] |= found[i];
		elf_memo_put(ef, ELF_MEMO_TAKEN, &fresh[i], sizeof(fresh[i]), &found[i],
			     sizeof(bool));
	}
	return ret;
}

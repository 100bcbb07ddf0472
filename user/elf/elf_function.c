// SPDX-License-Identifier: GPL-2.0-only
#include "elf/elf_function.h"

#include <string.h>

#include "base/util.h"
#include "elf/elf_internal.h"

/*
 * Encodings of pointers (DWARF extensions of the Linux Standard Base, 10.5): what every linker
 * writes.
 */
#define DW_EH_PE_udata4 0x03
#define DW_EH_PE_sdata4 0x0b
#define DW_EH_PE_datarel 0x30
#define DW_EH_PE_format 0x0f

struct eh_frame_hdr {
	uint8_t version, frame_enc, count_enc, table_enc;
	uint32_t frame; /* where .eh_frame is */
	uint32_t count;
};

struct eh_entry {
	int32_t start, fde; /* relative to the table's header */
};

/* The table: its entries, sorted by `start`, or NULL. */
static const uint8_t *unwind_table(const struct elf_file *ef, uint64_t *addr, size_t *count)
{
	struct eh_frame_hdr hdr;
	uint64_t offset;
	const void *at = elf_unwind_header(ef, sizeof(hdr), addr, &offset);

	if (!at)
		return NULL;
	memcpy(&hdr, at, sizeof(hdr)); /* it may stand anywhere in the file */
	if (hdr.version != 1 || hdr.count_enc != DW_EH_PE_udata4 ||
	    hdr.table_enc != (DW_EH_PE_datarel | DW_EH_PE_sdata4) ||
	    ((hdr.frame_enc & DW_EH_PE_format) != DW_EH_PE_sdata4 &&
	     (hdr.frame_enc & DW_EH_PE_format) != DW_EH_PE_udata4))
		return NULL;
	*count = hdr.count;
	return elf_at(ef, offset + sizeof(hdr), hdr.count * sizeof(struct eh_entry));
}

static bool unwind_table_has(const uint8_t *table, size_t count, uint64_t base, uint64_t addr)
{
	size_t lo = 0, hi = count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		struct eh_entry e;
		uint64_t start;

		memcpy(&e, table + mid * sizeof(e), sizeof(e));
		start = base + (uint64_t)(int64_t)e.start;
		if (start == addr)
			return true;
		if (start < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

struct wanted {
	const uint64_t *addrs;
	bool *starts;
	size_t count;
};

/* elf_symbol_fn */
static void mark_symbol(void *ctx, uint64_t addr)
{
	const struct wanted *w = ctx;

	for (size_t i = 0; i < w->count; i++)
		w->starts[i] |= w->addrs[i] == addr;
}

void elf_function_starts(const struct elf_file *ef, const uint64_t *addrs, bool *starts,
			 size_t count)
{
	struct wanted w = { addrs, starts, count };
	const uint8_t *table;
	uint64_t base;
	size_t nr;

	table = unwind_table(ef, &base, &nr);
	for (size_t i = 0; table && i < count; i++)
		starts[i] |= unwind_table_has(table, nr, base, addrs[i]);
	for (size_t i = 0; i < count; i++) {
		if (starts[i])
			continue;
		/* Going through the symbols is dear, and seldom needed. */
		elf_functions_each(ef, mark_symbol, &w);
		break;
	}
}

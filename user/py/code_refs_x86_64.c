// SPDX-License-Identifier: GPL-2.0-only
#if defined(__x86_64__)
#include "py/code_refs.h"

#include <string.h>

#include "base/util.h"

/* How far a jump with an 8-bit displacement reaches, its own length included. */
#define SHORT_REACH 130
/*
 * Decoding from a place that is no instruction falls into step with the code within this many
 * bytes.
 */
#define SYNC 64
#define SYNC_STARTS 16

/*
 * The bytes in front of a 32-bit displacement that ends its instruction: call, jmp, jcc, lea
 * disp(%rip).
 */
static bool is_reference(const uint8_t *disp, uint64_t before)
{
	if (before >= 1 && (disp[-1] == 0xe8 || disp[-1] == 0xe9))
		return true;
	if (before < 2)
		return false;
	return (disp[-2] == 0x0f && (disp[-1] & 0xf0) == 0x80) ||
	       (disp[-2] == 0x8d && (disp[-1] & 0xc7) == 0x05);
}

/*
 * These are looked for at every byte, wherever instructions begin, so that none is missed; that
 * what is not one points at a place that matters is rare.
 */
static void scan_long(const struct elf_range *range, const uint8_t *code,
		      struct code_window *windows, size_t count)
{
	uint64_t lowest = UINT64_MAX, highest = 0;

	for (size_t i = 0; i < count; i++) {
		lowest = MIN(lowest, windows[i].first);
		highest = MAX(highest, windows[i].last);
	}
	for (uint64_t i = 0; i + 4 <= range->size; i++) {
		uint64_t target;
		int32_t disp;

		memcpy(&disp, code + i, sizeof(disp));
		target = range->addr + i + 4 + (uint64_t)(int64_t)disp;
		if (target - lowest <= highest - lowest && is_reference(code + i, i))
			code_windows_enter(windows, count, target);
	}
}

/*
 * Decodes from `from` until `to` and notes the jumps into the window that begin at `since` or
 * later.
 */
static void sweep(const struct elf_range *range, const uint8_t *code, struct insn_decoder *d,
		  uint64_t from, uint64_t since, uint64_t to, struct code_window *w)
{
	struct insn in;

	for (uint64_t at = from; at < to; at += in.len) {
		uint64_t offset = at - range->addr;

		if (insn_decode(d, code + offset, range->size - offset, at, &in)) {
			in.len = 1;
			continue;
		}
		if (at >= since && in.has_target)
			code_windows_enter(w, 1, in.target);
	}
}

/*
 * Displacements of 8 bits hit something nearby wherever they point, so here instructions must be
 * told from their middles: those before the window by decoding from several places further back.
 */
static void scan_short(const struct elf_range *range, const uint8_t *code, struct insn_decoder *d,
		       struct code_window *w)
{
	uint64_t end = range->addr + range->size, since, from;

	if (w->first < range->addr || w->last >= end)
		return;
	since = w->first - MIN(w->first - range->addr, (uint64_t)SHORT_REACH);
	from = since - MIN(since - range->addr, (uint64_t)(SYNC + SYNC_STARTS));
	for (unsigned int i = 0; i < SYNC_STARTS && from + i <= w->first; i++)
		sweep(range, code, d, from + i, since, w->first, w);
	sweep(range, code, d, w->first, w->first, MIN(end, w->last + SHORT_REACH), w);
}

void code_refs_scan_range(const struct elf_range *range, const uint8_t *code,
			  struct insn_decoder *d, struct code_window *windows, size_t count)
{
	scan_long(range, code, windows, count);
	for (size_t i = 0; i < count; i++)
		scan_short(range, code, d, &windows[i]);
}

/* cmp $imm32 with a register, or with a word in memory; imm[-1] is the byte before the number. */
static bool is_compare(const uint8_t *imm, uint64_t before)
{
	if (before >= 2 && imm[-1] == 0x3d && (imm[-2] & 0xf8) == 0x48)
		return true; /* rax */
	if (before >= 3 && imm[-2] == 0x81 && (imm[-1] & 0x38) == 0x38 && (imm[-3] & 0xf8) == 0x48)
		return true; /* another, or (reg) */
	return before >= 4 && imm[-3] == 0x81 && (imm[-2] & 0xf8) == 0x78 &&
	       (imm[-4] & 0xf8) == 0x48; /* disp8(reg) */
}

static bool is_lea(const uint8_t *disp, uint64_t before)
{
	return before >= 2 && disp[-2] == 0x8d && (disp[-1] & 0xc7) == 0x05;
}

void code_refs_taken_range(const struct elf_range *range, const uint8_t *code,
			   const uint64_t *addrs, bool *taken, size_t count)
{
	for (uint64_t i = 0; i + 4 <= range->size; i++) {
		uint64_t target;
		int32_t number;

		memcpy(&number, code + i, sizeof(number));
		target = (uint64_t)(int64_t)number;
		if (is_lea(code + i, i))
			target += range->addr + i + 4;
		else if (!is_compare(code + i, i))
			continue;
		for (size_t k = 0; k < count; k++)
			taken[k] |= target == addrs[k];
	}
}
#endif

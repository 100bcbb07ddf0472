// SPDX-License-Identifier: GPL-2.0-only
#include "py/linetable.h"

#include <stdbool.h>

/*
 * A walk over the entries of a table. Lines are kept wide: a hostile table may add up to anything.
 */
struct walk {
	const uint8_t *pos, *end;
	int64_t line;	   /* computed so far */
	int64_t entry_end; /* byte offset at which the current entry ends */
	bool has_line;	   /* the current entry has one */
};

/*
 * Objects/lnotab_notes.txt of 3.8: pairs of increments; the lines of an instruction are all those
 * up to its address.
 */
static void lookup_lnotab(struct walk *w, int64_t lasti)
{
	int64_t addr = 0;

	for (; w->end - w->pos >= 2; w->pos += 2) {
		addr += w->pos[0];
		if (addr > lasti)
			break;
		w->line += (int8_t)w->pos[1];
	}
}

/*
 * One pair of 3.10 (advance() in Objects/codeobject.c): length in bytes, line increment or -128 for
 * no line.
 */
static bool next_pair(struct walk *w)
{
	int8_t delta;

	if (w->end - w->pos < 2)
		return false;
	w->entry_end += w->pos[0];
	delta = (int8_t)w->pos[1];
	w->pos += 2;
	w->has_line = delta != -128;
	if (w->has_line)
		w->line += delta;
	return true;
}

/* Numbers of six bits a byte, the lowest first; bit 6 says that more follow. */
static bool read_varint(struct walk *w, uint32_t *out)
{
	uint32_t value = 0;
	unsigned int shift = 0;
	uint8_t byte;

	do {
		/* The high bit starts the next entry. */
		if (w->pos == w->end || *w->pos & 0x80 || shift > 30)
			return false;
		byte = *w->pos++;
		value |= (uint32_t)(byte & 63) << shift;
		shift += 6;
	} while (byte & 64);
	*out = value;
	return true;
}

static bool read_line_delta(struct walk *w, unsigned int code)
{
	uint32_t n;

	switch (code) {
	case 13: /* no columns */
	case 14: /* long form */
		if (!read_varint(w, &n))
			return false;
		w->line += n & 1 ? -(int64_t)(n >> 1) : (int64_t)(n >> 1);
		return true;
	case 10: /* one line form, of the same line or one of the two next */
	case 11:
	case 12:
		w->line += code - 10;
		return true;
	default: /* short form */
		return true;
	}
}

/*
 * One entry since 3.11 (Objects/locations.md): 1, code (4 bits), length - 1 in code units (3 bits).
 */
static bool next_location(struct walk *w)
{
	unsigned int code;

	if (w->pos == w->end || !(*w->pos & 0x80))
		return false;
	code = *w->pos >> 3 & 15;
	w->entry_end += 2 * ((*w->pos & 7) + 1);
	w->pos++;
	w->has_line = code != 15;
	if (!read_line_delta(w, code))
		return false;
	/* columns are passed over */
	while (w->pos < w->end && !(*w->pos & 0x80))
		w->pos++;
	return true;
}

int linetable_lookup(unsigned int minor, const uint8_t *table, size_t len, int firstlineno,
		     int32_t lasti)
{
	struct walk w = { .pos = table, .end = table + len, .line = firstlineno, .has_line = true };

	if (lasti >= 0 && minor < 10) {
		lookup_lnotab(&w, lasti);
	} else if (lasti >= 0) {
		while (w.entry_end <= lasti)
			if (!(minor == 10 ? next_pair(&w) : next_location(&w)))
				return 0;
	}
	return w.has_line && w.line > 0 && w.line <= INT32_MAX ? (int)w.line : 0;
}

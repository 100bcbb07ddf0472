// SPDX-License-Identifier: GPL-2.0-only
#include "event/printable.h"

#include <stddef.h>

#include "base/util.h"

/*
 * Categories Cc, Cf, Cs, Co, Zl, Zp and Zs but for the space, and noncharacters, of Unicode 15.
 * Unassigned code points (Cn), which Python escapes too, are listed only where they come in whole
 * planes or stand between two ranges: the rest differs from one Python version to the next and
 * would take 600 ranges.
 */
static const struct {
	uint32_t first, last;
} unprintable[] = {
	{ 0x0000, 0x001f },	 { 0x007f, 0x00a0 },   { 0x00ad, 0x00ad },   { 0x0600, 0x0605 },
	{ 0x061c, 0x061c },	 { 0x06dd, 0x06dd },   { 0x070f, 0x070f },   { 0x0890, 0x0891 },
	{ 0x08e2, 0x08e2 },	 { 0x1680, 0x1680 },   { 0x180e, 0x180e },   { 0x2000, 0x200f },
	{ 0x2028, 0x202f },	 { 0x205f, 0x206f },   { 0x3000, 0x3000 },   { 0xd800, 0xf8ff },
	{ 0xfdd0, 0xfdef },	 { 0xfeff, 0xfeff },   { 0xfff0, 0xfffb },   { 0xfffe, 0xffff },
	{ 0x110bd, 0x110bd },	 { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },	 { 0x1fffe, 0x1ffff }, { 0x2fffe, 0x2ffff }, { 0x3fffe, 0xe00ff },
	{ 0xe01f0, UINT32_MAX },
};

bool char_is_printable(uint32_t ch)
{
	size_t low = 0, high = ARRAY_SIZE(unprintable);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (ch < unprintable[mid].first)
			high = mid;
		else if (ch > unprintable[mid].last)
			low = mid + 1;
		else
			return false;
	}
	return true;
}

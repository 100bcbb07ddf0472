// SPDX-License-Identifier: GPL-2.0-only
#include "input/input_filtered.h"

#include <string.h>

#define NOTHING ((struct text){ NULL, 0 })

static bool starts_with(struct text s, size_t at, const char *prefix)
{
	size_t n = strlen(prefix);

	return at + n <= s.len && memcmp(s.s + at, prefix, n) == 0;
}

struct text input_without_dots(struct arena *arena, struct text s)
{
	size_t n = 0;
	char *out;

	/* Without such a doubled one nothing is left that climbs. */
	if (!s.len || (!memmem(s.s, s.len, "....//", 6) && !memmem(s.s, s.len, "..././", 6)))
		return NOTHING;
	out = arena_alloc(arena, s.len);
	if (!out)
		return NOTHING;
	for (size_t i = 0; i < s.len;) {
		if (starts_with(s, i, "../"))
			i += 3;
		else
			out[n++] = s.s[i++];
	}
	return n ? (struct text){ out, n } : NOTHING;
}

struct text input_slashed(struct arena *arena, struct text s)
{
	char *out;

	if (!s.len || !memmem(s.s, s.len, "..\\", 3))
		return NOTHING;
	out = arena_alloc(arena, s.len);
	if (!out)
		return NOTHING;
	for (size_t i = 0; i < s.len; i++)
		out[i] = s.s[i] == '\\' ? '/' : s.s[i];
	return (struct text){ out, s.len };
}

/* The ASCII character that the three bytes at s[i] stand for; 0: for none. */
static char narrow(struct text s, size_t i)
{
	unsigned int ch;

	if (i + 3 > s.len)
		return 0;
	if (starts_with(s, i, "\xe2\x80\xa4"))
		return '.';
	if ((unsigned char)s.s[i] != 0xef)
		return 0;
	ch = 0xf000u | ((unsigned char)s.s[i + 1] & 0x3fu) << 6 |
	     ((unsigned char)s.s[i + 2] & 0x3fu);
	return ch >= 0xff01 && ch <= 0xff5e ? (char)(ch - 0xff01 + '!') : 0;
}

struct text input_narrowed(struct arena *arena, struct text s)
{
	size_t n = 0;
	char *out;

	if (!s.len || (!memchr(s.s, '\xef', s.len) && !memmem(s.s, s.len, "\xe2\x80\xa4", 3)))
		return NOTHING;
	out = arena_alloc(arena, s.len);
	if (!out)
		return NOTHING;
	for (size_t i = 0; i < s.len; n++) {
		char c = narrow(s, i);

		out[n] = c ? c : s.s[i];
		i += c ? 3 : 1;
	}
	return n < s.len ? (struct text){ out, n } : NOTHING;
}

struct text input_from_root(struct arena *arena, struct text s)
{
	size_t i = 0;
	char *out;

	while (starts_with(s, i, "../"))
		i += 3;
	if (!i || i == s.len)
		return NOTHING;
	out = arena_alloc(arena, s.len - i + 1);
	if (!out)
		return NOTHING;
	out[0] = '/';
	memcpy(out + 1, s.s + i, s.len - i);
	return (struct text){ out, s.len - i + 1 };
}

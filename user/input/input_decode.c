// SPDX-License-Identifier: GPL-2.0-only
#include "input/input_decode.h"

#include <string.h>

#include "base/util.h"

#define NOTHING ((struct text){ NULL, 0 })

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Writes the character as UTF-8, or U+FFFD if it is none; how many bytes (at most 4). */
static size_t put_utf8(char *out, uint32_t ch)
{
	if (ch > 0x10ffff || (ch >= 0xd800 && ch <= 0xdfff))
		ch = 0xfffd;
	if (ch < 0x80) {
		out[0] = (char)ch;
		return 1;
	}
	if (ch < 0x800) {
		out[0] = (char)(0xc0 | ch >> 6);
		out[1] = (char)(0x80 | (ch & 0x3f));
		return 2;
	}
	if (ch < 0x10000) {
		out[0] = (char)(0xe0 | ch >> 12);
		out[1] = (char)(0x80 | (ch >> 6 & 0x3f));
		out[2] = (char)(0x80 | (ch & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | ch >> 18);
	out[1] = (char)(0x80 | (ch >> 12 & 0x3f));
	out[2] = (char)(0x80 | (ch >> 6 & 0x3f));
	out[3] = (char)(0x80 | (ch & 0x3f));
	return 4;
}

struct text input_unquote(struct arena *arena, struct text s, bool plus)
{
	size_t n = 0;
	char *out;

	if (!s.len || (!memchr(s.s, '%', s.len) && !(plus && memchr(s.s, '+', s.len))))
		return NOTHING;
	out = arena_alloc(arena, s.len);
	if (!out)
		return NOTHING;
	for (size_t i = 0; i < s.len; i++) {
		int high = s.s[i] == '%' && i + 2 < s.len ? hex_digit(s.s[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(s.s[i + 2]) : -1;

		if (low >= 0) {
			out[n++] = (char)(high << 4 | low);
			i += 2;
		} else {
			out[n++] = plus && s.s[i] == '+' ? ' ' : s.s[i];
		}
	}
	return (struct text){ out, n };
}

struct text input_valid_utf8(struct arena *arena, struct text s)
{
	size_t pos = 0, bad = 0, n = 0;
	char *out;

	while (pos < s.len) {
		uint32_t ch = text_next(s.s, s.len, &pos);

		bad += ch >= 0xd800 && ch <= 0xdfff;
	}
	/* A lone byte becomes three; a surrogate has three. */
	out = bad ? arena_alloc(arena, s.len + 2 * bad) : NULL;
	if (!out)
		return s;
	for (pos = 0; pos < s.len;)
		n += put_utf8(out + n, text_next(s.s, s.len, &pos));
	return (struct text){ out, n };
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

struct text input_unbase64(struct arena *arena, struct text s)
{
	unsigned int bits = 0, nr_bits = 0;
	size_t n = 0;
	char *out;

	while (s.len && s.s[s.len - 1] == '=')
		s.len--;
	if (s.len < 8 || s.len % 4 == 1)
		return NOTHING;
	for (size_t i = 0; i < s.len; i++) {
		if (base64_digit(s.s[i]) < 0)
			return NOTHING;
	}
	out = arena_alloc(arena, s.len);
	if (!out)
		return NOTHING;
	for (size_t i = 0; i < s.len; i++) {
		bits = (bits << 6 | (unsigned int)base64_digit(s.s[i])) & 0xffff;
		nr_bits += 6;
		if (nr_bits >= 8) {
			nr_bits -= 8;
			out[n++] = (char)(bits >> nr_bits);
		}
	}
	return (struct text){ out, n };
}

/* Four hexadecimal digits at s[i]; -1: there are none. */
static int32_t four_digits(struct text s, size_t i)
{
	int32_t value = 0;

	if (i + 4 > s.len)
		return -1;
	for (size_t end = i + 4; i < end; i++) {
		int digit = hex_digit(s.s[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

struct text input_unescape(struct arena *arena, struct text s)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	size_t n = 0;
	char *out;

	if (!s.len || !memchr(s.s, '\\', s.len))
		return NOTHING;
	out = arena_alloc(arena, s.len);
	if (!out)
		return NOTHING;
	for (size_t i = 0; i < s.len; i++) {
		const char *known = s.s[i] == '\\' && i + 1 < s.len && s.s[i + 1]
					    ? strchr(from, s.s[i + 1])
					    : NULL;
		int32_t unit = -1, low;

		if (known) {
			out[n++] = to[known - from];
			i++;
			continue;
		}
		if (s.s[i] == '\\' && i + 1 < s.len && s.s[i + 1] == 'u')
			unit = four_digits(s, i + 2);
		if (unit < 0) {
			out[n++] = s.s[i];
			continue;
		}
		i += 5;
		if (unit >= 0xd800 && unit < 0xdc00 && i + 2 < s.len && s.s[i + 1] == '\\' &&
		    s.s[i + 2] == 'u') {
			low = four_digits(s, i + 3);
			if (low >= 0xdc00 && low < 0xe000) {
				unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
				i += 6;
			}
		}
		/* Six bytes or twelve become four at most. */
		n += put_utf8(out + n, (uint32_t)unit);
	}
	return (struct text){ out, n };
}

/*
 * Decodes the entity behind `&`: its bytes in out (4 at most), and how many of s it takes; 0: it is
 * none.
 */
static size_t entity(struct text s, char *out, size_t *n)
{
	static const struct {
		struct text name;
		char c;
	} names[] = {
		{ TEXT("lt;"), '<' },	{ TEXT("gt;"), '>' },	 { TEXT("amp;"), '&' },
		{ TEXT("quot;"), '"' }, { TEXT("apos;"), '\'' },
	};
	bool hex = s.len > 2 && (s.s[1] | 32) == 'x';
	uint32_t ch = 0;
	size_t i = hex ? 2 : 1;

	for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
		if (s.len >= names[k].name.len &&
		    memcmp(s.s, names[k].name.s, names[k].name.len) == 0) {
			*out = names[k].c;
			*n = 1;
			return names[k].name.len;
		}
	}
	if (s.len < 3 || s.s[0] != '#')
		return 0;
	for (; i < s.len && s.s[i] != ';'; i++) {
		int digit = hex_digit(s.s[i]);

		if (digit < 0 || (!hex && digit > 9) || ch > 0x10ffff)
			return 0;
		ch = ch * (hex ? 16 : 10) + (uint32_t)digit;
	}
	/* The shortest, "&#1;", has four bytes; a character of four needs five digits. */
	if (i == s.len || i < (hex ? 3 : 2))
		return 0;
	*n = put_utf8(out, ch);
	return i + 1;
}

struct text input_unentity(struct arena *arena, struct text s)
{
	size_t n = 0;
	char *out;

	if (!s.len || !memchr(s.s, '&', s.len) || !memchr(s.s, ';', s.len))
		return NOTHING;
	out = arena_alloc(arena, s.len);
	if (!out)
		return NOTHING;
	for (size_t i = 0; i < s.len;) {
		size_t used = 0, made = 0;

		if (s.s[i] == '&')
			used = entity((struct text){ s.s + i + 1, s.len - i - 1 }, out + n, &made);
		if (used) {
			i += 1 + used;
			n += made;
		} else {
			out[n++] = s.s[i++];
		}
	}
	return (struct text){ out, n };
}

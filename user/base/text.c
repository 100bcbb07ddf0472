// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"

#include <string.h>

#include "base/buf.h"

bool text_eq(struct text a, struct text b)
{
	return a.len == b.len && (!a.len || memcmp(a.s, b.s, a.len) == 0);
}

bool text_eq_str(struct text a, const char *b)
{
	return text_eq(a, (struct text){ b, strlen(b) });
}

/* Number of bytes that a lead byte announces; 0 if it cannot lead. */
static unsigned int sequence_len(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	if (c >= 0xf0 && c <= 0xf4)
		return 4;
	return 0;
}

uint32_t text_next(const char *s, size_t len, size_t *pos)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s + *pos;
	unsigned int i, n = sequence_len(*p);
	uint32_t ch;

	if (n == 1) {
		*pos += 1;
		return *p;
	}
	if (!n || n > len - *pos)
		goto bad;
	ch = *p & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			goto bad;
		ch = ch << 6 | (p[i] & 0x3f);
	}
	if (ch < least[n] || ch > 0x10ffff)
		goto bad;
	*pos += n;
	return ch;
bad:
	*pos += 1;
	return 0xdc00 + *p;
}

void text_put(struct buf *b, uint32_t ch)
{
	char out[4];
	unsigned int n;

	if (ch < 0x80) {
		out[0] = ch;
		n = 1;
	} else if (ch < 0x800) {
		out[0] = 0xc0 | ch >> 6;
		out[1] = 0x80 | (ch & 0x3f);
		n = 2;
	} else if (ch < 0x10000) {
		out[0] = 0xe0 | ch >> 12;
		out[1] = 0x80 | (ch >> 6 & 0x3f);
		out[2] = 0x80 | (ch & 0x3f);
		n = 3;
	} else {
		out[0] = 0xf0 | (ch >> 18 & 7);
		out[1] = 0x80 | (ch >> 12 & 0x3f);
		out[2] = 0x80 | (ch >> 6 & 0x3f);
		out[3] = 0x80 | (ch & 0x3f);
		n = 4;
	}
	buf_add(b, out, n);
}

static bool is_surrogate(uint32_t ch)
{
	return ch >= 0xd800 && ch <= 0xdfff;
}

static bool is_control(uint32_t ch)
{
	return ch < 0x20 || (ch >= 0x7f && ch <= 0x9f);
}

/* Characters that reorder or hide what stands beside them on a terminal. */
static bool is_deceptive(uint32_t ch)
{
	return (ch >= 0x200b && ch <= 0x200f) || (ch >= 0x2028 && ch <= 0x202e) ||
	       (ch >= 0x2060 && ch <= 0x2069) || ch == 0xfeff || (ch >= 0xe0000 && ch <= 0xe007f);
}

static bool json_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void text_json(struct buf *b, struct text s)
{
	size_t pos = 0, start = 0;
	uint32_t ch;

	buf_addc(b, '"');
	while (pos < s.len) {
		start = pos;
		while (pos < s.len && json_plain(s.s[pos]))
			pos++;
		buf_add(b, s.s + start, pos - start);
		if (pos == s.len)
			break;
		ch = text_next(s.s, s.len, &pos);
		if (ch == '"' || ch == '\\')
			buf_printf(b, "\\%c", (char)ch);
		else if (ch == '\n')
			buf_adds(b, "\\n");
		else if (ch == '\t')
			buf_adds(b, "\\t");
		else if (ch == '\r')
			buf_adds(b, "\\r");
		else if (is_control(ch) || is_surrogate(ch) || (is_deceptive(ch) && ch <= 0xffff))
			buf_printf(b, "\\u%04x", ch);
		else
			text_put(b, ch);
	}
	buf_addc(b, '"');
}

void text_terminal(struct buf *b, struct text s)
{
	size_t pos = 0;
	uint32_t ch;

	while (pos < s.len) {
		ch = text_next(s.s, s.len, &pos);
		if (ch == '\n')
			buf_adds(b, "\\n");
		else if (ch == '\t')
			buf_adds(b, "\\t");
		else if (ch == '\r')
			buf_adds(b, "\\r");
		else if (is_control(ch))
			buf_printf(b, "\\x%02x", ch);
		else if (is_surrogate(ch) || is_deceptive(ch))
			buf_printf(b, ch > 0xffff ? "\\U%08x" : "\\u%04x", ch);
		else
			text_put(b, ch);
	}
}

// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/util.h"

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

/*
 * Characters that reorder, hide or forge what stands beside them: Default_Ignorable_Code_Point of
 * Unicode 15 (among them the bidirectional controls, what has no width, variation selectors and
 * tags), the line and paragraph separators and what annotates between lines.  Some are legitimate,
 * as the joiner within an emoji is: escaped they are still readable, while left alone they would
 * let a target write what a person reads otherwise.
 */
static bool is_deceptive(uint32_t ch)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00ad, 0x00ad },   { 0x034f, 0x034f },   { 0x061c, 0x061c },
		{ 0x115f, 0x1160 },   { 0x17b4, 0x17b5 },   { 0x180b, 0x180f },
		{ 0x200b, 0x200f },   { 0x2028, 0x202e },   { 0x2060, 0x206f },
		{ 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
		{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges) && ch >= ranges[i].first; i++) {
		if (ch <= ranges[i].last)
			return true;
	}
	return false;
}

static bool json_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

enum quoting { QUOTE_JSON, QUOTE_JSON_WHOLE, QUOTE_YAML };

/* JSON has no escape beyond U+FFFF but that of the two halves, which YAML refuses. */
static void put_escape(struct buf *b, uint32_t ch, enum quoting how)
{
	if (how == QUOTE_JSON_WHOLE && is_surrogate(ch))
		buf_printf(b, "\\\\u%04x", ch);
	else if (ch <= 0xffff)
		buf_printf(b, "\\u%04x", ch);
	else if (how == QUOTE_YAML)
		buf_printf(b, "\\U%08x", ch);
	else
		buf_printf(b, "\\u%04x\\u%04x", 0xd800 + ((ch - 0x10000) >> 10),
			   0xdc00 + ((ch - 0x10000) & 0x3ff));
}

static void quote_text(struct buf *b, struct text s, enum quoting how)
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
		else if (is_control(ch) || is_surrogate(ch) || is_deceptive(ch))
			put_escape(b, ch, how);
		else
			text_put(b, ch);
	}
	buf_addc(b, '"');
}

void text_json(struct buf *b, struct text s)
{
	quote_text(b, s, QUOTE_JSON);
}

void text_json_whole(struct buf *b, struct text s)
{
	quote_text(b, s, QUOTE_JSON_WHOLE);
}

void text_yaml(struct buf *b, struct text s)
{
	quote_text(b, s, QUOTE_YAML);
}

void text_visible(struct buf *b, uint32_t ch)
{
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

void text_terminal(struct buf *b, struct text s)
{
	size_t pos = 0;

	while (pos < s.len)
		text_visible(b, text_next(s.s, s.len, &pos));
}

void text_vline(struct buf *b, const char *fmt, va_list ap)
{
	_cleanup_free_ char *line = NULL;
	int n = vasprintf(&line, fmt, ap);

	if (n < 0) {
		line = NULL;
		b->failed = 1;
		return;
	}
	text_terminal(b, (struct text){ line, n });
	buf_addc(b, '\n');
}

void text_line(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vline(b, fmt, ap);
	va_end(ap);
}

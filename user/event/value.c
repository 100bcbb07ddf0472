// SPDX-License-Identifier: GPL-2.0-only
/*
 * The written forms of a value.  They go straight into the output, escaped on the way: no copy for
 * a field.
 */
#include "event/value.h"

#include <math.h>

#include "base/buf.h"
#include "base/util.h"
#include "event/number.h"
#include "event/printable.h"

#define ELLIPSIS "…"

struct writer {
	struct buf *out;
	bool json; /* inside a JSON string: its quote and its backslash are escaped */
};

static void write_value(const struct writer *w, const struct value *v);

bool value_is_cut(const struct value *v)
{
	if (v->cut)
		return true;
	switch (v->type) {
	case VALUE_UNREADABLE:
	case VALUE_DEEP:
		return true;
	case VALUE_LIST:
	case VALUE_TUPLE:
	case VALUE_DICT:
	case VALUE_SET:
	case VALUE_FROZENSET:
		for (size_t i = 0; i < v->seq.count; i++)
			if (value_is_cut(&v->seq.items[i]))
				return true;
		return false;
	default:
		return false;
	}
}

/* One printable character. */
static void write_char(const struct writer *w, uint32_t ch)
{
	if (w->json && (ch == '"' || ch == '\\'))
		buf_addc(w->out, '\\');
	text_put(w->out, ch);
}

static void write_backslash(const struct writer *w)
{
	buf_adds(w->out, w->json ? "\\\\" : "\\");
}

/* A character that is shown by its number or letter. */
static void write_escape(const struct writer *w, uint32_t ch)
{
	write_backslash(w);
	if (ch == '\t')
		buf_addc(w->out, 't');
	else if (ch == '\n')
		buf_addc(w->out, 'n');
	else if (ch == '\r')
		buf_addc(w->out, 'r');
	else if (ch < 0x100)
		buf_printf(w->out, "x%02x", ch);
	else if (ch < 0x10000)
		buf_printf(w->out, "u%04x", ch);
	else
		buf_printf(w->out, "U%08x", ch);
}

/* The quote that repr() puts around s: the double one only where that saves escapes. */
static char quote_for(struct text s)
{
	return s.len && memchr(s.s, '\'', s.len) && !memchr(s.s, '"', s.len) ? '"' : '\'';
}

/* Number of bytes from s[pos] on that stand for themselves in any string. */
static size_t plain_run(struct text s, size_t pos)
{
	size_t start = pos;

	while (pos < s.len && s.s[pos] >= 0x20 && s.s[pos] < 0x7f && s.s[pos] != '\'' &&
	       s.s[pos] != '"' && s.s[pos] != '\\')
		pos++;
	return pos - start;
}

/*
 * The characters of s, escaped as between the quotes of a repr; quote 0: none. `bytes`: each byte
 * is one character.
 */
static void write_escaped(const struct writer *w, struct text s, char quote, bool bytes)
{
	size_t pos = 0, run;
	uint32_t ch;

	for (;;) {
		run = plain_run(s, pos);
		buf_add(w->out, s.s + pos, run);
		pos += run;
		if (pos == s.len)
			return;
		if (bytes)
			ch = (unsigned char)s.s[pos++];
		else
			ch = text_next(s.s, s.len, &pos);
		if (ch == '\\' || (quote && ch == (unsigned char)quote)) {
			write_backslash(w);
			write_char(w, ch);
		} else if (bytes ? ch < 0x20 || ch >= 0x7f : !char_is_printable(ch)) {
			write_escape(w, ch);
		} else {
			write_char(w, ch);
		}
	}
}

static void write_quoted(const struct writer *w, const struct value *v)
{
	char quote = quote_for(v->text);

	if (v->type == VALUE_BYTES)
		buf_addc(w->out, 'b');
	write_char(w, (unsigned char)quote);
	if (v->text.len)
		write_escaped(w, v->text, quote, v->type == VALUE_BYTES);
	if (v->cut)
		buf_adds(w->out, ELLIPSIS);
	write_char(w, (unsigned char)quote);
}

/*
 * An int that was cut has lost its least significant digits, so that nothing can be said of it in
 * decimal.  Its hexadecimal digits are those of the whole number as long as an even number of
 * 30-bit digits was lost.
 */
static void write_int(struct buf *out, const struct value *v)
{
	bool whole;

	if (v->integer.negative)
		buf_addc(out, '-');
	whole = !v->cut && number_decimal(out, v->integer.digits, v->integer.ndigits);
	if (whole)
		return;
	number_hex(out, v->integer.digits, v->integer.ndigits);
	if (v->cut)
		buf_adds(out, ELLIPSIS);
}

static void write_float(struct buf *out, double x)
{
	char text[NUMBER_FLOAT_MAX];

	buf_add(out, text, number_float(text, x));
}

struct brackets {
	const char *open, *close, *cycle, *empty;
};

/* What stands around the elements; NULL if `type` is not a container. */
static const struct brackets *brackets_of(enum value_type type)
{
	static const struct brackets list = { "[", "]", "[...]", "[]" };
	static const struct brackets tuple = { "(", ")", "(...)", "()" };
	static const struct brackets dict = { "{", "}", "{...}", "{}" };
	static const struct brackets set = { "{", "}", "set(...)", "set()" };
	static const struct brackets frozenset = { "frozenset({", "})", "frozenset(...)",
						   "frozenset()" };

	switch (type) {
	case VALUE_LIST:
		return &list;
	case VALUE_TUPLE:
		return &tuple;
	case VALUE_DICT:
		return &dict;
	case VALUE_SET:
		return &set;
	case VALUE_FROZENSET:
		return &frozenset;
	default:
		return NULL;
	}
}

static void write_container(const struct writer *w, const struct value *v, const struct brackets *b)
{
	size_t count = v->seq.count;

	if (!count && !v->cut) {
		buf_adds(w->out, b->empty);
		return;
	}
	buf_adds(w->out, b->open);
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_adds(w->out, v->type == VALUE_DICT && i % 2 ? ": " : ", ");
		write_value(w, &v->seq.items[i]);
	}
	if (v->cut)
		buf_adds(w->out, count ? ", " ELLIPSIS : ELLIPSIS);
	else if (v->type == VALUE_TUPLE && count == 1)
		buf_addc(w->out, ',');
	buf_adds(w->out, b->close);
}

static void write_cycle(const struct writer *w, enum value_type of)
{
	const struct brackets *b = brackets_of(of);

	buf_adds(w->out, b ? b->cycle : "...");
}

static void write_object(const struct writer *w, const struct value *v)
{
	buf_adds(w->out, "CLASS:");
	if (v->text.len)
		write_escaped(w, v->text, 0, false);
	if (v->cut)
		buf_adds(w->out, ELLIPSIS);
}

/* The depth of the recursion is that of the value, which the decoder bounds. */
static void write_value(const struct writer *w, const struct value *v)
{
	switch (v->type) {
	case VALUE_NONE:
		buf_adds(w->out, "None");
		break;
	case VALUE_BOOL:
		buf_adds(w->out, v->boolean ? "True" : "False");
		break;
	case VALUE_INT:
		write_int(w->out, v);
		break;
	case VALUE_FLOAT:
		write_float(w->out, v->number);
		break;
	case VALUE_STR:
	case VALUE_BYTES:
		write_quoted(w, v);
		break;
	case VALUE_LIST:
	case VALUE_TUPLE:
	case VALUE_DICT:
	case VALUE_SET:
	case VALUE_FROZENSET:
		write_container(w, v, brackets_of(v->type));
		break;
	case VALUE_OBJECT:
		write_object(w, v);
		break;
	case VALUE_CYCLE:
		write_cycle(w, v->of);
		break;
	case VALUE_UNSET:
		buf_adds(w->out, "<unset>");
		break;
	case VALUE_UNREADABLE:
		buf_adds(w->out, "<unreadable>");
		break;
	case VALUE_DEEP:
		buf_adds(w->out, ELLIPSIS);
		break;
	}
}

void value_repr(struct buf *out, const struct value *v)
{
	write_value(&(struct writer){ .out = out }, v);
}

void value_str(struct buf *out, const struct value *v)
{
	if (v->type != VALUE_STR) {
		value_repr(out, v);
		return;
	}
	buf_add(out, v->text.s, v->text.len);
	if (v->cut)
		buf_adds(out, ELLIPSIS);
}

static bool int_fits_json(const struct value *v)
{
	uint64_t n;

	if (v->cut || v->integer.ndigits > 2)
		return false;
	n = v->integer.ndigits > 0 ? v->integer.digits[0] : 0;
	if (v->integer.ndigits > 1)
		n |= (uint64_t)v->integer.digits[1] << 30;
	return n <= 1ull << 53;
}

static void json_str(struct buf *out, const struct value *v)
{
	text_json(out, v->text);
	if (!v->cut || out->failed)
		return;
	out->len--; /* the closing quote */
	buf_adds(out, ELLIPSIS "\"");
}

void value_json(struct buf *out, const struct value *v)
{
	struct writer w = { .out = out, .json = true };

	switch (v->type) {
	case VALUE_NONE:
	case VALUE_UNSET:
		buf_adds(out, "null");
		return;
	case VALUE_BOOL:
		buf_adds(out, v->boolean ? "true" : "false");
		return;
	case VALUE_STR:
		json_str(out, v);
		return;
	case VALUE_INT:
		if (!int_fits_json(v))
			break;
		write_int(out, v);
		return;
	case VALUE_FLOAT:
		if (!isfinite(v->number))
			break;
		write_float(out, v->number);
		return;
	default:
		break;
	}
	buf_addc(out, '"');
	write_value(&w, v);
	buf_addc(out, '"');
}

// SPDX-License-Identifier: GPL-2.0-only
#include "console/json.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"

struct reader {
	struct arena *arena;
	const char *s;
	size_t pos, len;
	size_t values, values_max;
	const char *wrong; /* what is wrong at `pos` */
	bool nomem;
};

static int refuse_text(struct reader *r, const char *wrong)
{
	if (!r->wrong)
		r->wrong = wrong;
	return -EINVAL;
}

/* 0 at the end: a NUL is no part of JSON, so there is no need to tell them apart. */
static char peek(const struct reader *r)
{
	return r->pos < r->len ? r->s[r->pos] : '\0';
}

static void skip_blanks(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r')
		r->pos++;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_escape(struct reader *r)
{
	char c = peek(r);

	if (c == 'u') {
		for (unsigned int i = 1; i <= 4; i++) {
			if (r->pos + i >= r->len || hex_digit(r->s[r->pos + i]) < 0)
				return refuse_text(r, "\\u needs four hexadecimal digits");
		}
		r->pos += 5;
		return 0;
	}
	if (!c || !strchr("\"\\/bfnrt", c))
		return refuse_text(r, "an unknown escape in a string");
	r->pos++;
	return 0;
}

/* Behind the opening quote. */
static int read_string(struct reader *r, struct text *out)
{
	size_t start = r->pos;

	while (r->pos < r->len) {
		unsigned char c = r->s[r->pos];

		if (c == '"') {
			*out = (struct text){ r->s + start, r->pos - start };
			r->pos++;
			return 0;
		}
		if (c < 0x20)
			return refuse_text(r, "a control character in a string");
		r->pos++;
		if (c == '\\' && read_escape(r))
			return -EINVAL;
	}
	return refuse_text(r, "a string without an end");
}

static size_t read_digits(struct reader *r)
{
	size_t start = r->pos;

	while (peek(r) >= '0' && peek(r) <= '9')
		r->pos++;
	return r->pos - start;
}

static int read_number(struct reader *r)
{
	bool zero;

	if (peek(r) == '-')
		r->pos++;
	zero = peek(r) == '0';
	if (zero)
		r->pos++;
	else if (!read_digits(r))
		return refuse_text(r, "no value");
	if (peek(r) == '.') {
		r->pos++;
		if (!read_digits(r))
			return refuse_text(r, "a number that ends in a point");
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		r->pos++;
		if (peek(r) == '+' || peek(r) == '-')
			r->pos++;
		if (!read_digits(r))
			return refuse_text(r, "a number without an exponent");
	}
	return 0;
}

static bool read_word(struct reader *r, const char *word)
{
	size_t len = strlen(word);

	if (len > r->len - r->pos || memcmp(r->s + r->pos, word, len) != 0)
		return false;
	r->pos += len;
	return true;
}

static int read_value(struct reader *r, unsigned int depth, struct json **out);

static int read_key(struct reader *r, struct text *key)
{
	skip_blanks(r);
	if (peek(r) != '"')
		return refuse_text(r, "no name where an object's member begins");
	r->pos++;
	if (read_string(r, key))
		return -EINVAL;
	skip_blanks(r);
	if (peek(r) != ':')
		return refuse_text(r, "no colon behind a member's name");
	r->pos++;
	return 0;
}

/* Behind the opening bracket. */
static int read_members(struct reader *r, struct json *parent, unsigned int depth)
{
	char end = parent->type == JSON_OBJECT ? '}' : ']';
	struct json **last = &parent->child;

	skip_blanks(r);
	if (peek(r) == end) {
		r->pos++;
		return 0;
	}
	for (;;) {
		struct text key = { 0 };

		if (parent->type == JSON_OBJECT && read_key(r, &key))
			return -EINVAL;
		skip_blanks(r);
		if (read_value(r, depth + 1, last))
			return -EINVAL;
		(*last)->key = key;
		last = &(*last)->next;
		skip_blanks(r);
		if (peek(r) == end) {
			r->pos++;
			return 0;
		}
		if (peek(r) != ',')
			return refuse_text(r, "no comma behind a value");
		r->pos++;
	}
}

static int read_into(struct reader *r, struct json *node, unsigned int depth)
{
	switch (peek(r)) {
	case '{':
	case '[':
		if (depth >= JSON_DEPTH_MAX)
			return refuse_text(r, "nested too deeply");
		node->type = peek(r) == '{' ? JSON_OBJECT : JSON_ARRAY;
		r->pos++;
		return read_members(r, node, depth);
	case '"':
		node->type = JSON_STRING;
		r->pos++;
		return read_string(r, &node->raw);
	case 't':
		node->type = JSON_TRUE;
		return read_word(r, "true") ? 0 : refuse_text(r, "no value");
	case 'f':
		node->type = JSON_FALSE;
		return read_word(r, "false") ? 0 : refuse_text(r, "no value");
	case 'n':
		node->type = JSON_NULL;
		return read_word(r, "null") ? 0 : refuse_text(r, "no value");
	default:
		node->type = JSON_NUMBER;
		return read_number(r);
	}
}

static int read_value(struct reader *r, unsigned int depth, struct json **out)
{
	struct json *node;
	size_t start = r->pos;

	if (++r->values > r->values_max)
		return refuse_text(r, "too many values");
	node = arena_alloc(r->arena, sizeof(*node));
	if (!node) {
		r->nomem = true;
		return refuse_text(r, "out of memory");
	}
	if (read_into(r, node, depth))
		return -EINVAL;
	if (node->type != JSON_STRING)
		node->raw = (struct text){ r->s + start, r->pos - start };
	*out = node;
	return 0;
}

int json_parse(struct arena *a, const char *s, size_t len, struct json **out, struct err *err)
{
	return json_parse_large(a, s, len, JSON_VALUES_MAX, out, err);
}

int json_parse_large(struct arena *a, const char *s, size_t len, size_t values_max,
		     struct json **out, struct err *err)
{
	struct reader r = { .arena = a, .s = s, .len = len, .values_max = values_max };
	struct json *root;

	skip_blanks(&r);
	if (!read_value(&r, 0, &root)) {
		skip_blanks(&r);
		if (r.pos == len) {
			*out = root;
			return 0;
		}
		refuse_text(&r, "something behind the value");
	}
	if (r.nomem)
		return err_set(err, -ENOMEM, "out of memory");
	return err_set(err, -EINVAL, "not JSON: %s, at byte %zu", r.wrong, r.pos + 1);
}

const struct json *json_at(const struct json *map, const char *name)
{
	if (!map || map->type != JSON_OBJECT)
		return NULL;
	for (const struct json *m = map->child; m; m = m->next) {
		if (text_eq_str(m->key, name))
			return m;
	}
	return NULL;
}

static unsigned int four_digits(const char *s)
{
	return hex_digit(s[0]) << 12 | hex_digit(s[1]) << 8 | hex_digit(s[2]) << 4 |
	       hex_digit(s[3]);
}

/* At the `u` of an escape that was checked. *pos is moved to its end, or to that of a pair. */
static uint32_t unicode_escape(struct text raw, size_t *pos)
{
	uint32_t ch = four_digits(raw.s + *pos + 1), low;

	*pos += 5;
	if (ch >= 0xd800 && ch < 0xdc00 && *pos + 6 <= raw.len && raw.s[*pos] == '\\' &&
	    raw.s[*pos + 1] == 'u') {
		low = four_digits(raw.s + *pos + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			*pos += 6;
			return 0x10000 + ((ch - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return ch == 0 || (ch >= 0xd800 && ch < 0xe000) ? 0xfffd : ch;
}

struct text json_text(struct arena *a, const struct json *node)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	_cleanup_buf_ struct buf out = { 0 };
	struct text raw;
	char *copy;

	if (!node || node->type != JSON_STRING)
		return (struct text){ NULL, 0 };
	raw = node->raw;
	if (!raw.len || !memchr(raw.s, '\\', raw.len))
		return raw;
	for (size_t i = 0; i < raw.len;) {
		const char *letter;

		if (raw.s[i] != '\\') {
			buf_addc(&out, raw.s[i++]);
			continue;
		}
		i++;
		if (raw.s[i] == 'u') {
			text_put(&out, unicode_escape(raw, &i));
			continue;
		}
		letter = strchr(letters, raw.s[i]);
		buf_addc(&out, letter ? meant[letter - letters] : raw.s[i]);
		i++;
	}
	copy = out.failed ? NULL : arena_alloc(a, out.len);
	if (!copy)
		return (struct text){ NULL, 0 };
	memcpy(copy, out.data, out.len);
	return (struct text){ copy, out.len };
}

struct text json_text_at(struct arena *a, const struct json *map, const char *name)
{
	return json_text(a, json_at(map, name));
}

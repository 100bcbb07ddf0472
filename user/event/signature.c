// SPDX-License-Identifier: GPL-2.0-only
#include "event/signature.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* The opening bracket is at doc[0]; what follows it up to the end marker. */
struct scanner {
	struct arena *arena;
	struct text rest; /* not yet read */
	struct param *params;
	size_t count, max;
	enum param_kind kind; /* of the next plain parameter */
	bool first;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct text trim(struct text t)
{
	while (t.len && is_space(t.s[0])) {
		t.s++;
		t.len--;
	}
	while (t.len && is_space(t.s[t.len - 1]))
		t.len--;
	return t;
}

static struct text skip(struct text t, size_t n)
{
	return (struct text){ t.s + n, t.len - n };
}

enum found { FOUND_NOT, FOUND, FOUND_OPEN };

/*
 * Narrows *doc to what stands between the brackets of the signature; FOUND_OPEN: to its end, which
 * the closing bracket has not been met before.  The whole end marker is ")\n--\n\n"; its last
 * newline may be missing, as the docstring may have been sent only up to there.
 */
static enum found find_signature(struct text name, struct text *doc)
{
	static const char end[] = ")\n--\n";
	const size_t end_len = sizeof(end) - 1;
	const char *dot = name.len ? memrchr(name.s, '.', name.len) : NULL;
	struct text t = *doc;

	if (dot)
		name = skip(name, (size_t)(dot + 1 - name.s));
	if (!name.len || t.len <= name.len || memcmp(t.s, name.s, name.len) != 0 ||
	    t.s[name.len] != '(')
		return FOUND_NOT;
	t = skip(t, name.len + 1);
	for (size_t i = 0; i < t.len; i++) {
		if (t.len - i >= end_len && memcmp(t.s + i, end, end_len) == 0) {
			size_t after = i + end_len;

			*doc = (struct text){ t.s, i };
			return after == t.len || t.s[after] == '\n' ? FOUND : FOUND_NOT;
		}
		/* An empty line ends the search: a docstring of another kind. */
		if (t.s[i] == '\n' && i + 1 < t.len && t.s[i + 1] == '\n')
			return FOUND_NOT;
	}
	*doc = t;
	return FOUND_OPEN;
}

/* Length of the string literal at the head of t, or 0 if it does not end. */
static size_t literal_len(struct text t)
{
	for (size_t i = 1; i < t.len; i++) {
		if (t.s[i] == '\\')
			i++;
		else if (t.s[i] == t.s[0])
			return i + 1;
	}
	return 0;
}

/*
 * Cuts the text up to the next comma outside brackets and quotes off s->rest.  -ENOENT for a
 * closing bracket that was not opened, -ENODATA where the text ends inside brackets or quotes.
 */
static int next_item(struct scanner *s, struct text *out)
{
	struct text t = s->rest;
	size_t depth = 0, i = 0, n;

	while (i < t.len) {
		char c = t.s[i];

		if (c == ',' && !depth)
			break;
		if (c == '(' || c == '[' || c == '{') {
			depth++;
		} else if (c == ')' || c == ']' || c == '}') {
			if (!depth--)
				return -ENOENT;
		} else if (c == '\'' || c == '"') {
			n = literal_len(skip(t, i));
			if (!n)
				return -ENODATA;
			i += n;
			continue;
		}
		i++;
	}
	if (depth)
		return -ENODATA;
	*out = trim((struct text){ t.s, i });
	s->rest = skip(t, i < t.len ? i + 1 : i);
	return 0;
}

static bool is_identifier(struct text t)
{
	if (!t.len || (t.s[0] >= '0' && t.s[0] <= '9'))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		unsigned char c = (unsigned char)t.s[i];

		if (!(c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		      (c >= 'A' && c <= 'Z')))
			return false;
	}
	return true;
}

static int copy_text(struct arena *arena, struct text t, struct text *out)
{
	char *s = arena_alloc(arena, t.len);

	if (!s)
		return -ENOMEM;
	if (t.len)
		memcpy(s, t.s, t.len);
	*out = (struct text){ s, t.len };
	return 0;
}

/* Decimal integers of up to 64 bits; false for anything else. */
static bool parse_int(struct text t, uint64_t *out_n, bool *out_negative)
{
	uint64_t n = 0;

	*out_negative = t.len && t.s[0] == '-';
	if (*out_negative)
		t = skip(t, 1);
	if (!t.len || (t.s[0] == '0' && t.len > 1))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (t.s[i] < '0' || t.s[i] > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(t.s[i] - '0'), &n))
			return false;
	}
	*out_n = n;
	return true;
}

static int int_value(struct arena *arena, uint64_t n, bool negative, struct value *out)
{
	uint32_t *digits = arena_array(arena, 3, sizeof(*digits));

	if (!digits)
		return -ENOMEM;
	out->type = VALUE_INT;
	out->integer.digits = digits;
	out->integer.negative = negative && n;
	for (out->integer.ndigits = 0; n; n >>= 30)
		digits[out->integer.ndigits++] = n & ((1u << 30) - 1);
	return 0;
}

static bool parse_float(struct text t, double *out)
{
	char copy[40], *end;

	if (t.len >= sizeof(copy))
		return false;
	memcpy(copy, t.s, t.len);
	copy[t.len] = '\0';
	/* Only what Python reads as a float: no int, no hexadecimal, no name. */
	if (!copy[strcspn(copy, ".eE")] || copy[strspn(copy, "+-.0123456789eE")])
		return false;
	*out = strtod(copy, &end);
	return end != copy && !*end;
}

/*
 * What a string literal without prefix stands for, with the common escapes; false for anything
 * else.
 */
static bool parse_literal(struct text t, char *out, size_t *out_len)
{
	static const char letters[] = "\\'\"nrt", meanings[] = "\\'\"\n\r\t";
	const char *letter;
	size_t n = 0;

	if (t.len < 2 || (t.s[0] != '\'' && t.s[0] != '"') || literal_len(t) != t.len)
		return false;
	for (size_t i = 1; i < t.len - 1; i++) {
		if (t.s[i] != '\\') {
			out[n++] = t.s[i];
			continue;
		}
		letter = memchr(letters, t.s[++i], sizeof(letters) - 1);
		if (!letter)
			return false;
		out[n++] = meanings[letter - letters];
	}
	*out_len = n;
	return true;
}

/* A default that is a string literal, or else its own text. */
static int str_value(struct arena *arena, struct text t, struct value *out)
{
	bool bytes = t.len > 2 && t.s[0] == 'b';
	char *s = arena_alloc(arena, t.len);
	size_t len;

	if (!s)
		return -ENOMEM;
	out->type = VALUE_STR;
	if (parse_literal(bytes ? skip(t, 1) : t, s, &len)) {
		out->text = (struct text){ s, len };
		if (bytes)
			out->type = VALUE_BYTES;
		return 0;
	}
	if (t.len)
		memcpy(s, t.s, t.len);
	out->text = (struct text){ s, t.len };
	return 0;
}

/* The value of a default where it is a simple literal, else a str of its text. */
static int parse_default(struct arena *arena, struct text t, struct value *out)
{
	bool negative;
	uint64_t n;

	*out = (struct value){ .type = VALUE_NONE };
	if (text_eq_str(t, "None"))
		return 0;
	if (text_eq_str(t, "True") || text_eq_str(t, "False")) {
		out->type = VALUE_BOOL;
		out->boolean = t.s[0] == 'T';
		return 0;
	}
	if (text_eq_str(t, "()")) {
		out->type = VALUE_TUPLE;
		return 0;
	}
	if (parse_int(t, &n, &negative))
		return int_value(arena, n, negative, out);
	if (parse_float(t, &out->number)) {
		out->type = VALUE_FLOAT;
		return 0;
	}
	return str_value(arena, t, out);
}

static int add_param(struct scanner *s, struct text item, enum param_kind kind)
{
	const char *equals = memchr(item.s, '=', item.len);
	struct text name = item;
	struct param *p;
	int ret;

	if (equals)
		name = trim((struct text){ item.s, (size_t)(equals - item.s) });
	if (!is_identifier(name))
		return -ENOENT;
	if (s->count == s->max)
		return -ENOSPC;
	p = &s->params[s->count];
	*p = (struct param){ .kind = kind, .has_value = equals != NULL };
	ret = copy_text(s->arena, name, &p->name);
	if (!ret && equals) {
		struct text text = trim(skip(item, (size_t)(equals + 1 - item.s)));

		ret = parse_default(s->arena, text, &p->value);
	}
	if (!ret)
		s->count++;
	return ret;
}

static int add_item(struct scanner *s, struct text item)
{
	bool first = s->first;

	s->first = false;
	if (text_eq_str(item, "/")) {
		if (s->kind != PARAM_POSITIONAL)
			return -ENOENT;
		for (size_t i = 0; i < s->count; i++)
			s->params[i].kind = PARAM_POSONLY;
		return 0;
	}
	if (item.len && item.s[0] == '$')
		return first ? 0 : -ENOENT;
	if (item.len >= 2 && item.s[0] == '*' && item.s[1] == '*') {
		s->kind = PARAM_VARKW;
		return add_param(s, skip(item, 2), PARAM_VARKW);
	}
	if (item.len && item.s[0] == '*') {
		if (s->kind != PARAM_POSITIONAL)
			return -ENOENT;
		s->kind = PARAM_KWONLY;
		return item.len == 1 ? 0 : add_param(s, skip(item, 1), PARAM_VARARGS);
	}
	/* Nothing may follow **kwargs. */
	if (s->kind == PARAM_VARKW)
		return -ENOENT;
	return add_param(s, item, s->kind);
}

int signature_parse(struct arena *arena, struct text name, struct text doc, bool cut,
		    struct param *params, size_t max, size_t *out_count)
{
	struct scanner s = { .arena = arena,
			     .params = params,
			     .max = max,
			     .kind = PARAM_POSITIONAL,
			     .first = true };
	enum found found;
	struct text item;
	int ret;

	found = find_signature(name, &doc);
	if (found == FOUND_NOT || (found == FOUND_OPEN && !cut))
		return -ENOENT;
	s.rest = doc;
	while (trim(s.rest).len) {
		ret = next_item(&s, &item);
		/* What reaches to the cut is not whole. */
		if (found == FOUND_OPEN && (ret == -ENODATA || (!ret && !s.rest.len)))
			break;
		if (!ret)
			ret = add_item(&s, item);
		if (ret == -ENODATA)
			return -ENOENT;
		if (ret)
			return ret;
	}
	*out_count = s.count;
	return 0;
}

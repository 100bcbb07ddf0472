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

/*
 * Narrows *doc to what stands between the brackets of the signature.  The whole end marker is ")\n--\n\n"; its last
 * newline may be missing, as the docstring may have been sent only up to there.
 */
static bool find_signature(struct text name, struct text *doc)
{
	static const char end[] = ")\n--\n";
	const char *dot = name.len ? memrchr(name.s, '.', name.len) : NULL;
	struct text t = *doc;

	if (dot)
		name = skip(name, (size_t)(dot + 1 - name.s));
	if (!name.len || t.len <= name.len || memcmp(t.s, name.s, name.len) != 0 ||
	    t.s[name.len] != '(')
		return false;
	t = skip(t, name.len + 1);
	for (size_t i = 0; i + sizeof(end) - 1 <= t.len; i++) {
		if (memcmp(t.s + i, end, sizeof(end) - 1) == 0) {
			size_t after = i + sizeof(end) - 1;

			*doc = (struct text){ t.s, i };
			return after == t.len || t.s[after] == '\n';
		}
		/* An empty line ends the search: a docstring of another kind. */
		if (t.s[i] == '\n' && t.s[i + 1] == '\n')
			return false;
	}
	return false;
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

/* Cuts the text up to the next comma outside brackets and quotes off s->rest. Returns false where they do not match. */
static bool next_item(struct scanner *s, struct text *out)
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
				return false;
		} else if (c == '\'' || c == '"') {
			n = literal_len(skip(t, i));
			if (!n)
				return false;
			i += n;
			continue;
		}
		i++;
	}
	if (depth)
		return false;
	*out = trim((struct text){ t.s, i });
	s->rest = skip(t, i < t.len ? i + 1 : i);
	return true;
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

/* Decimal integers that fit two digits of an int; false for anything else. */
static bool parse_int(struct text t, uint64_t *out_n, bool *out_negative)
{
	uint64_t n = 0;

	*out_negative = t.len && t.s[0] == '-';
	if (*out_negative)
		t = skip(t, 1);
	if (!t.len || t.len > 18 || (t.s[0] == '0' && t.len > 1))
		return false;
	for (size_t i = 0; i < t.len; i++) {
		if (t.s[i] < '0' || t.s[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(t.s[i] - '0');
	}
	*out_n = n;
	return true;
}

static int int_value(struct arena *arena, uint64_t n, bool negative, struct value *out)
{
	uint32_t *digits = arena_array(arena, 2, sizeof(*digits));

	if (!digits)
		return -ENOMEM;
	digits[0] = n & ((1u << 30) - 1);
	digits[1] = n >> 30;
	out->type = VALUE_INT;
	out->integer.digits = digits;
	out->integer.ndigits = digits[1] ? 2 : digits[0] ? 1 : 0;
	out->integer.negative = negative && n;
	return 0;
}

static bool parse_float(struct text t, double *out)
{
	char copy[40], *end;

	if (!t.len || t.len >= sizeof(copy) || strspn(t.s, "+-.0123456789eE") < t.len)
		return false;
	memcpy(copy, t.s, t.len);
	copy[t.len] = '\0';
	*out = strtod(copy, &end);
	return !*end;
}

/* The inside of a string literal without escapes or prefix; false for anything else. */
static bool parse_literal(struct text t, struct text *out)
{
	if (t.len < 2 || (t.s[0] != '\'' && t.s[0] != '"') || literal_len(t) != t.len ||
	    memchr(t.s, '\\', t.len))
		return false;
	*out = (struct text){ t.s + 1, t.len - 2 };
	return true;
}

/* The value of a default where it is a simple literal, else a str of its text. */
static int parse_default(struct arena *arena, struct text t, struct value *out)
{
	bool negative, bytes = t.len > 2 && t.s[0] == 'b';
	struct text inside;
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
	out->type = VALUE_STR;
	if (parse_literal(bytes ? skip(t, 1) : t, &inside)) {
		if (bytes)
			out->type = VALUE_BYTES;
		t = inside;
	}
	return copy_text(arena, t, &out->text);
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

int signature_parse(struct arena *arena, struct text name, struct text doc, struct param *params,
		    size_t max, size_t *out_count)
{
	struct scanner s = { .arena = arena,
			     .params = params,
			     .max = max,
			     .kind = PARAM_POSITIONAL,
			     .first = true };
	struct text item;
	int ret;

	if (!find_signature(name, &doc))
		return -ENOENT;
	s.rest = doc;
	while (trim(s.rest).len) {
		if (!next_item(&s, &item))
			return -ENOENT;
		ret = add_item(&s, item);
		if (ret)
			return ret;
	}
	*out_count = s.count;
	return 0;
}

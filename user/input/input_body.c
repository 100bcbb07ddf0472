// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pieces of a body that a client chooses: of what a framework made of it, or of the bytes as
 * they came.  What the client calls those is not believed, as applications do not either: a body is
 * what it looks like.
 */
#include <stdio.h>
#include <string.h>

#include "event/request_field.h"
#include "event/value.h"
#include "input/input_decode.h"
#include "input/input_json.h"
#include "input/input_leaves.h"
#include "input/input_multipart.h"

/* The longest name of a form's field at the front of a body. */
#define FIELD_MAX 128

static const struct text no_name = { NULL, 0 };

static bool is_text(const struct value *v)
{
	return v->type == VALUE_STR || v->type == VALUE_BYTES;
}

static bool is_list(const struct value *v)
{
	return v->type == VALUE_LIST || v->type == VALUE_TUPLE;
}

static bool is_shown(const struct value *v)
{
	return is_text(v) || is_list(v);
}

/* A field with its value, or its values. */
static void add_field(struct input_maker *m, enum input_source source, const struct value *name,
		      const struct value *v)
{
	struct text called = is_text(name) ? name->text : no_name;

	if (!is_shown(v))
		return;
	if (is_text(v))
		input_add_leaf(m, source, called, v->text, v->cut);
	for (size_t i = 0; is_list(v) && i < v->seq.count; i++) {
		if (is_text(&v->seq.items[i]))
			input_add_leaf(m, source, called, v->seq.items[i].text,
				       v->seq.items[i].cut);
	}
	if (source == INPUT_FROM_FORM)
		input_add_name(m, source, called, is_text(name) && name->cut);
}

/* A dict of names with lists of values, or a list of (name, value). */
static void add_fields(struct input_maker *m, enum input_source source, const struct value *v)
{
	if (v->type == VALUE_DICT) {
		for (size_t i = 0; i + 1 < v->seq.count; i += 2)
			add_field(m, source, &v->seq.items[i], &v->seq.items[i + 1]);
		return;
	}
	for (size_t i = 0; is_list(v) && i < v->seq.count; i++) {
		const struct value *pair = &v->seq.items[i];

		if (is_list(pair) && pair->seq.count == 2)
			add_field(m, source, &pair->seq.items[0], &pair->seq.items[1]);
	}
}

/* "a.b" or "a[1]"; as it was where there is no memory. */
static struct text member_name(struct input_maker *m, struct text of, const struct value *key,
			       size_t index)
{
	size_t size = of.len + (key ? key->text.len : 0) + 32;
	char *s = arena_alloc(m->arena, size);
	int n;

	if (!s)
		return of;
	if (key)
		n = snprintf(s, size, "%.*s%s%.*s", (int)of.len, of.len ? of.s : "",
			     of.len ? "." : "", (int)key->text.len, key->text.s);
	else
		n = snprintf(s, size, "%.*s[%zu]", (int)of.len, of.len ? of.s : "", index);
	return (struct text){ s, n > 0 ? (size_t)n : 0 };
}

/* What JSON became; it is not deeper than the kernel side lets it be. */
static void add_data(struct input_maker *m, struct text name, const struct value *v)
{
	if (is_text(v))
		input_add_leaf(m, INPUT_FROM_JSON, name, v->text, v->cut);
	for (size_t i = 0; is_list(v) && i < v->seq.count; i++)
		add_data(m, member_name(m, name, NULL, i), &v->seq.items[i]);
	for (size_t i = 0; v->type == VALUE_DICT && i + 1 < v->seq.count; i += 2) {
		const struct value *key = &v->seq.items[i];

		if (!is_text(key))
			continue;
		input_add_name(m, INPUT_FROM_JSON, key->text, key->cut);
		add_data(m, member_name(m, name, key, 0), &v->seq.items[i + 1]);
	}
}

/* "HTTP_X_REAL_IP" or "x-real-ip" as it is written: "X-Real-Ip". */
static struct text header_name(struct input_maker *m, struct text name)
{
	static const char prefix[] = "HTTP_";
	bool first = true;
	char *s;

	if (name.len >= strlen(prefix) && memcmp(name.s, prefix, strlen(prefix)) == 0)
		name = (struct text){ name.s + strlen(prefix), name.len - strlen(prefix) };
	s = arena_alloc(m->arena, name.len);
	if (!s || !name.len)
		return no_name;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.s[i] == '_' ? '-' : name.s[i];

		if (first && c >= 'a' && c <= 'z')
			c = (char)(c & ~0x20);
		else if (!first && c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		first = c == '-';
		s[i] = c;
	}
	return (struct text){ s, name.len };
}

static void add_header(struct input_maker *m, const struct value *v)
{
	if (v->type == VALUE_DICT && v->seq.count == 2 && is_text(&v->seq.items[0]) &&
	    is_text(&v->seq.items[1]))
		input_add_leaf(m, INPUT_FROM_HEADER, header_name(m, v->seq.items[0].text),
			       v->seq.items[1].text, v->seq.items[1].cut);
}

struct body {
	struct input_maker *m;
	bool cut;
};

static void add_json_string(void *ctx, const struct input_json_string *string)
{
	struct body *body = ctx;
	struct input_maker *m = body->m;
	struct text plain = input_unescape(m->arena, string->raw);
	bool cut = body->cut && string->cut;
	struct text name = { NULL, string->path.len };
	char *copy;

	if (!plain.s)
		plain = string->raw;
	plain = input_valid_utf8(m->arena, plain);
	if (string->key) {
		input_add_name(m, INPUT_FROM_JSON, plain, cut);
		return;
	}
	if (!plain.len)
		return;
	copy = string->path.len ? arena_alloc(m->arena, string->path.len) : NULL;
	if (copy)
		memcpy(copy, string->path.s, string->path.len);
	name = copy ? (struct text){ copy, string->path.len } : no_name;
	input_add_leaf(m, INPUT_FROM_JSON, name, plain, cut);
}

static void add_part(void *ctx, const struct input_part *part)
{
	struct body *body = ctx;
	struct input_maker *m = body->m;
	struct text name = part->name;

	if (name.s)
		name = input_valid_utf8(m->arena, name);
	if (part->filename.s) {
		input_add_leaf(m, INPUT_FROM_FILE, name, input_valid_utf8(m->arena, part->filename),
			       false);
		return;
	}
	input_add_leaf(m, INPUT_FROM_FORM, name, input_valid_utf8(m->arena, part->content),
		       body->cut && part->last);
	input_add_name(m, INPUT_FROM_FORM, name, false);
}

/* Does it begin as "name=value" does? */
static bool is_urlencoded(struct text s)
{
	for (size_t i = 0; i < s.len && i < FIELD_MAX; i++) {
		if (s.s[i] == '=')
			return i > 0;
		if (s.s[i] <= ' ' || s.s[i] > '~')
			return false;
	}
	return false;
}

static void add_bytes(struct input_maker *m, struct text s, bool cut)
{
	struct body body = { m, cut };

	if (input_json_begins(s)) {
		m->out->cut |= !input_json_walk(s, add_json_string, &body) || cut;
	} else if (!input_multipart_walk(s, add_part, &body) && is_urlencoded(s)) {
		m->out->cut |= cut;
		input_add_query(m, INPUT_FROM_FORM, s, cut);
		return;
	}
	input_add_leaf(m, INPUT_FROM_BODY, no_name, s, cut);
}

void input_add_body(struct input_maker *m, const struct event_request *request)
{
	bool cut;
	struct text s = event_request_field(m->arena, request, EV_REQ_BODY, &cut);

	for (size_t i = 0; i < request->nr_values; i++) {
		const struct event_request_value *v = &request->values[i];

		if (!v->value)
			continue;
		/* Of uploads and headers what is left out is no reason to suspect each argument. */
		if (v->field == EV_REQ_FORM || v->field == EV_REQ_DATA)
			m->out->cut |= v->cut;
		if (v->field == EV_REQ_HEADER)
			add_header(m, v->value);
		else if (v->field == EV_REQ_DATA)
			add_data(m, no_name, v->value);
		else
			add_fields(m, v->field == EV_REQ_FORM ? INPUT_FROM_FORM : INPUT_FROM_FILE,
				   v->value);
	}
	if (s.len)
		add_bytes(m, s, cut);
}

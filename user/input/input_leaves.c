// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pieces of a request that a client chooses, decoded as frameworks do, and the ways in which
 * they may be used.
 */
#include <string.h>

#include "base/util.h"
#include "event/request_field.h"
#include "input/input_decode.h"
#include "input/input_filtered.h"
#include "input/input_host.h"
#include "input/input_leaves.h"

#define UNQUOTE_ROUNDS 3
/* Of one leaf; shorter ones are in many a text. */
#define OPTIONS_MAX 16
#define OPTION_MIN 4

static struct text slice(const char *start, const char *end)
{
	return (struct text){ start, (size_t)(end - start) };
}

static struct text trimmed(struct text s)
{
	while (s.len && (unsigned char)s.s[0] <= ' ') {
		s.s++;
		s.len--;
	}
	while (s.len && (unsigned char)s.s[s.len - 1] <= ' ')
		s.len--;
	return s;
}

/* Adds a way to use the leaf that was added last, unless it is there. */
static void add_needle(struct input_maker *m, struct text text)
{
	struct input_leaves *out = m->out;
	size_t leaf = out->nr_items - 1;

	if (!text.s || !text.len)
		return;
	for (size_t i = out->nr_needles; i-- > 0 && out->needles[i].leaf == leaf;) {
		if (text_eq(out->needles[i].text, text))
			return;
	}
	if (out->nr_needles == INPUT_NEEDLES_MAX) {
		out->cut = true;
		return;
	}
	out->needles[out->nr_needles++] = (struct input_needle){ text, leaf };
}

/* Undoing of encodings that texts of all kinds may have. */
static void add_decoded(struct input_maker *m, struct text value)
{
	struct text decoded = value;

	for (size_t i = 0; i < UNQUOTE_ROUNDS && decoded.s; i++) {
		decoded = input_unquote(m->arena, decoded, false);
		if (decoded.s)
			add_needle(m, decoded = input_valid_utf8(m->arena, decoded));
	}
	decoded = input_unquote(m->arena, value, true);
	if (decoded.s)
		add_needle(m, input_valid_utf8(m->arena, decoded));
	add_needle(m, input_unescape(m->arena, value));
	add_needle(m, input_unentity(m->arena, value));
	add_needle(m, input_without_dots(m->arena, value));
	add_needle(m, input_slashed(m->arena, value));
	add_needle(m, input_narrowed(m->arena, value));
	add_needle(m, input_from_root(m->arena, value));
}

static bool is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/*
 * The options among words that an application may take apart: "--exec=id" of "a.txt --exec=id".
 */
static void add_options(struct input_maker *m, struct text value)
{
	const char *pos = value.s, *end = value.s + value.len, *stop;

	for (size_t n = 0; pos < end && n < OPTIONS_MAX; pos = stop + 1) {
		for (stop = pos; stop < end && (unsigned char)*stop > ' ';)
			stop++;
		if (stop - pos < OPTION_MIN || *pos != '-' || !is_letter(pos[1 + (pos[1] == '-')]))
			continue;
		add_needle(m, slice(pos, stop));
		n++;
	}
}

/* A long cookie, header or upload is nothing unusual, and no reason to suspect each argument. */
static bool leaves_doubt(enum input_source source)
{
	return source == INPUT_FROM_QUERY || source == INPUT_FROM_PATH ||
	       source == INPUT_FROM_FORM || source == INPUT_FROM_JSON;
}

void input_add_leaf(struct input_maker *m, enum input_source source, struct text name,
		    struct text value, bool cut)
{
	struct input_leaves *out = m->out;
	struct text host;

	out->cut |= cut && leaves_doubt(source);
	if (!value.len)
		return;
	if (out->nr_items == INPUT_LEAVES_MAX) {
		out->cut = true;
		return;
	}
	out->items[out->nr_items++] = (struct input_leaf){ source, name, value, cut };
	add_needle(m, value);
	add_needle(m, trimmed(value));
	add_needle(m, input_unbase64(m->arena, value));
	/* What is in a body as a whole is a leaf of its own, where it is a form or JSON. */
	if (source == INPUT_FROM_BODY)
		return;
	add_decoded(m, value);
	if (source != INPUT_FROM_HEADER)
		add_options(m, value);
	/* What is connected to in the end. */
	host = input_host_of(value);
	add_needle(m, host);
	add_needle(m, input_host_address(m->arena, host.s ? host : value));
}

void input_add_name(struct input_maker *m, enum input_source source, struct text name, bool cut)
{
	if (name.s && !input_is_plain(name))
		input_add_leaf(m, source, name, name, cut);
}

static struct text decoded(struct input_maker *m, struct text s)
{
	struct text out = input_unquote(m->arena, s, true);

	return input_valid_utf8(m->arena, out.s ? out : s);
}

void input_add_query(struct input_maker *m, enum input_source source, struct text s, bool cut)
{
	const char *pos = s.s, *end = s.len ? s.s + s.len : s.s;

	while (pos < end) {
		const char *stop = memchr(pos, '&', (size_t)(end - pos)), *equals;
		struct text name, value;

		if (!stop)
			stop = end;
		equals = memchr(pos, '=', (size_t)(stop - pos));
		name = decoded(m, slice(pos, equals ? equals : stop));
		if (equals) {
			value = decoded(m, slice(equals + 1, stop));
			input_add_leaf(m, source, name, value, cut && stop == end);
		}
		input_add_name(m, source, name, !equals && cut && stop == end);
		pos = stop + (stop < end);
	}
	if (s.len && memchr(s.s, '=', s.len) != NULL)
		input_add_leaf(m, source == INPUT_FROM_FORM ? INPUT_FROM_BODY : source,
			       (struct text){ NULL, 0 }, s, cut);
}

/*
 * The path, what of it is behind each slash, and each segment: a route's parameter may be any of
 * these.
 */
static void add_path(struct input_maker *m, struct text s, bool cut)
{
	static const struct text no_name = { NULL, 0 };
	const char *end, *pos = s.s, *stop;

	if (s.len < 2)
		return;
	end = s.s + s.len;
	input_add_leaf(m, INPUT_FROM_PATH, no_name, s, cut);
	for (; pos < end; pos = stop) {
		pos += *pos == '/';
		stop = pos < end ? memchr(pos, '/', (size_t)(end - pos)) : NULL;
		if (stop)
			input_add_leaf(m, INPUT_FROM_PATH, no_name, slice(pos, stop), false);
		else
			stop = end;
		input_add_leaf(m, INPUT_FROM_PATH, no_name, slice(pos, end), cut);
	}
}

/* "a=b; c=d" */
static void add_cookies(struct input_maker *m, struct text s, bool cut)
{
	const char *pos = s.s, *end = s.len ? s.s + s.len : s.s;

	while (pos < end) {
		const char *stop = memchr(pos, ';', (size_t)(end - pos)), *equals;
		struct text name, value;

		if (!stop)
			stop = end;
		equals = memchr(pos, '=', (size_t)(stop - pos));
		if (equals) {
			name = trimmed(slice(pos, equals));
			value = trimmed(slice(equals + 1, stop));
			if (value.len >= 2 && value.s[0] == '"' && value.s[value.len - 1] == '"')
				value = (struct text){ value.s + 1, value.len - 2 };
			input_add_leaf(m, INPUT_FROM_COOKIE, name, value, cut && stop == end);
		}
		pos = stop + (stop < end);
	}
}

/*
 * The request's own words without the scheme and the host that may stand in front: path, and query
 * behind `?`.
 */
static void add_target(struct input_maker *m, struct text s, bool cut)
{
	const char *mark = memchr(s.s, '?', s.len);
	struct text path = { s.s, mark ? (size_t)(mark - s.s) : s.len }, plain;

	plain = input_unquote(m->arena, path, false);
	add_path(m, plain.s ? input_valid_utf8(m->arena, plain) : path, cut && !mark);
	if (mark)
		input_add_query(m, INPUT_FROM_QUERY, slice(mark + 1, s.s + s.len), cut);
}

void input_leaves_make(struct arena *arena, const struct event_request *request,
		       struct input_leaves *out)
{
	static const struct {
		enum ev_request_field field;
		struct text name;
	} headers[] = {
		{ EV_REQ_USER_AGENT, TEXT("User-Agent") },
		{ EV_REQ_HOST, TEXT("Host") },
		{ EV_REQ_FORWARDED_FOR, TEXT("X-Forwarded-For") },
		{ EV_REQ_REAL_IP, TEXT("X-Real-IP") },
		{ EV_REQ_FORWARDED, TEXT("Forwarded") },
		{ EV_REQ_CONTENT_TYPE, TEXT("Content-Type") },
	};
	struct input_maker m = { arena, out };
	struct text s;
	bool cut;

	*out = (struct input_leaves){ .items = arena_array(arena, INPUT_LEAVES_MAX,
							   sizeof(*out->items)) };
	out->needles = arena_array(arena, INPUT_NEEDLES_MAX, sizeof(*out->needles));
	if (!out->items || !out->needles) {
		*out = (struct input_leaves){ .cut = true };
		return;
	}
	s = event_request_field(arena, request, EV_REQ_QUERY, &cut);
	input_add_query(&m, INPUT_FROM_QUERY, s, cut);
	s = event_request_field(arena, request, EV_REQ_TARGET, &cut);
	if (s.len)
		add_target(&m, s, cut);
	s = event_request_field(arena, request, EV_REQ_COOKIE, &cut);
	add_cookies(&m, s, cut);
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		s = event_request_field(arena, request, headers[i].field, &cut);
		input_add_leaf(&m, INPUT_FROM_HEADER, headers[i].name, s, cut);
	}
	s = event_request_field(arena, request, EV_REQ_PATH, &cut);
	add_path(&m, s, cut);
	input_add_body(&m, request);
}

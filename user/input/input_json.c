// SPDX-License-Identifier: GPL-2.0-only
#include "input/input_json.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

struct container {
	bool object;
	size_t index;	 /* of the element that comes next, in an array */
	size_t path_len; /* of its own path */
};

struct walker {
	struct text s;
	size_t pos;
	char path[INPUT_JSON_PATH];
	size_t path_len;
	struct container stack[INPUT_JSON_DEPTH];
	size_t depth;
	input_json_fn fn;
	void *ctx;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool input_json_begins(struct text s)
{
	size_t i = 0;

	if (s.len >= 3 && memcmp(s.s, "\xef\xbb\xbf", 3) == 0)
		i = 3;
	while (i < s.len && is_blank(s.s[i]))
		i++;
	return i < s.len && (s.s[i] == '{' || s.s[i] == '[' || s.s[i] == '"');
}

static void path_add(struct walker *w, struct text part)
{
	size_t n = MIN(part.len, sizeof(w->path) - w->path_len);

	if (n)
		memcpy(w->path + w->path_len, part.s, n);
	w->path_len += n;
}

/* The path of the value that begins: in an object its key has said so. */
static void enter_value(struct walker *w)
{
	struct container *in = w->depth ? &w->stack[w->depth - 1] : NULL;
	char index[32];
	int n;

	if (!in || in->object)
		return;
	w->path_len = in->path_len;
	n = snprintf(index, sizeof(index), "[%zu]", in->index);
	path_add(w, (struct text){ index, n > 0 ? (size_t)n : 0 });
}

static void enter_key(struct walker *w, struct text key)
{
	w->path_len = w->stack[w->depth - 1].path_len;
	if (w->path_len)
		path_add(w, (struct text)TEXT("."));
	path_add(w, key);
}

/* The string whose opening quote is at pos, which comes to stand behind it. */
static struct text take_string(struct walker *w, bool *cut)
{
	size_t start = ++w->pos;
	struct text out;

	while (w->pos < w->s.len && w->s.s[w->pos] != '"')
		w->pos += w->s.s[w->pos] == '\\' ? 2 : 1;
	*cut = w->pos >= w->s.len;
	out = (struct text){ w->s.s + start, MIN(w->pos, w->s.len) - start };
	w->pos++;
	return out;
}

static bool colon_follows(struct walker *w)
{
	while (w->pos < w->s.len && is_blank(w->s.s[w->pos]))
		w->pos++;
	return w->pos < w->s.len && w->s.s[w->pos] == ':';
}

static void walk_string(struct walker *w)
{
	struct input_json_string out = { .key = false };

	out.raw = take_string(w, &out.cut);
	out.key = w->depth && w->stack[w->depth - 1].object && colon_follows(w);
	if (out.key)
		enter_key(w, out.raw);
	else
		enter_value(w);
	out.path = (struct text){ w->path, w->path_len };
	w->fn(w->ctx, &out);
}

static bool open_container(struct walker *w, bool object)
{
	enter_value(w);
	if (w->depth == INPUT_JSON_DEPTH)
		return false;
	w->stack[w->depth++] = (struct container){ .object = object, .path_len = w->path_len };
	w->pos++;
	return true;
}

bool input_json_walk(struct text s, input_json_fn fn, void *ctx)
{
	struct walker w = { .s = s, .fn = fn, .ctx = ctx };

	while (w.pos < s.len) {
		char c = s.s[w.pos];

		if (c == '"') {
			walk_string(&w);
		} else if (c == '{' || c == '[') {
			if (!open_container(&w, c == '{'))
				return false;
		} else {
			if (c == ',' && w.depth)
				w.stack[w.depth - 1].index++;
			else if ((c == '}' || c == ']') && w.depth)
				w.depth--;
			w.pos++;
		}
	}
	return true;
}

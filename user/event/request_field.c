// SPDX-License-Identifier: GPL-2.0-only
#include "event/request_field.h"

#include <string.h>

/*
 * A str of a WSGI environ holds bytes, one a character (PEP 3333): those bytes; false if it does
 * not.
 */
static bool latin1_bytes(struct arena *arena, struct text s, struct text *out)
{
	char *bytes = arena_alloc(arena, s.len);
	size_t pos = 0, n = 0;

	if (!bytes)
		return false;
	while (pos < s.len) {
		uint32_t ch = text_next(s.s, s.len, &pos);

		if (ch > 0xff)
			return false;
		bytes[n++] = (char)ch;
	}
	*out = (struct text){ bytes, n };
	return true;
}

static bool is_utf8(struct text s)
{
	size_t pos = 0;

	while (pos < s.len) {
		uint32_t ch = text_next(s.s, s.len, &pos);

		if (ch >= 0xd800 && ch <= 0xdfff)
			return false;
	}
	return true;
}

/*
 * Without a character that a cut left incomplete: what is valid before the last three bytes stays
 * valid.
 */
static struct text without_torn(struct text s)
{
	for (size_t back = 1; back <= 3 && back <= s.len; back++) {
		unsigned char c = (unsigned char)s.s[s.len - back];

		if ((c & 0xc0) == 0x80)
			continue;
		if (c >= 0xc0 && back < (c >= 0xf0 ? 4u : c >= 0xe0 ? 3u : 2u))
			s.len -= back;
		break;
	}
	return s;
}

/* One value as text. */
static struct text value_text(struct arena *arena, enum ev_request_kind kind,
			      const struct event_request_value *v)
{
	struct text bytes;

	if (v->bytes)
		return v->cut ? without_torn(v->text) : v->text;
	if (kind != REQUEST_WSGI || !latin1_bytes(arena, v->text, &bytes))
		return v->text;
	if (v->cut)
		bytes = without_torn(bytes);
	return is_utf8(bytes) ? bytes : v->text;
}

struct text event_request_field(struct arena *arena, const struct event_request *in,
				unsigned int field, bool *cut)
{
	const char *separator = field == EV_REQ_COOKIE ? "; " : ", ";
	struct text all = { NULL, 0 };

	*cut = false;
	for (size_t i = 0; i < in->nr_values; i++) {
		struct text one, joined;
		char *s;

		if (in->values[i].field != field)
			continue;
		one = value_text(arena, in->kind, &in->values[i]);
		*cut |= in->values[i].cut;
		if (!all.s) {
			all = one;
			continue;
		}
		joined.len = all.len + 2 + one.len;
		joined.s = s = arena_alloc(arena, joined.len);
		if (!s)
			return (struct text){ NULL, 0 };
		memcpy(s, all.s, all.len);
		memcpy(s + all.len, separator, 2);
		if (one.len)
			memcpy(s + all.len + 2, one.s, one.len);
		all = joined;
	}
	return all;
}

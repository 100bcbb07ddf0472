// SPDX-License-Identifier: GPL-2.0-only
#include "request/request.h"

#include <string.h>

#include "base/util.h"
#include "request/parts.h"

/* A str of a WSGI environ holds bytes, one a character (PEP 3333): those bytes; false if it does not. */
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

/* Without a character that a cut left incomplete: what is valid before the last three bytes stays valid. */
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

struct text request_field(struct arena *arena, const struct event_request *in, unsigned int field,
			  bool *cut)
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

const char *request_string(struct arena *arena, struct text s, bool cut)
{
	static const char ellipsis[] = "…";
	size_t zeros = 0;
	char *copy, *p;

	for (size_t i = 0; i < s.len; i++)
		zeros += !s.s[i];
	p = copy = arena_alloc(arena, s.len + 2 * zeros + sizeof(ellipsis));
	if (!copy)
		return NULL;
	for (size_t i = 0; i < s.len; i++) {
		if (s.s[i]) {
			*p++ = s.s[i];
			continue;
		}
		memcpy(p, "%00", 3);
		p += 3;
	}
	memcpy(p, cut ? ellipsis : "", cut ? sizeof(ellipsis) : 1);
	return copy;
}

static const char *field_string(struct arena *arena, const struct event_request *in,
				unsigned int field)
{
	bool cut;
	struct text s = request_field(arena, in, field, &cut);

	return s.s ? request_string(arena, s, cut) : NULL;
}

/*
 * The path as the client asked for it.  A scope's path may have its root_path in it, or (older Starlette in a mounted
 * application) not; an environ's never has.
 */
static const char *request_path(struct arena *arena, const struct event_request *in)
{
	bool root_cut, cut;
	struct text root = request_field(arena, in, EV_REQ_ROOT, &root_cut);
	struct text path = request_field(arena, in, EV_REQ_PATH, &cut);
	struct text whole;
	char *s;

	if (!path.s)
		return NULL;
	if (in->kind == REQUEST_ASGI && root.len && path.len >= root.len &&
	    memcmp(path.s, root.s, root.len) == 0)
		root.len = 0;
	if (!root.len && !path.len)
		return request_string(arena, TEXT("/"), false);
	whole.len = root.len + path.len;
	whole.s = s = arena_alloc(arena, whole.len);
	if (!s)
		return NULL;
	if (root.len)
		memcpy(s, root.s, root.len);
	if (path.len)
		memcpy(s + root.len, path.s, path.len);
	return request_string(arena, whole, cut || (root.len && root_cut));
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'		    ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						    : -1;
}

/* With %XX as the byte that it stands for, as servers decode a path. */
static struct text unquoted(struct arena *arena, struct text s)
{
	char *bytes = arena_alloc(arena, s.len);
	size_t n = 0;

	if (!bytes)
		return s;
	for (size_t i = 0; i < s.len; i++) {
		int high = s.s[i] == '%' && i + 2 < s.len ? hex_digit(s.s[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(s.s[i + 2]) : -1;

		bytes[n++] = low >= 0 ? (char)(high << 4 | low) : s.s[i];
		i += low >= 0 ? 2 : 0;
	}
	return (struct text){ bytes, n };
}

/* Without the scheme and the host that a client may put in front, as it does towards a proxy (RFC 9112, 3.2.2). */
static struct text origin_form(struct text target)
{
	const char *end = target.s + target.len, *p;

	p = target.len && target.s[0] != '/' ? memmem(target.s, target.len, "://", 3) : NULL;
	if (!p)
		return target;
	for (p += 3; p < end && *p != '/' && *p != '?';)
		p++;
	return (struct text){ p, (size_t)(end - p) };
}

/* Path and query from the request line. */
static void target_parts(struct arena *arena, const struct event_request *in,
			 struct alert_request *out)
{
	bool cut;
	struct text target = request_field(arena, in, EV_REQ_TARGET, &cut), path;
	const char *mark;

	if (!target.s)
		return;
	path = target = origin_form(target);
	mark = memchr(target.s, '?', target.len);
	if (mark) {
		path.len = (size_t)(mark - target.s);
		target.len -= path.len + 1;
		out->query = request_string(arena, (struct text){ mark + 1, target.len }, cut);
	}
	path = path.len ? unquoted(arena, path) : (struct text)TEXT("/");
	out->path = request_string(arena, path, cut && !mark);
}

bool request_make(struct arena *arena, const struct request_opts *opts,
		  const struct event_request *in, struct alert_request *out)
{
	if (!in->kind)
		return false;
	*out = (struct alert_request){
		.remote_addr = request_client(arena, opts, in),
		.method = field_string(arena, in, EV_REQ_METHOD),
		.path = request_path(arena, in),
		.query = field_string(arena, in, EV_REQ_QUERY),
		.host = field_string(arena, in, EV_REQ_HOST),
		.user_agent = field_string(arena, in, EV_REQ_USER_AGENT),
		.session = request_session(arena, opts, in),
		.trace_id = request_trace_id(arena, in),
		.forwarded = request_forwarded(arena, in),
	};
	if (in->kind == REQUEST_RAW)
		target_parts(arena, in, out);
	/* PEP 3333: an absent QUERY_STRING is an empty one; HTTP/1.0 needs no Host. */
	if (!out->query)
		out->query = "";
	if (!out->host)
		out->host = field_string(arena, in, EV_REQ_SERVER_NAME);
	return true;
}

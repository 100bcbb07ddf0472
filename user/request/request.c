// SPDX-License-Identifier: GPL-2.0-only
#include "request/request.h"

#include <string.h>

#include "base/util.h"
#include "input/input_decode.h"
#include "request/parts.h"

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
	struct text s = event_request_field(arena, in, field, &cut);

	return s.s ? request_string(arena, s, cut) : NULL;
}

/*
 * The path as the client asked for it.  A scope's path may have its root_path in it, or (older
 * Starlette in a mounted application) not; an environ's never has.
 */
static const char *request_path(struct arena *arena, const struct event_request *in)
{
	bool root_cut, cut;
	struct text root = event_request_field(arena, in, EV_REQ_ROOT, &root_cut);
	struct text path = event_request_field(arena, in, EV_REQ_PATH, &cut);
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

/*
 * Without the scheme and the host that a client may put in front, as it does towards a proxy (RFC
 * 9112, 3.2.2).
 */
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
	struct text target = event_request_field(arena, in, EV_REQ_TARGET, &cut), path, decoded;
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
	/* As servers decode a path. */
	decoded = input_unquote(arena, path, false);
	if (decoded.s)
		path = decoded;
	if (!path.len)
		path = (struct text)TEXT("/");
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

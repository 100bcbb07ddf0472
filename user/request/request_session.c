// SPDX-License-Identifier: GPL-2.0-only
/* What tells requests that belong together: the session's cookie, and the trace id. */
#include <nettle/sha2.h>
#include <string.h>

#include "base/util.h"
#include "request/parts.h"

/*
 * Flask, Starlette, Django, Pyramid and Beaker, aiohttp-session, Tornado; PHP, Java, Node, Rails
 * beside them.
 */
static const char *const default_cookies[] = {
	"session",	   "sessionid",	  "session_id",	    "beaker.session.id",
	"AIOHTTP_SESSION", "sid",	  "PHPSESSID",	    "JSESSIONID",
	"connect.sid",	   "_session_id", "__Host-session", "__Secure-session",
};

/* Bytes of the hash that are shown: enough to tell sessions apart. */
#define HASH_SHOWN 8

static struct text cookie_trim(struct text s)
{
	while (s.len && (s.s[0] == ' ' || s.s[0] == '\t'))
		s = (struct text){ s.s + 1, s.len - 1 };
	while (s.len && (s.s[s.len - 1] == ' ' || s.s[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/*
 * The value of a cookie in a Cookie header (RFC 6265); .s NULL: not there.  *last: it reaches the
 * header's end.
 */
static struct text find_cookie(struct text header, const char *name, bool *last)
{
	size_t name_len = strlen(name);

	while (header.len) {
		const char *end = memchr(header.s, ';', header.len);
		size_t len = end ? (size_t)(end - header.s) : header.len;
		struct text pair = cookie_trim((struct text){ header.s, len });

		if (pair.len > name_len && memcmp(pair.s, name, name_len) == 0 &&
		    pair.s[name_len] == '=') {
			*last = !end;
			pair = (struct text){ pair.s + name_len + 1, pair.len - name_len - 1 };
			if (pair.len >= 2 && pair.s[0] == '"' && pair.s[pair.len - 1] == '"')
				pair = (struct text){ pair.s + 1, pair.len - 2 };
			return pair;
		}
		header.s += len + (end ? 1 : 0);
		header.len -= len + (end ? 1 : 0);
	}
	return (struct text){ NULL, 0 };
}

static const char *hashed(struct arena *arena, struct text session)
{
	static const char prefix[] = "sha256:", digits[] = "0123456789abcdef";
	uint8_t digest[HASH_SHOWN];
	struct sha256_ctx ctx;
	char *out = arena_alloc(arena, sizeof(prefix) + 2 * HASH_SHOWN), *p;

	if (!out)
		return NULL;
	sha256_init(&ctx);
	sha256_update(&ctx, session.len, (const uint8_t *)session.s);
	sha256_digest(&ctx, sizeof(digest), digest);
	memcpy(out, prefix, sizeof(prefix) - 1);
	p = out + sizeof(prefix) - 1;
	for (size_t i = 0; i < sizeof(digest); i++) {
		*p++ = digits[digest[i] >> 4];
		*p++ = digits[digest[i] & 15];
	}
	*p = '\0';
	return out;
}

const char *request_session(struct arena *arena, const struct request_opts *opts,
			    const struct event_request *in)
{
	const char *const *names = opts->cookies ?: default_cookies;
	size_t nr_names = opts->cookies ? opts->nr_cookies : ARRAY_SIZE(default_cookies);
	bool cut, last;
	struct text header = event_request_field(arena, in, EV_REQ_COOKIE, &cut);

	for (size_t i = 0; header.s && i < nr_names; i++) {
		struct text value = find_cookie(header, names[i], &last);

		if (!value.len)
			continue;
		if (cut && last) /* part of a value would be taken for another session */
			continue;
		return opts->plain_session ? request_string(arena, value, false)
					   : hashed(arena, value);
	}
	return NULL;
}

/* Lower-case hexadecimal digits, not all of them 0. */
static bool is_id(const char *s, size_t len)
{
	bool zero = true;

	for (size_t i = 0; i < len; i++) {
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return false;
		zero &= s[i] == '0';
	}
	return !zero;
}

static bool is_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	}
	return true;
}

/*
 * traceparent (W3C Trace Context, section 3.2): version-trace_id-parent_id-flags, later versions
 * may go on.
 */
const char *request_trace_id(struct arena *arena, const struct event_request *in)
{
	bool cut;
	struct text t = event_request_field(arena, in, EV_REQ_TRACEPARENT, &cut);

	if (t.s)
		t = cookie_trim(t);
	if (!t.s || t.len < 55 || t.s[2] != '-' || t.s[35] != '-' || t.s[52] != '-' ||
	    !is_hex(t.s, 2) || memcmp(t.s, "ff", 2) == 0 || !is_id(t.s + 3, 32) ||
	    !is_id(t.s + 36, 16) || !is_hex(t.s + 53, 2))
		return NULL;
	if (t.len > 55 && (memcmp(t.s, "00", 2) == 0 || t.s[55] != '-'))
		return NULL;
	return request_string(arena, (struct text){ t.s + 3, 32 }, false);
}

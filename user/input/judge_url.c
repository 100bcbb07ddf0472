// SPDX-License-Identifier: GPL-2.0-only
/*
 * A URL, or the host alone that is connected to: does the client choose the scheme, or a host that
 * is inside, change the host that the application wrote, or leave the folder that it wrote?
 */
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "input/input_host.h"

/* Where the parts of a URL are. */
struct url {
	size_t scheme_end; /* of "http"; 0: none */
	size_t authority, authority_end;
	size_t host, host_end; /* without user, port and brackets */
};

static bool is_scheme_char(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
	       c == '-' || c == '.';
}

static bool parse(struct text s, struct url *out)
{
	size_t i = 0, end;

	while (i < s.len && is_scheme_char(s.s[i]))
		i++;
	if (i && i + 2 < s.len && memcmp(s.s + i, "://", 3) == 0) {
		out->scheme_end = i;
		i += 3;
	} else if (s.len > 2 && s.s[0] == '/' && s.s[1] == '/') {
		out->scheme_end = 0;
		i = 2;
	} else {
		return false;
	}
	out->authority = out->host = i;
	for (end = i; end < s.len && !strchr("/?#\\", s.s[end]);)
		end++;
	out->authority_end = out->host_end = end;
	for (i = end; i > out->authority; i--) {
		if (s.s[i - 1] == '@') {
			out->host = i;
			break;
		}
	}
	if (out->host < end && s.s[out->host] == '[') {
		const char *close = memchr(s.s + out->host, ']', end - out->host);

		out->host++;
		out->host_end = close ? (size_t)(close - s.s) : end;
	} else {
		const char *colon = memchr(s.s + out->host, ':', end - out->host);

		out->host_end = colon ? (size_t)(colon - s.s) : end;
	}
	return true;
}

static bool holds_one_of(struct text s, size_t start, size_t end, const char *chars)
{
	for (size_t i = start; i < end; i++) {
		if (s.s[i] && strchr(chars, s.s[i]))
			return true;
	}
	return false;
}

/* Schemes that lead to a server of the kind that is meant. */
static bool is_web_scheme(struct text scheme)
{
	static const char *const names[] = { "http", "https", "ftp", "ftps", "ws", "wss" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == scheme.len &&
		    strncasecmp(names[i], scheme.s, scheme.len) == 0)
			return true;
	}
	return false;
}

/* Of a span within or about the authority. */
static enum input_verdict judge_authority(struct text s, const struct url *url,
					  const struct input_span *span)
{
	size_t end = MIN(span->end, url->authority_end);

	/* The host that the application wrote has become a user's name. */
	if (span->start > url->authority && span->start < url->host)
		return INPUT_ATTACK;
	/* The rest of a name has become part of a path. */
	if (span->end > url->authority_end && span->end < s.len && s.s[span->end] == '.')
		return INPUT_ATTACK;
	if (span->start <= url->host && span->end >= url->host_end)
		return input_host_is_inside(
			       (struct text){ s.s + url->host, url->host_end - url->host })
			       ? INPUT_ATTACK
			       : INPUT_SUSPECT;
	/* The host's end, or a user before it, where the application wrote a host. */
	if (span->start > url->authority && span->end > url->authority_end)
		return INPUT_ATTACK;
	if (holds_one_of(s, MAX(span->start, url->authority), end, "@") ||
	    (span->start > url->host && span->start < url->host_end &&
	     holds_one_of(s, span->start, end, ".:")))
		return INPUT_ATTACK;
	/*
	 * The first part of a host: what follows is the application's, unless it has become a path.
	 */
	return span->end > url->authority_end ? INPUT_ATTACK : INPUT_SUSPECT;
}

/* How long ".", or "%2e", is at the beginning of the text; 0: there is none. */
static size_t dot_at(struct text s)
{
	if (s.len && s.s[0] == '.')
		return 1;
	return s.len > 2 && strncasecmp(s.s, "%2e", 3) == 0 ? 3 : 0;
}

static bool is_slash_at(struct text s)
{
	return s.len && (s.s[0] == '/' || s.s[0] == '\\' ||
			 (s.len > 2 &&
			  (strncasecmp(s.s, "%2f", 3) == 0 || strncasecmp(s.s, "%5c", 3) == 0)));
}

/* Does the span, in the path of the URL, step out of what is written before it? */
static bool climbs(struct text s, size_t path, size_t path_end, const struct input_span *span)
{
	size_t end = MIN(span->end, path_end);

	for (size_t i = MAX(span->start, path); i < end; i++) {
		struct text left = { s.s + i, path_end - i };
		size_t first = dot_at(left), second;

		/* at the beginning of a segment, one that was escaped, too */
		if (!first || (i > path && s.s[i - 1] != '/' && s.s[i - 1] != '\\' &&
			       (i < 3 || !is_slash_at((struct text){ s.s + i - 3, 3 }))))
			continue;
		left = (struct text){ left.s + first, left.len - first };
		second = dot_at(left);
		if (!second)
			continue;
		left = (struct text){ left.s + second, left.len - second };
		if (!left.len || is_slash_at(left))
			return true;
	}
	return false;
}

enum input_verdict input_judge_url(const struct input_sink *sink, size_t *where)
{
	enum input_verdict worst = INPUT_CLEAN, verdict;
	struct text s = sink->text;
	struct url url = { 0 };
	size_t path_end;

	if (!sink->nr_spans)
		return INPUT_CLEAN;
	*where = sink->spans[0].start;
	if (!parse(s, &url)) {
		/* "file:/etc/passwd", or a host */
		if (s.len > 5 && strncasecmp(s.s, "file:", 5) == 0)
			return sink->spans[0].start < 5 ? INPUT_ATTACK : INPUT_CLEAN;
		if (!input_span_is_whole(sink, &sink->spans[0]))
			return INPUT_CLEAN;
		return input_host_is_inside(s) ? INPUT_ATTACK : INPUT_SUSPECT;
	}
	for (path_end = url.authority_end; path_end < s.len && !strchr("?#", s.s[path_end]);)
		path_end++;
	for (size_t i = 0; i < sink->nr_spans; i++) {
		const struct input_span *span = &sink->spans[i];

		*where = span->start;
		/* A whole URL of the client's may have any path. */
		if (span->start >= url.authority_end &&
		    climbs(s, url.authority_end, path_end, span))
			return INPUT_ATTACK;
		if (span->start < url.scheme_end && span->end >= url.scheme_end &&
		    !is_web_scheme((struct text){ s.s, url.scheme_end }))
			return INPUT_ATTACK;
		if (span->start >= url.authority_end || span->end <= url.authority)
			continue;
		verdict = judge_authority(s, &url, span);
		if (verdict == INPUT_ATTACK)
			return verdict;
		worst = MAX(worst, verdict);
	}
	return worst;
}

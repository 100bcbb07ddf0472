// SPDX-License-Identifier: GPL-2.0-only
/*
 * The path of a file: does the client's text lead out of the folder that the application put before
 * it?
 */
#include <string.h>

#include "base/util.h"
#include "input/input_internal.h"

/* Where no application keeps what clients may name. */
static const char *const sensitive[] = { "/etc",     "/proc",	   "/sys",    "/root",
					 "/dev",     "/var/log",   "/boot",   "/run",
					 "/var/run", "/var/spool", "/var/lib" };

/* What names of the client's never lead to, whatever stands before them. */
static const char *const hidden[] = { ".git", ".svn",  ".hg",	 ".env",      ".ssh",
				      ".aws", ".kube", ".netrc", ".htpasswd", ".pypirc" };

/* Source of an application, keys, and what it is told by: no page, and nobody's upload. */
static const char *const private_ends[] = { ".py",   ".pyc", ".env", ".ini",	  ".cfg",
					    ".conf", ".pem", ".p12", ".htpasswd", ".sqlite3" };

static bool starts_with(struct text t, const char *prefix)
{
	size_t n = strlen(prefix);

	return t.len >= n && memcmp(t.s, prefix, n) == 0;
}

/* The component of a path at *pos, which then is behind it and its slash; false at the end. */
static bool next_component(struct text path, size_t *pos, struct text *out)
{
	const char *slash;

	if (*pos >= path.len)
		return false;
	slash = memchr(path.s + *pos, '/', path.len - *pos);
	*out = (struct text){ path.s + *pos,
			      slash ? (size_t)(slash - path.s) - *pos : path.len - *pos };
	*pos += out->len + 1;
	return true;
}

static bool is_step(struct text component)
{
	return component.len && !text_eq(component, TEXT("."));
}

/* An absolute path with "//", "." and ".." worked out, in `out`, which has room for it. */
static struct text worked_out(struct text path, char *out)
{
	struct text part;
	size_t pos = 0, n = 0;

	while (next_component(path, &pos, &part)) {
		if (!is_step(part))
			continue;
		if (text_eq(part, TEXT(".."))) {
			while (n && out[--n] != '/')
				;
			continue;
		}
		out[n++] = '/';
		memcpy(out + n, part.s, part.len);
		n += part.len;
	}
	return (struct text){ out, n };
}

/* ".env", "repo/.git/config": does a component that begins in the span hide so? */
static bool is_hidden(struct text path, const struct input_span *span)
{
	struct text part;
	size_t pos = 0, start;

	for (start = 0; start < span->end && next_component(path, &pos, &part); start = pos) {
		if (start < span->start)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
			if (text_eq_str(part, hidden[i]))
				return true;
		}
	}
	return false;
}

/* Does the whole path come from the client, and lead to what no client asks for? */
static bool is_private(struct text path, const struct input_span *span)
{
	if (span->start || span->end != path.len)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(private_ends); i++) {
		size_t n = strlen(private_ends[i]);

		if (path.len > n && memcmp(path.s + path.len - n, private_ends[i], n) == 0)
			return true;
	}
	return false;
}

/* Is the absolute path one that only an attacker names? */
static bool is_sensitive(struct text path)
{
	char buf[4096];

	if (path.len + 1 > sizeof(buf))
		return false;
	path = worked_out(path, buf);
	for (size_t i = 0; i < ARRAY_SIZE(sensitive); i++) {
		size_t n = strlen(sensitive[i]);

		if (starts_with(path, sensitive[i]) && (path.len == n || path.s[n] == '/'))
			return true;
	}
	/* "/home/x/.ssh" */
	return path.len && memmem(path.s, path.len, "/.", 2) != NULL;
}

/* Does the path, from the folder in which the span begins, climb out of that by the span? */
static bool climbs(struct text path, const struct input_span *span, size_t *where)
{
	struct text part;
	size_t pos = span->start, depth = 0, start;

	while (pos && path.s[pos - 1] != '/')
		pos--;
	while (pos < span->end) {
		start = pos;
		if (!next_component(path, &pos, &part))
			break;
		if (!is_step(part))
			continue;
		if (!text_eq(part, TEXT(".."))) {
			depth++;
		} else if (depth) {
			depth--;
		} else {
			*where = MAX(start, span->start);
			return start + part.len > span->start;
		}
	}
	return false;
}

enum input_verdict input_judge_path(const struct input_sink *sink, size_t *where)
{
	struct text path = sink->text;
	enum input_verdict verdict = INPUT_CLEAN;

	for (size_t i = 0; i < sink->nr_spans; i++) {
		const struct input_span *span = &sink->spans[i];
		struct text mine = { path.s + span->start, span->end - span->start };

		*where = span->start;
		if (span->plain)
			continue;
		if (memchr(mine.s, '\0', mine.len) || climbs(path, span, where))
			return INPUT_ATTACK;
		*where = span->start;
		if (is_hidden(path, span) || is_private(path, span))
			return INPUT_ATTACK;
		if (span->start)
			continue;
		if (starts_with(mine, "file:") ||
		    (mine.s[0] == '~' && memchr(mine.s, '/', mine.len)))
			return INPUT_ATTACK;
		if (mine.s[0] != '/')
			continue;
		/* An absolute one may be what the application asks for. */
		if (is_sensitive(path))
			return INPUT_ATTACK;
		verdict = INPUT_SUSPECT;
	}
	return verdict;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "input/input_multipart.h"

#include <string.h>
#include <strings.h>

#include "base/util.h"

/* The line at the front of *s, without its end, which is taken off. */
static struct text take_line(struct text *s)
{
	const char *end = s->len ? memchr(s->s, '\n', s->len) : NULL;
	struct text line = { s->s, end ? (size_t)(end - s->s) : s->len };
	size_t taken = line.len + (end != NULL);

	*s = (struct text){ s->s + taken, s->len - taken };
	if (line.len && line.s[line.len - 1] == '\r')
		line.len--;
	return line;
}

static bool begins(struct text s, const char *word)
{
	return s.len >= strlen(word) && strncasecmp(s.s, word, strlen(word)) == 0;
}

static struct text behind(struct text s, size_t n)
{
	return (struct text){ s.s + n, s.len - n };
}

/* What stands behind `name=` at the front of *s, in quotes or not; both are taken off. */
static struct text take_value(struct text *s)
{
	struct text out;
	size_t n = 0;

	if (s->len && s->s[0] == '"') {
		*s = behind(*s, 1);
		while (n < s->len && s->s[n] != '"')
			n += s->s[n] == '\\' ? 2 : 1;
	} else {
		while (n < s->len && s->s[n] != ';' && s->s[n] != ' ')
			n++;
	}
	out = (struct text){ s->s, MIN(n, s->len) };
	*s = behind(*s, out.len);
	return out;
}

/* The charset and the language in front of a name as RFC 5987 has it. */
static struct text without_charset(struct text s)
{
	for (int i = 0; i < 2; i++) {
		const char *quote = s.len ? memchr(s.s, '\'', s.len) : NULL;

		if (quote)
			s = behind(s, (size_t)(quote - s.s) + 1);
	}
	return s;
}

/* 'form-data; name="a"; filename="b"' */
static void read_disposition(struct text s, struct input_part *part)
{
	while (s.len) {
		const char *mark = memchr(s.s, ';', s.len);

		if (!mark)
			return;
		s = behind(s, (size_t)(mark - s.s) + 1);
		while (s.len && (s.s[0] == ' ' || s.s[0] == '\t'))
			s = behind(s, 1);
		if (begins(s, "name=")) {
			s = behind(s, strlen("name="));
			part->name = take_value(&s);
		} else if (begins(s, "filename=")) {
			s = behind(s, strlen("filename="));
			part->filename = take_value(&s);
		} else if (begins(s, "filename*=")) {
			s = behind(s, strlen("filename*="));
			part->filename = without_charset(take_value(&s));
		}
	}
}

static struct input_part read_part(struct text s, bool last)
{
	static const char disposition[] = "content-disposition:";
	struct input_part part = { .last = last };

	while (s.len) {
		struct text line = take_line(&s);

		if (!line.len)
			break;
		if (begins(line, disposition))
			read_disposition(behind(line, strlen(disposition)), &part);
	}
	part.content = s;
	return part;
}

/* Without the end of the line in front of a boundary, which belongs to that. */
static struct text without_newline(struct text s)
{
	if (s.len && s.s[s.len - 1] == '\n')
		s.len--;
	if (s.len && s.s[s.len - 1] == '\r')
		s.len--;
	return s;
}

bool input_multipart_walk(struct text s, input_part_fn fn, void *ctx)
{
	struct text boundary = take_line(&s);

	if (!begins(boundary, "--") || boundary.len < 3 ||
	    boundary.len > INPUT_BOUNDARY_MAX + strlen("--"))
		return false;
	while (s.len) {
		const char *end = memmem(s.s, s.len, boundary.s, boundary.len);
		struct text body = { s.s, end ? (size_t)(end - s.s) : s.len };
		struct input_part part = read_part(end ? without_newline(body) : body, !end);

		fn(ctx, &part);
		if (!end)
			break;
		s = behind(s, body.len + boundary.len);
		if (begins(s, "--"))
			break;
		take_line(&s);
	}
	return true;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Markup that a browser will read: the client's text should not open an element that runs code, end
 * the quotes of an attribute or of a string in a script, end a comment or an element whose content
 * is no markup, or be a script by its scheme.
 */
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "input/input_internal.h"

enum state {
	CONTENT,
	RAW, /* of an element whose content is no markup */
	COMMENT,
	IN_TAG, /* between attributes */
	ATTRIBUTE,
	BEFORE_VALUE,
	VALUE,
};

struct reader {
	struct text text;
	struct input_cursor cursor;
	size_t pos;
	enum state state;
	char quote;   /* of the attribute's value, or of the string in a script; 0: none */
	bool closing; /* the tag is one that closes */
	bool client_tag;
	struct text element; /* the tag's name, or of RAW what it is in */
	struct text attribute;
	bool client_name;
	size_t value; /* where the value begins that may be a URL */
	size_t at;    /* what makes it an attack */
};

static bool is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool equals(struct text t, const char *word)
{
	return t.len == strlen(word) && strncasecmp(t.s, word, t.len) == 0;
}

static bool is_one_of(struct text t, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (equals(t, words[i]))
			return true;
	}
	return false;
}

static bool runs_code(struct text element)
{
	static const char *const names[] = { "script", "iframe", "object", "embed",    "svg",
					     "base",   "meta",	 "form",   "link",     "style",
					     "math",   "applet", "frame",  "frameset", "portal" };

	return is_one_of(element, names, ARRAY_SIZE(names));
}

static bool is_raw(struct text element)
{
	static const char *const names[] = { "script", "style",	 "title",    "textarea",
					     "xmp",    "iframe", "noscript", "noembed" };

	return is_one_of(element, names, ARRAY_SIZE(names));
}

/* Is the byte at the reader's place the client's? */
static bool is_clients(struct reader *r)
{
	const struct input_span *span = input_cursor_at(&r->cursor, r->pos);

	return span && !span->plain;
}

static char at(const struct reader *r, size_t pos)
{
	return pos < r->text.len ? r->text.s[pos] : '\0';
}

static bool starts_with(const struct reader *r, size_t pos, const char *word)
{
	size_t n = strlen(word);

	return pos + n <= r->text.len && strncasecmp(r->text.s + pos, word, n) == 0;
}

static struct text name_at(const struct reader *r, size_t pos)
{
	size_t end = pos;

	while (end < r->text.len && !is_blank(r->text.s[end]) && !strchr("/>=\"'<", r->text.s[end]))
		end++;
	return (struct text){ r->text.s + pos, end - pos };
}

/* At "<". True: an attack. */
static bool open_tag(struct reader *r)
{
	bool client = is_clients(r);

	if (starts_with(r, r->pos, "<!--")) {
		r->state = COMMENT;
		return false;
	}
	r->closing = at(r, r->pos + 1) == '/';
	if (!is_letter(at(r, r->pos + 1 + r->closing)))
		return false;
	r->element = name_at(r, r->pos + 1 + r->closing);
	if (client && !r->closing && runs_code(r->element))
		return true;
	r->client_tag = client;
	r->state = IN_TAG;
	/* The caller goes on behind it. */
	r->pos += r->closing + r->element.len;
	return false;
}

static void close_tag(struct reader *r)
{
	r->state = !r->closing && is_raw(r->element) ? RAW : CONTENT;
	r->quote = 0;
}

/*
 * Is what begins at `pos` of a value a script by its scheme?  Browsers leave blanks and control
 * characters out.
 */
static bool is_script_url(const struct reader *r, size_t pos)
{
	static const char *const schemes[] = { "javascript:", "vbscript:", "data:text/html" };

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		const char *s = schemes[i];
		size_t p = pos;

		while (p < r->text.len && *s &&
		       ((unsigned char)r->text.s[p] <= ' ' || (r->text.s[p] | 32) == (*s | 32))) {
			s += (unsigned char)r->text.s[p] > ' ';
			p++;
		}
		if (!*s)
			return true;
	}
	return false;
}

/* At the first byte of a value, or of the URL in it. */
static bool is_script_value(struct reader *r)
{
	return is_clients(r) && is_script_url(r, r->pos);
}

static bool step_value(struct reader *r)
{
	char c = r->text.s[r->pos];
	bool ends = r->quote ? c == r->quote : is_blank(c) || c == '>';

	if (ends) {
		bool client = is_clients(r);

		r->state = IN_TAG;
		if (!r->quote && c == '>')
			close_tag(r);
		/*
		 * In quotes of the application's, or its tag, an end of the client's is a way out.
		 */
		return client && !r->client_tag && (r->quote || c == '>');
	}
	/* "0;url=javascript:..." */
	if (r->pos == r->value || (r->pos >= 4 && starts_with(r, r->pos - 4, "url=")))
		return is_script_value(r);
	return false;
}

static bool step_tag(struct reader *r)
{
	char c = r->text.s[r->pos];

	switch (r->state) {
	case IN_TAG:
		if (c == '>') {
			bool client = is_clients(r) && !r->client_tag;

			close_tag(r);
			return client;
		}
		if (is_blank(c) || c == '/')
			return false;
		r->attribute = name_at(r, r->pos);
		r->client_name = is_clients(r);
		r->state = ATTRIBUTE;
		r->pos += r->attribute.len ? r->attribute.len - 1 : 0;
		return false;
	case ATTRIBUTE:
		if (is_blank(c))
			return false;
		if (c != '=') {
			r->state = IN_TAG;
			r->pos--;
			return false;
		}
		r->state = BEFORE_VALUE;
		r->at = (size_t)(r->attribute.s - r->text.s);
		return r->client_name && r->attribute.len > 2 &&
		       strncasecmp(r->attribute.s, "on", 2) == 0;
	case BEFORE_VALUE:
		if (is_blank(c))
			return false;
		r->quote = c == '"' || c == '\'' ? c : '\0';
		r->value = r->pos + (r->quote != 0);
		r->state = VALUE;
		return r->quote ? false : step_value(r);
	default:
		return step_value(r);
	}
}

/* In an element whose content is no markup. */
static bool step_raw(struct reader *r)
{
	bool script = equals(r->element, "script"), client = is_clients(r);
	char c = r->text.s[r->pos];

	struct text name;

	if (c == '<' && at(r, r->pos + 1) == '/' &&
	    (name = name_at(r, r->pos + 2)).len == r->element.len &&
	    strncasecmp(name.s, r->element.s, name.len) == 0) {
		if (client)
			return true;
		r->closing = true;
		r->state = IN_TAG;
		r->client_tag = false;
		r->pos += 1 + r->element.len;
		return false;
	}
	if (!script)
		return false;
	if (r->quote) {
		if (c == '\\') {
			r->pos++;
			return false;
		}
		if (c != r->quote)
			return false;
		r->quote = 0;
		return client;
	}
	if (c == '"' || c == '\'' || c == '`')
		r->quote = c;
	return client && c && strchr("\"'`();=+[]{}", c);
}

enum input_verdict input_judge_html(const struct input_sink *sink, size_t *where)
{
	struct reader r = { .text = sink->text, .cursor = { sink, 0 } };
	size_t start = 0;
	bool attack = false;

	while (start < r.text.len && is_blank(r.text.s[start]))
		start++;
	/* JSON */
	if (start < r.text.len && (r.text.s[start] == '{' || r.text.s[start] == '['))
		return INPUT_CLEAN;
	for (; r.pos < r.text.len && !attack; r.pos++) {
		r.at = r.pos;
		switch (r.state) {
		case CONTENT:
			attack = r.text.s[r.pos] == '<' && open_tag(&r);
			break;
		case COMMENT:
			if (!starts_with(&r, r.pos, "-->"))
				break;
			r.state = CONTENT;
			attack = is_clients(&r);
			break;
		case RAW:
			attack = step_raw(&r);
			break;
		default:
			attack = step_tag(&r);
		}
	}
	*where = r.at;
	return attack ? INPUT_ATTACK : INPUT_CLEAN;
}

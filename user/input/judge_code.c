// SPDX-License-Identifier: GPL-2.0-only
/*
 * Source of Python: text of the client's should be within a literal, or be a number or a name.
 * What brings a call, an attribute, an operator between names or the end of a literal is an attack;
 * so is a pickle that the client wrote.
 */
#include <string.h>

#include "base/util.h"
#include "input/input_internal.h"

struct lexer {
	struct text text;
	size_t pos;
};

enum token_class { TOKEN_NAME, TOKEN_NUMBER, TOKEN_STRING, TOKEN_COMMENT, TOKEN_OPERATOR };

struct token {
	enum token_class class;
	size_t start, end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || is_digit(c) || c == '_' ||
	       (unsigned char)c >= 0x80;
}

/* Behind the string that begins with the quote at pos. */
static size_t skip_string(struct text s, size_t pos)
{
	char quote = s.s[pos];
	bool triple = pos + 2 < s.len && s.s[pos + 1] == quote && s.s[pos + 2] == quote;

	for (pos += triple ? 3 : 1; pos < s.len; pos++) {
		if (s.s[pos] == '\\')
			pos++;
		else if (s.s[pos] == '\n' && !triple)
			return pos;
		else if (s.s[pos] != quote)
			continue;
		else if (!triple)
			return pos + 1;
		else if (pos + 2 < s.len && s.s[pos + 1] == quote && s.s[pos + 2] == quote)
			return pos + 3;
	}
	return s.len;
}

/* Is the name one of a literal's prefixes: r, b, u, f, rb, ...? */
static bool is_prefix(struct text name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (!strchr("rbufRBUF", name.s[i]))
			return false;
	}
	return name.len <= 2;
}

static bool next_token(struct lexer *l, struct token *out)
{
	struct text s = l->text;
	size_t pos = l->pos;
	const char *end;

	while (pos < s.len && (unsigned char)s.s[pos] <= ' ')
		pos++;
	if (pos >= s.len)
		return false;
	*out = (struct token){ TOKEN_OPERATOR, pos, pos + 1 };
	if (s.s[pos] == '#') {
		end = memchr(s.s + pos, '\n', s.len - pos);
		out->class = TOKEN_COMMENT;
		out->end = end ? (size_t)(end - s.s) : s.len;
	} else if (s.s[pos] == '\'' || s.s[pos] == '"') {
		out->class = TOKEN_STRING;
		out->end = MIN(skip_string(s, pos), s.len);
	} else if (is_name(s.s[pos])) {
		bool number = is_digit(s.s[pos]);

		while (pos < s.len && (is_name(s.s[pos]) || (number && s.s[pos] == '.')))
			pos++;
		out->class = number ? TOKEN_NUMBER : TOKEN_NAME;
		out->end = pos;
		if (!number && pos < s.len && (s.s[pos] == '\'' || s.s[pos] == '"') &&
		    is_prefix((struct text){ s.s + out->start, pos - out->start })) {
			out->class = TOKEN_STRING;
			out->end = MIN(skip_string(s, pos), s.len);
		}
	}
	l->pos = out->end;
	return true;
}

/* Values, and no names that stand for anything else. */
static bool is_constant(struct text name)
{
	static const char *const words[] = { "True", "False", "None", "true", "false", "null" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (text_eq_str(name, words[i]))
			return true;
	}
	return false;
}

/* What one span of the client's text touches. */
struct touched {
	size_t tokens, names;
	bool broken;
};

static void touch(struct touched *t, const struct token *token, const struct input_span *span,
		  struct text text)
{
	bool within = token->start <= span->start && token->end >= span->end;

	t->tokens++;
	if (token->class == TOKEN_STRING || token->class == TOKEN_COMMENT)
		t->broken |= !within && (token->start < span->start || token->end > span->end);
	else if (token->class == TOKEN_NAME)
		t->names += !is_constant(
			(struct text){ text.s + token->start, token->end - token->start });
}

/* Of a pickle, protocol 2 and later. */
static bool is_pickle(struct text s)
{
	return s.len > 2 && s.s[0] == '\x80' && s.s[1] >= 2 && s.s[1] <= 5;
}

enum input_verdict input_judge_code(const struct input_sink *sink, size_t *where)
{
	struct lexer l = { sink->text, 0 };
	struct touched t = { 0 };
	struct token token;
	size_t k = 0;
	bool whole = sink->nr_spans && input_span_is_whole(sink, &sink->spans[0]);

	if (whole && is_pickle(sink->text)) {
		*where = 0;
		return INPUT_ATTACK;
	}
	while (k < sink->nr_spans && next_token(&l, &token)) {
		for (; k < sink->nr_spans && sink->spans[k].start < token.end; k++) {
			const struct input_span *span = &sink->spans[k];

			if (span->end > token.start)
				touch(&t, &token, span, sink->text);
			/* Blanks may follow the last token. */
			if (span->end > token.end && l.pos < sink->text.len)
				break;
			*where = span->start;
			if ((!span->plain || whole) &&
			    (t.broken || (t.names && (t.tokens > 1 || whole))))
				return INPUT_ATTACK;
			t = (struct touched){ 0 };
		}
	}
	if (k < sink->nr_spans && !sink->spans[k].plain &&
	    (t.broken || (t.names && t.tokens > 1))) {
		*where = sink->spans[k].start;
		return INPUT_ATTACK;
	}
	return INPUT_CLEAN;
}

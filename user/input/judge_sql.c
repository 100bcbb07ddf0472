// SPDX-License-Identifier: GPL-2.0-only
/*
 * An SQL statement: a value of the client's should be within one token of it.  Text that reaches
 * over several is an attack, but for what makes no difference: a signed number, a dotted name,
 * lists of such, an order.
 */
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "input/input_internal.h"

/* Client's text shorter than this that ends within a name is there by chance. */
#define CHANCE_MAX 6

enum token_class {
	TOKEN_WORD,
	TOKEN_NUMBER,
	TOKEN_QUOTED, /* a string, or a name in quotes */
	TOKEN_COMMA,
	TOKEN_DOT,
	TOKEN_SIGN,
	TOKEN_OPERATOR, /* one character of it */
	TOKEN_COMMENT,
};

struct token {
	enum token_class class;
	size_t start, end;
};

struct lexer {
	struct text text;
	size_t pos;
	enum input_dialect dialect;
};

static char at(const struct lexer *l, size_t pos)
{
	return pos < l->text.len ? l->text.s[pos] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || is_digit(c) || c == '_' || c == '$' ||
	       (unsigned char)c >= 0x80;
}

static size_t find_end(const struct lexer *l, size_t pos, const char *end)
{
	const char *found = pos < l->text.len
				    ? memmem(l->text.s + pos, l->text.len - pos, end, strlen(end))
				    : NULL;

	return found ? (size_t)(found - l->text.s) + strlen(end) : l->text.len;
}

/* Behind the quote at pos; a doubled one is a character. */
static size_t skip_quoted(const struct lexer *l, size_t pos, bool backslashes)
{
	char quote = at(l, pos) == '[' ? ']' : at(l, pos);

	for (pos++; pos < l->text.len; pos++) {
		bool escape = backslashes && at(l, pos) == '\\';
		bool doubled = at(l, pos) == quote && at(l, pos + 1) == quote && quote != ']';

		if (escape || doubled)
			pos++;
		else if (at(l, pos) == quote)
			return pos + 1;
	}
	return l->text.len;
}

/* Behind the comment at pos. */
static size_t skip_comment(const struct lexer *l, size_t pos)
{
	size_t depth = 0;

	if (l->dialect != INPUT_POSTGRES)
		return find_end(l, pos + 2, "*/");
	for (; pos < l->text.len; pos++) {
		if (at(l, pos) == '/' && at(l, pos + 1) == '*') {
			depth++;
			pos++;
		} else if (at(l, pos) == '*' && at(l, pos + 1) == '/') {
			pos++;
			if (!--depth)
				return pos + 1;
		}
	}
	return l->text.len;
}

/* Is there "--" or "#", from which on the line is a comment? */
static bool is_line_comment(const struct lexer *l, size_t pos)
{
	if (at(l, pos) == '#')
		return l->dialect == INPUT_MYSQL;
	if (at(l, pos) != '-' || at(l, pos + 1) != '-')
		return false;
	return l->dialect != INPUT_MYSQL || (unsigned char)at(l, pos + 2) <= ' ';
}

/* $tag$ ... $tag$ of PostgreSQL; 0: there is none. */
static size_t skip_dollars(const struct lexer *l, size_t pos)
{
	size_t end = pos + 1;
	const char *found;

	while (is_word(at(l, end)) && at(l, end) != '$')
		end++;
	if (l->dialect != INPUT_POSTGRES || at(l, end) != '$' || is_digit(at(l, pos + 1)))
		return 0;
	end++;
	found = memmem(l->text.s + end, l->text.len - end, l->text.s + pos, end - pos);
	return found ? (size_t)(found - l->text.s) + (end - pos) : l->text.len;
}

/* A placeholder: ?, :name, @name, %s, %(name)s; 0: none is at pos. */
static size_t skip_placeholder(const struct lexer *l, size_t pos)
{
	char c = at(l, pos), next = at(l, pos + 1);
	size_t end = pos + 1;

	if (c == '?')
		return end;
	if (c == '%' && next == 's' && !is_word(at(l, pos + 2)))
		return pos + 2;
	if (c == '%' && next == '(') {
		end = find_end(l, pos, ")s");
		return at(l, end - 1) == 's' ? end : 0;
	}
	if ((c != ':' && c != '@') || !is_word(next))
		return 0;
	while (is_word(at(l, end)))
		end++;
	return end;
}

static size_t skip_word(const struct lexer *l, size_t pos)
{
	bool number = is_digit(at(l, pos));

	while (is_word(at(l, pos)) || (number && at(l, pos) == '.' && is_digit(at(l, pos + 1))))
		pos++;
	return pos;
}

/* The kind of the token at l->pos, and its end. */
static enum token_class read_token(struct lexer *l, size_t *end)
{
	char c = at(l, l->pos);
	bool escapes = l->dialect == INPUT_MYSQL;

	*end = l->pos + 1;
	if (is_line_comment(l, l->pos)) {
		*end = find_end(l, l->pos, "\n");
		return TOKEN_COMMENT;
	}
	if (c == '/' && at(l, l->pos + 1) == '*') {
		/* What MySQL executes is no comment. */
		if (l->dialect == INPUT_MYSQL && at(l, l->pos + 2) == '!') {
			*end = l->pos + 3;
			return TOKEN_OPERATOR;
		}
		*end = skip_comment(l, l->pos);
		return TOKEN_COMMENT;
	}
	if (l->dialect == INPUT_POSTGRES && (c | 32) == 'e' && at(l, l->pos + 1) == '\'') {
		*end = skip_quoted(l, l->pos + 1, true);
		return TOKEN_QUOTED;
	}
	if (c == '\'' || c == '"') {
		*end = skip_quoted(l, l->pos, escapes);
		return TOKEN_QUOTED;
	}
	if ((c == '`' && l->dialect != INPUT_POSTGRES) ||
	    (c == '[' && l->dialect == INPUT_SQLITE)) {
		*end = skip_quoted(l, l->pos, false);
		return TOKEN_QUOTED;
	}
	if (c == '$' && skip_dollars(l, l->pos)) {
		*end = skip_dollars(l, l->pos);
		return TOKEN_QUOTED;
	}
	if (is_word(c)) {
		*end = skip_word(l, l->pos);
		return is_digit(c) ? TOKEN_NUMBER : TOKEN_WORD;
	}
	if (skip_placeholder(l, l->pos)) {
		*end = skip_placeholder(l, l->pos);
		return TOKEN_WORD;
	}
	return c == ','		      ? TOKEN_COMMA
	       : c == '.'	      ? TOKEN_DOT
	       : c == '+' || c == '-' ? TOKEN_SIGN
				      : TOKEN_OPERATOR;
}

static bool next_token(struct lexer *l, struct token *out)
{
	while (l->pos < l->text.len && (unsigned char)l->text.s[l->pos] <= ' ')
		l->pos++;
	if (l->pos >= l->text.len)
		return false;
	out->start = l->pos;
	out->class = read_token(l, &out->end);
	out->end = MIN(out->end, l->text.len);
	l->pos = out->end;
	return true;
}

/* Words that begin a part of a statement, or join conditions; and others of the language's own. */
static const char *const structural[] = {
	"select", "from",      "union",	 "where",   "or",     "and",	"xor",
	"into",	  "having",    "insert", "update",  "delete", "drop",	"join",
	"exec",	  "execute",   "alter",	 "create",  "limit",  "values", "set",
	"except", "intersect", "like",	 "between", "in",     "is",	"regexp",
	"rlike",  "case",      "when",	 "order",   "group",  "offset", "procedure",
};

static const char *const other_words[] = {
	"by",	   "not",     "null",  "asc",	"desc",	  "as",	      "on",    "left",
	"right",   "inner",   "outer", "full",	"table",  "distinct", "all",   "exists",
	"then",	   "else",    "end",   "nulls", "first",  "last",     "index", "if",
	"default", "primary", "key",   "begin", "commit", "time",     "zone",
};

static bool is_one_of(struct text word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(words[i]) == word.len && strncasecmp(words[i], word.s, word.len) == 0)
			return true;
	}
	return false;
}

/* May follow a name in ORDER BY. */
static bool is_order(struct text word)
{
	static const char *const words[] = { "asc", "desc", "nulls", "first", "last" };

	return is_one_of(word, words, ARRAY_SIZE(words));
}

/* What one span of the client's text touches. */
struct touched {
	size_t tokens, operators, words,
		foreign; /* foreign: neither operators nor the language's own words */
	bool structural, split, broken, comment;
	bool listed; /* so far a list of values */
	enum token_class last;
};

static void touch(struct touched *t, const struct token *token, const struct input_span *span,
		  struct text text)
{
	struct text word = { text.s + token->start, token->end - token->start };
	bool before = token->start<span->start, behind = token->end> span->end;
	bool first = !t->tokens++, value_ends, known, order;

	if (token->class == TOKEN_COMMENT) {
		t->comment |= !before && !first;
		t->broken |= before;
		return;
	}
	if (token->class == TOKEN_QUOTED)
		t->broken |= before || behind;
	else if (before || behind)
		t->split |= token->class == TOKEN_WORD || token->class == TOKEN_NUMBER;
	known = token->class == TOKEN_WORD && is_one_of(word, structural, ARRAY_SIZE(structural));
	t->structural |= known;
	known |=
		token->class == TOKEN_WORD && is_one_of(word, other_words, ARRAY_SIZE(other_words));
	value_ends = !first &&
		     (t->last == TOKEN_WORD || t->last == TOKEN_NUMBER || t->last == TOKEN_QUOTED);
	order = token->class == TOKEN_WORD && is_order(word);
	switch (token->class) {
	case TOKEN_WORD:
	case TOKEN_NUMBER:
	case TOKEN_QUOTED:
		t->words++;
		t->foreign += !known;
		t->listed &= !value_ends || order;
		break;
	case TOKEN_COMMA:
		break;
	case TOKEN_DOT:
		t->listed &= first || t->last == TOKEN_WORD || t->last == TOKEN_QUOTED;
		break;
	case TOKEN_SIGN:
		t->listed &= first || t->last == TOKEN_COMMA;
		t->operators++;
		break;
	default:
		t->listed = false;
		t->operators++;
	}
	t->last = token->class;
}

static bool is_attack(const struct touched *t, const struct input_span *span)
{
	size_t len = span->end - span->start;

	if (t->tokens < 2 || span->plain || (t->split && len < CHANCE_MAX))
		return false;
	if (t->broken || t->comment)
		return true;
	if (t->listed || (t->tokens == 2 && len < CHANCE_MAX))
		return false;
	if (!t->operators)
		return t->words >= 3 && t->structural && t->foreign;
	return t->words || len >= CHANCE_MAX;
}

static enum input_verdict judge(const struct input_sink *sink, enum input_dialect dialect,
				size_t *where)
{
	struct lexer l = { sink->text, 0, dialect };
	struct touched t = { .listed = true };
	size_t k = 0;
	struct token token;

	while (k < sink->nr_spans && next_token(&l, &token)) {
		/* Spans that end with the token or before are done with. */
		for (; k < sink->nr_spans && sink->spans[k].start < token.end; k++) {
			const struct input_span *span = &sink->spans[k];

			if (span->end > token.start)
				touch(&t, &token, span, sink->text);
			if (span->end > token.end)
				break;
			*where = span->start;
			if (is_attack(&t, span))
				return INPUT_ATTACK;
			t = (struct touched){ .listed = true };
		}
	}
	if (k < sink->nr_spans) {
		*where = sink->spans[k].start;
		if (is_attack(&t, &sink->spans[k]))
			return INPUT_ATTACK;
	}
	return INPUT_CLEAN;
}

enum input_verdict input_judge_sql(const struct input_sink *sink, size_t *where)
{
	if (sink->nr_spans && input_span_is_whole(sink, &sink->spans[0]))
		return INPUT_SUSPECT;
	if (sink->dialect != INPUT_ANY_DIALECT)
		return judge(sink, sink->dialect, where);
	for (enum input_dialect d = INPUT_SQLITE; d <= INPUT_MYSQL; d++) {
		if (judge(sink, d, where) == INPUT_ATTACK)
			return INPUT_ATTACK;
	}
	return INPUT_CLEAN;
}

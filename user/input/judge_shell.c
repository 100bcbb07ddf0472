// SPDX-License-Identifier: GPL-2.0-only
/*
 * A command line of a POSIX shell: which of its bytes mean something, and are any of these the
 * client's?  A byte within quotes, or behind a backslash, means nothing.
 */
#include <string.h>

#include "base/util.h"
#include "input/input_shell.h"

/* "$(" in "`" in "$(" ... */
#define DEPTH_MAX 32

enum quoting {
	BARE,
	SINGLE,
	DOUBLE,
	HERE, /* a here-document whose end was not quoted */
	HERE_QUOTED,
};

struct lexer {
	struct text text;
	struct input_cursor cursor;
	size_t pos;
	enum quoting quoting;
	/* what encloses "$(...)" and "`...`" */
	struct {
		enum quoting quoting;
		char end;
	} stack[DEPTH_MAX];
	size_t depth;
	/* the word that pos is in */
	bool in_word, first_word, after_dashes, is_option, client_word;
	size_t word;
	bool redirected; /* the next word is a redirection's */
	struct text command;
	/* what ends the here-document that begins at the next line; .s NULL: none does */
	struct text here;
	bool here_quoted;
	bool suspect;
	size_t at;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_name(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static char next_char(const struct lexer *l)
{
	return l->pos + 1 < l->text.len ? l->text.s[l->pos + 1] : '\0';
}

/* Is the byte the client's, and may it mean anything? */
static bool is_clients(struct lexer *l, size_t pos)
{
	const struct input_span *span = input_cursor_at(&l->cursor, pos);

	return span && !span->plain;
}

/* A dollar that is not just a character. */
static bool is_expansion(const struct lexer *l)
{
	char c = next_char(l);

	return is_name(c) || (c && strchr("({@*#?$!-", c)) ||
	       (l->quoting == BARE && (c == '\'' || c == '"'));
}

static void new_command(struct lexer *l)
{
	l->in_word = false;
	l->first_word = true;
	l->after_dashes = l->redirected = false;
	l->command = (struct text){ NULL, 0 };
}

/* What opens at pos ends with `end`, and is a command line itself. */
static void open_command(struct lexer *l, char end)
{
	if (l->depth < DEPTH_MAX) {
		l->stack[l->depth].quoting = l->quoting;
		l->stack[l->depth++].end = end;
	}
	l->quoting = BARE;
	new_command(l);
}

static bool close_command(struct lexer *l, char c)
{
	if (!l->depth || l->stack[l->depth - 1].end != c)
		return false;
	l->quoting = l->stack[--l->depth].quoting;
	/* What follows goes on with the word that it was in. */
	l->in_word = true;
	l->first_word = false;
	return true;
}

static bool is_keyword(struct text word)
{
	static const char *const words[] = { "if",    "then", "else", "elif", "do",   "while",
					     "until", "!",    "{",    "time", "exec", "command" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (text_eq_str(word, words[i]))
			return true;
	}
	return false;
}

/* The word ends at pos.  False: the client chose what runs. */
static bool end_word(struct lexer *l)
{
	struct text word = { l->text.s + l->word, l->pos - l->word };

	if (!l->in_word)
		return true;
	l->in_word = false;
	if (l->redirected) {
		l->redirected = false;
		return true;
	}
	if (!l->first_word) {
		if (!l->is_option && input_is_launcher(l->command) && input_is_program(word)) {
			l->command = word;
			return !l->client_word;
		}
		l->after_dashes |= text_eq(word, TEXT("--")) && !l->client_word;
		if (!l->is_option || l->after_dashes)
			return true;
		l->at = l->word;
		if (input_runs_programs(l->command))
			return false;
		l->suspect = true;
		return true;
	}
	if (input_is_assignment(word) || is_keyword(word))
		return true;
	l->first_word = false;
	l->command = word;
	return !l->client_word;
}

static void start_word(struct lexer *l)
{
	if (l->in_word)
		return;
	l->in_word = true;
	l->word = l->pos;
	l->client_word = is_clients(l, l->pos);
	l->is_option = l->client_word && l->text.s[l->pos] == '-';
	if (l->client_word)
		l->at = l->pos;
}

/* What follows "<<": how the here-document ends. */
static void read_here(struct lexer *l)
{
	size_t i = l->pos + 2;
	char quote = 0;

	if (i < l->text.len && l->text.s[i] == '-')
		i++;
	while (i < l->text.len && is_blank(l->text.s[i]))
		i++;
	if (i < l->text.len && (l->text.s[i] == '\'' || l->text.s[i] == '"'))
		quote = l->text.s[i++];
	l->here = (struct text){ l->text.s + i, 0 };
	while (i + l->here.len < l->text.len && is_name(l->text.s[i + l->here.len]))
		l->here.len++;
	l->here_quoted = quote;
	if (!l->here.len)
		l->here.s = NULL;
}

/* Does the line at pos end the here-document? Then pos is at its end. */
static bool ends_here(struct lexer *l)
{
	struct text line = { l->text.s + l->pos, l->text.len - l->pos };
	const char *end = memchr(line.s, '\n', line.len);

	if (end)
		line.len = (size_t)(end - line.s);
	while (line.len && line.s[0] == '\t') {
		line.s++;
		line.len--;
	}
	return text_eq(line, l->here);
}

/* A byte that means something; true: it is the client's, which is an attack. */
static bool acts(struct lexer *l, size_t pos)
{
	if (!is_clients(l, pos))
		return false;
	l->at = pos;
	return true;
}

/* The client's backslash takes its meaning from a byte of the application's. */
static bool disarms(struct lexer *l)
{
	struct input_cursor ahead = l->cursor;
	char c = next_char(l);

	return is_clients(l, l->pos) && l->pos + 1 < l->text.len &&
	       !input_cursor_at(&ahead, l->pos + 1) && c && strchr("'\"`$\\;|&<>() \n", c);
}

/* At one byte within quotes.  True: an attack. */
static bool step_quoted(struct lexer *l)
{
	char c = l->text.s[l->pos];

	if (l->quoting == SINGLE) {
		if (c != '\'')
			return false;
		l->quoting = BARE;
		return acts(l, l->pos);
	}
	if (l->quoting == HERE || l->quoting == HERE_QUOTED) {
		if (c == '\n') {
			l->pos++;
			if (ends_here(l)) {
				l->quoting = BARE;
				l->here.s = NULL;
				if (l->pos < l->text.len && acts(l, l->pos))
					return true;
				l->pos += l->here.len;
				new_command(l);
			}
			l->pos--;
			return false;
		}
		if (l->quoting == HERE_QUOTED)
			return false;
	}
	if (c == '\\') {
		if (disarms(l))
			return acts(l, l->pos);
		l->pos++;
		return false;
	}
	if (c == '"' && l->quoting == DOUBLE) {
		l->quoting = BARE;
		return acts(l, l->pos);
	}
	if (c == '`' || (c == '$' && is_expansion(l))) {
		if (acts(l, l->pos))
			return true;
		if (c == '`' && close_command(l, c))
			return false;
		if (c == '$' && next_char(l) != '(')
			return false;
		l->pos += c == '$';
		open_command(l, c == '$' ? ')' : '`');
	}
	return false;
}

/* At one byte outside quotes.  True: an attack. */
static bool step_bare(struct lexer *l)
{
	char c = l->text.s[l->pos];

	switch (c) {
	case ' ':
	case '\t':
		return !end_word(l);
	case '\n':
		if (!end_word(l) || acts(l, l->pos))
			return true;
		if (l->here.s) {
			l->quoting = l->here_quoted ? HERE_QUOTED : HERE;
			l->pos++;
			if (ends_here(l)) {
				l->pos += l->here.len;
				l->quoting = BARE;
				l->here.s = NULL;
			}
			l->pos--;
		}
		new_command(l);
		return false;
	case ';':
	case '|':
	case '&':
	case '(':
	case ')':
		if (!end_word(l) || acts(l, l->pos))
			return true;
		if (c == '(')
			open_command(l, ')');
		else if (c != ')' || !close_command(l, c))
			new_command(l);
		return false;
	case '<':
	case '>':
		if (!end_word(l) || acts(l, l->pos))
			return true;
		if (c == '<' && next_char(l) == '<' && !l->here.s) {
			read_here(l);
			l->pos++;
		}
		/* ">&" and "<&" are one operator. */
		if (next_char(l) == '&')
			l->pos++;
		l->redirected = true;
		return false;
	case '`':
		if (close_command(l, c))
			return acts(l, l->pos);
		start_word(l);
		if (acts(l, l->pos))
			return true;
		open_command(l, '`');
		return false;
	case '$':
		start_word(l);
		if (!is_expansion(l))
			return false;
		if (acts(l, l->pos))
			return true;
		if (next_char(l) == '(') {
			l->pos++;
			open_command(l, ')');
		}
		return false;
	case '\'':
	case '"':
		start_word(l);
		l->quoting = c == '"' ? DOUBLE : SINGLE;
		return acts(l, l->pos);
	case '\\':
		start_word(l);
		if (disarms(l))
			return acts(l, l->pos);
		l->pos++;
		return false;
	case '#':
	case '~':
		if (!l->in_word && acts(l, l->pos))
			return true;
		if (c == '#' && !l->in_word) {
			const char *end = memchr(l->text.s + l->pos, '\n', l->text.len - l->pos);

			/* The comment ends before its line does. */
			l->pos = (end ? (size_t)(end - l->text.s) : l->text.len) - 1;
			return false;
		}
		start_word(l);
		return false;
	case '*':
	case '?':
	case '[':
	case '{':
		start_word(l);
		if (is_clients(l, l->pos))
			l->suspect = true;
		return false;
	default:
		start_word(l);
		/* Another folder for what runs. */
		if (c == '/' && l->first_word && !l->redirected && is_clients(l, l->pos)) {
			l->client_word = true;
			l->at = l->pos;
		}
		return false;
	}
}

enum input_verdict input_judge_shell(const struct input_sink *sink, size_t *at)
{
	struct lexer l = { .text = sink->text, .cursor = { sink, 0 } };
	bool attack = false;

	if (sink->nr_spans && input_span_is_whole(sink, &sink->spans[0])) {
		*at = sink->spans[0].start;
		return INPUT_ATTACK;
	}
	new_command(&l);
	for (; l.pos < l.text.len && !attack; l.pos++)
		attack = l.quoting == BARE ? step_bare(&l) : step_quoted(&l);
	l.pos = MIN(l.pos, l.text.len);
	if (!attack && l.quoting == BARE)
		attack = !end_word(&l);
	*at = l.at;
	return attack ? INPUT_ATTACK : l.suspect ? INPUT_SUSPECT : INPUT_CLEAN;
}

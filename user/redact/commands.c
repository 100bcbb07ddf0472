// SPDX-License-Identifier: GPL-2.0-only
/*
 * A command is gone through word by word, once.  What is no option of a program that is known here
 * is not touched: `-p` means something else to each.
 */
#include "redact/commands.h"

#include <ctype.h>
#include <string.h>

#include "base/util.h"

enum part { ALL, BEHIND_COLON, OF_COOKIE };

struct command_flag {
	const char *name;
	bool joined; /* the value may stand in the same word: -pX, --user=X */
	bool apart;  /* or in the next one */
	enum part secret;
};

static const struct command_tool {
	const char *names[8];
	bool begins; /* the names of others begin so, too */
	struct command_flag flags[8];
} tools[] = {
	{ .names = { "mysql", "mariadb" },
	  .begins = true,
	  .flags = { { "-p", true, false, ALL } } },
	{ .names = { "sshpass" }, .flags = { { "-p", true, true, ALL } } },
	{ .names = { "redis-cli" }, .flags = { { "-a", false, true, ALL } } },
	{ .names = { "mongo" }, .begins = true, .flags = { { "-p", false, true, ALL } } },
	{ .names = { "curl" },
	  .flags = { { "-u", true, true, BEHIND_COLON },
		     { "--user", true, true, BEHIND_COLON },
		     { "-U", true, true, BEHIND_COLON },
		     { "--proxy-user", true, true, BEHIND_COLON },
		     { "-b", true, true, OF_COOKIE },
		     { "--cookie", true, true, OF_COOKIE } } },
};

/* Behind these, and words of theirs, the name of another program may stand. */
static const char *const wrappers[] = { "sudo", "doas",	   "env",     "exec",	"nohup", "time",
					"nice", "timeout", "docker",  "podman", "sh",	 "bash",
					"ssh",	"kubectl", "xargs",   "su",	"watch", "command",
					"eval", "chroot",  "nsenter", "setsid", "strace" };

/* Of a path in a folder of programs its last part. */
static struct text program(struct text word)
{
	const char *slash = memrchr(word.s, '/', word.len);
	size_t before = slash ? (size_t)(slash - word.s) : 0;

	if (!slash)
		return word;
	if (before < 3 || memcmp(slash - 3, "bin", 3) != 0)
		return (struct text){ 0 };
	return (struct text){ slash + 1, word.len - before - 1 };
}

static bool begins_with(struct text word, const char *with)
{
	size_t len = strlen(with);

	return word.len >= len && memcmp(word.s, with, len) == 0;
}

static bool is_tool(const struct command_tool *tool, struct text name)
{
	for (size_t i = 0; i < ARRAY_SIZE(tool->names) && tool->names[i]; i++) {
		size_t n = strlen(tool->names[i]);

		if (!begins_with(name, tool->names[i]))
			continue;
		/* mysqldump, mariadb-dump */
		while (tool->begins && n < name.len &&
		       (islower((unsigned char)name.s[n]) || name.s[n] == '-' || name.s[n] == '_'))
			n++;
		if (n == name.len)
			return true;
	}
	return false;
}

static bool is_wrapper(struct text name)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++) {
		if (text_eq_str(name, wrappers[i]))
			return true;
	}
	return false;
}

static bool is_assignment(struct text word)
{
	size_t i = 0;

	while (i < word.len && (isalnum((unsigned char)word.s[i]) || word.s[i] == '_'))
		i++;
	return i && i < word.len && word.s[i] == '=';
}

static void look_for_tool(struct command *c, struct text word)
{
	struct text name = program(word);

	for (size_t i = 0; i < ARRAY_SIZE(tools) && !c->tool && name.len; i++) {
		if (is_tool(&tools[i], name))
			c->tool = &tools[i];
	}
	if (!c->tool && c->state == COMMAND_BEGINS && !is_assignment(word))
		c->state = is_wrapper(name) ? COMMAND_WRAPPED : COMMAND_OTHER;
}

static bool secret_of(enum part part, struct text word, size_t from, struct regex_span *out)
{
	const char *value = word.s + from, *sign;

	*out = (struct regex_span){ from, word.len };
	if (from >= word.len || part == ALL)
		return from < word.len;
	sign = memchr(value, part == BEHIND_COLON ? ':' : '=', word.len - from);
	if (sign && part == BEHIND_COLON)
		out->start = (size_t)(sign - word.s) + 1;
	return sign && out->start < out->end;
}

/* -u as the last of several letters, as in -sku. */
static bool ends_cluster(struct text word, const char *flag)
{
	if (flag[1] == '-' || word.len < 3 || word.s[0] != '-' || word.s[word.len - 1] != flag[1])
		return false;
	for (size_t i = 1; i < word.len; i++) {
		if (!isalpha((unsigned char)word.s[i]))
			return false;
	}
	return true;
}

static bool is_flag(struct command *c, const struct command_flag *flag, struct text word,
		    struct regex_span *secret)
{
	bool is_long = flag->name[1] == '-';
	size_t len = strlen(flag->name);

	if (flag->apart && text_eq_str(word, flag->name))
		c->pending = flag;
	if (flag->joined && word.len > len && begins_with(word, flag->name) &&
	    (!is_long || word.s[len] == '='))
		return secret_of(flag->secret, word, len + is_long, secret);
	if (flag->apart && ends_cluster(word, flag->name))
		c->pending = flag;
	return false;
}

bool command_word(struct command *c, struct text word, struct regex_span *secret)
{
	const struct command_flag *pending = c->pending;
	bool found = false;

	c->pending = NULL;
	if (!word.len || (!c->tool && c->state == COMMAND_OTHER))
		return false;
	if (!c->tool) {
		look_for_tool(c, word);
		return false;
	}
	if (pending && word.s[0] != '-')
		return secret_of(pending->secret, word, 0, secret);
	for (size_t i = 0; i < ARRAY_SIZE(tools->flags) && c->tool->flags[i].name && !found; i++)
		found = is_flag(c, &c->tool->flags[i], word, secret);
	return found;
}

/* A text, and the command in it that is being gone through. */
struct scan {
	struct text text;
	size_t at;
	struct command command;
	char quote;	/* within which it is; 0: none */
	bool in_quotes; /* the tool's name is within them */
};

static char next_char(const struct scan *s)
{
	return s->at < s->text.len ? s->text.s[s->at] : '\0';
}

static bool ends_word(char c)
{
	return isspace((unsigned char)c) || strchr("\"'`;|&()[]{}<>,", c);
}

static bool ends_command(char c)
{
	return c && strchr("\n;|&`(){}", c);
}

/* The closing quote, or the end. */
static size_t quoted_end(const struct scan *s, size_t from)
{
	const char *end = memchr(s->text.s + from, s->text.s[from - 1], s->text.len - from);

	return end ? (size_t)(end - s->text.s) : s->text.len;
}

/* In a list of words they are in quotes, with a comma behind each. */
static bool goes_on_behind_quote(const struct scan *s)
{
	size_t i = s->at + 1;

	while (i < s->text.len && s->text.s[i] == ' ')
		i++;
	return i < s->text.len && s->text.s[i] == ',';
}

static void take_quote(struct scan *s)
{
	char quote = next_char(s);

	if (s->quote == quote) {
		if (s->in_quotes && !goes_on_behind_quote(s)) {
			s->command = (struct command){ .state = COMMAND_OTHER };
			s->in_quotes = false;
		}
		s->quote = 0;
	} else if (!s->quote) {
		s->quote = quote;
		if (!s->command.tool && s->command.state == COMMAND_OTHER)
			s->command = (struct command){ 0 };
	}
	s->at++;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* From `start` to the end of the word; what is in quotes right behind it belongs to it. */
static struct text take_word(struct scan *s)
{
	size_t start = s->at;

	while (s->at < s->text.len && !ends_word(next_char(s)))
		s->at++;
	return (struct text){ s->text.s + start, s->at - start };
}

/* A value in quotes is one word, whatever is in it: -p'a b', -u "user:a b". */
static bool take_quoted_value(struct scan *s, struct text before, struct regex_span *secret)
{
	struct command c = s->command;
	size_t from = s->at + 1, end;

	if (!c.tool || !is_quote(next_char(s)) || next_char(s) == s->quote)
		return false;
	end = quoted_end(s, from);
	if (before.len) {
		struct text joined = { before.s, end - (size_t)(before.s - s->text.s) };

		if (!command_word(&c, joined, secret))
			return false;
		secret->start += (size_t)(before.s - s->text.s);
		/* Its quote is none of it. */
		secret->start = MAX(secret->start, from);
		secret->end = end;
	} else {
		if (!c.pending ||
		    !command_word(&c, (struct text){ s->text.s + from, end - from }, secret))
			return false;
		secret->start += from;
		secret->end += from;
	}
	s->command = c;
	s->at = MIN(end + 1, s->text.len);
	return secret->start < secret->end;
}

static bool take_next(struct scan *s, struct regex_span *secret)
{
	char c = next_char(s);
	struct text word;
	bool had_tool = s->command.tool;

	if (take_quoted_value(s, (struct text){ 0 }, secret))
		return true;
	if (is_quote(c)) {
		take_quote(s);
		return false;
	}
	if (ends_word(c)) {
		/* A line may go on in the next one. */
		if (ends_command(c) && !(c == '\n' && s->at && s->text.s[s->at - 1] == '\\'))
			s->command = (struct command){ 0 };
		s->at++;
		return false;
	}
	word = take_word(s);
	if (take_quoted_value(s, word, secret))
		return true;
	if (command_word(&s->command, word, secret)) {
		secret->start += (size_t)(word.s - s->text.s);
		secret->end += (size_t)(word.s - s->text.s);
		return true;
	}
	if (!had_tool && s->command.tool)
		s->in_quotes = s->quote;
	return false;
}

void commands_find(struct text text, void (*found)(void *ctx, struct regex_span secret), void *ctx)
{
	struct scan s = { .text = text };
	struct regex_span secret;

	while (s.at < s.text.len) {
		if (take_next(&s, &secret))
			found(ctx, secret);
	}
}

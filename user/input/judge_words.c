// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words that a program is started with.  No shell reads them, so that most of the client's text
 * in them is harmless: not as the program, as code for an interpreter, as an option of a program
 * that runs others, as a script or a URL of one that takes these.
 */
#include <ctype.h>
#include <string.h>

#include "base/util.h"
#include "input/input_shell.h"

static struct text base_name(struct text path)
{
	const char *slash = path.len ? memrchr(path.s, '/', path.len) : NULL;

	if (slash) {
		path.len -= (size_t)(slash + 1 - path.s);
		path.s = slash + 1;
	}
	return path;
}

static bool is_one_of(struct text word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (text_eq_str(word, words[i]))
			return true;
	}
	return false;
}

bool input_is_assignment(struct text word)
{
	size_t n = 0;

	while (n < word.len && (isalnum((unsigned char)word.s[n]) || word.s[n] == '_'))
		n++;
	return n && n < word.len && word.s[n] == '=';
}

bool input_is_program(struct text word)
{
	return word.len && word.s[0] != '-' && !isdigit((unsigned char)word.s[0]) &&
	       !input_is_assignment(word);
}

bool input_is_launcher(struct text program)
{
	static const char *const names[] = { "env",	"sudo",	  "timeout", "nice",	"nohup",
					     "xargs",	"setsid", "stdbuf",  "ionice",	"chrt",
					     "taskset", "doas",	  "busybox", "unbuffer" };

	return is_one_of(base_name(program), names, ARRAY_SIZE(names));
}

bool input_runs_programs(struct text program)
{
	static const char *const names[] = {
		"tar",	"find",	    "git",  "ssh",  "scp",  "sftp", "curl", "wget",   "tcpdump",
		"zip",	"rsync",    "sed",  "awk",  "gawk", "mawk", "perl", "ruby",   "python",
		"php",	"node",	    "man",  "less", "vim",  "vi",   "hg",   "svn",    "mysql",
		"psql", "sendmail", "exim", "gcc",  "make", "nmap", "sort", "ffmpeg", "python3"
	};

	return is_one_of(base_name(program), names, ARRAY_SIZE(names));
}

static bool is_shell(struct text program)
{
	static const char *const names[] = { "sh",  "bash", "dash", "ash",  "ksh",
					     "zsh", "mksh", "fish", "rbash" };

	return is_one_of(base_name(program), names, ARRAY_SIZE(names));
}

/* Programs that fetch what a URL names. */
static bool fetches(struct text program)
{
	static const char *const names[] = {
		"curl",	    "wget",	     "git",	      "svn",	    "hg",
		"aria2c",   "lynx",	     "w3m",	      "ffmpeg",	    "ffprobe",
		"chromium", "google-chrome", "chrome",	      "magick",	    "convert",
		"yt-dlp",   "wkhtmltopdf",   "wkhtmltoimage", "youtube-dl", "weasyprint",
	};

	return is_one_of(base_name(program), names, ARRAY_SIZE(names));
}

/* Marks by which a script of the program starts others, or reads and writes files. */
static const char *const *script_marks(struct text program)
{
	static const char *const awk[] = { "system(", "getline", "|", ">", NULL };
	static const char *const sed[] = { ";", "\n", "/e", "/w", NULL };
	static const char *const awks[] = { "awk", "gawk", "mawk", "nawk" };
	struct text name = base_name(program);

	if (is_one_of(name, awks, ARRAY_SIZE(awks)))
		return awk;
	return text_eq(name, TEXT("sed")) ? sed : NULL;
}

/* The letter of the option behind which an interpreter takes code; 0: it is none. */
static char code_option(struct text program)
{
	static const struct {
		const char *name;
		char option;
	} interpreters[] = { { "python", 'c' }, { "pypy", 'c' }, { "perl", 'e' }, { "ruby", 'e' },
			     { "node", 'e' },	{ "php", 'r' },	 { "lua", 'e' } };
	struct text name = base_name(program);

	if (is_shell(program))
		return 'c';
	for (size_t i = 0; i < ARRAY_SIZE(interpreters); i++) {
		size_t n = strlen(interpreters[i].name);

		/* "python3.11" */
		if (name.len >= n && memcmp(name.s, interpreters[i].name, n) == 0 &&
		    (name.len == n || isdigit((unsigned char)name.s[n])))
			return interpreters[i].option;
	}
	return 0;
}

/* Is it a bundle of options that has this one: "-c", "-lc"? */
static bool is_option(struct text word, char option)
{
	return word.len > 1 && word.s[0] == '-' && word.s[1] != '-' &&
	       memchr(word.s + 1, option, word.len - 1);
}

/* The client's text in the word that names the program. */
static enum input_verdict judge_program(const struct input_sink *word, size_t *at)
{
	for (size_t i = 0; i < word->nr_spans; i++) {
		const struct input_span *span = &word->spans[i];

		*at = span->start;
		if (span->start == 0 && (input_span_is_whole(word, span) || !span->plain))
			return INPUT_ATTACK;
		if (!span->plain &&
		    memchr(word->text.s + span->start, '/', span->end - span->start))
			return INPUT_ATTACK;
	}
	return INPUT_CLEAN;
}

static bool is_clients_option(const struct input_sink *word)
{
	return word->nr_spans && word->spans[0].start == 0 && !word->spans[0].plain &&
	       word->text.s[0] == '-';
}

static bool has_clients_text(const struct input_sink *word, size_t *at)
{
	for (size_t i = 0; i < word->nr_spans; i++) {
		*at = word->spans[i].start;
		if (!word->spans[i].plain)
			return true;
	}
	return false;
}

/* The client's text in a word that is no option, by what the program takes it for. */
static enum input_verdict judge_value(struct text program, const struct input_sink *word,
				      size_t *at)
{
	const char *const *marks = script_marks(program);
	static const char ext[] = "ext::";

	for (size_t i = 0; marks && i < word->nr_spans; i++) {
		const struct input_span *span = &word->spans[i];
		struct text mine = { word->text.s + span->start, span->end - span->start };

		*at = span->start;
		for (const char *const *mark = marks; *mark; mark++) {
			if (memmem(mine.s, mine.len, *mark, strlen(*mark)))
				return INPUT_ATTACK;
		}
	}
	if (!word->nr_spans || !fetches(program))
		return INPUT_CLEAN;
	*at = word->spans[0].start;
	/* git's transport that is a command line */
	if (!*at && word->text.len > strlen(ext) && memcmp(word->text.s, ext, strlen(ext)) == 0)
		return INPUT_ATTACK;
	/* A host alone may be anything. */
	if (!memmem(word->text.s, word->text.len, "://", 3))
		return INPUT_CLEAN;
	return input_judge_url(word, at) == INPUT_ATTACK ? INPUT_ATTACK : INPUT_CLEAN;
}

/*
 * Behind the program: where a shell's command line or an interpreter's code is; nr_words: nowhere.
 */
static size_t find_code(const struct input_sink *words, size_t nr_words, size_t program)
{
	char option = code_option(words[program].text);
	size_t i;

	if (!option)
		return nr_words;
	for (i = program + 1; i < nr_words; i++) {
		if (!words[i].text.len || words[i].text.s[0] != '-')
			return nr_words;
		if (is_option(words[i].text, option))
			break;
	}
	return MIN(i + 1, nr_words);
}

enum input_verdict input_judge_words(const struct input_sink *words, size_t nr_words, size_t *word,
				     size_t *at)
{
	enum input_verdict worst = INPUT_CLEAN, verdict;
	size_t program = 0, code;
	bool after_dashes = false;

	for (;;) {
		*word = program;
		if (program >= nr_words)
			return INPUT_CLEAN;
		if (judge_program(&words[program], at) == INPUT_ATTACK)
			return INPUT_ATTACK;
		if (!input_is_launcher(words[program].text))
			break;
		for (program++; program < nr_words && !input_is_program(words[program].text);)
			program++;
	}
	code = find_code(words, nr_words, program);
	for (size_t i = program + 1; i < nr_words; i++) {
		*word = i;
		after_dashes |= text_eq(words[i].text, TEXT("--"));
		if (judge_value(words[program].text, &words[i], at) == INPUT_ATTACK)
			return INPUT_ATTACK;
		if (i == code) {
			if (!is_shell(words[program].text))
				verdict = has_clients_text(&words[i], at) ? INPUT_ATTACK
									  : INPUT_CLEAN;
			else
				verdict = input_judge_shell(&words[i], at);
			if (verdict == INPUT_ATTACK)
				return verdict;
			worst = MAX(worst, verdict);
		}
		if (after_dashes || i >= code || !is_clients_option(&words[i]))
			continue;
		*at = 0;
		if (input_runs_programs(words[program].text))
			return INPUT_ATTACK;
		worst = MAX(worst, INPUT_SUSPECT);
	}
	return worst;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "console/filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "console/record.h"
#include "console/state.h"
#include "console/when.h"

static int nomem(struct err *err)
{
	return err_set(err, -ENOMEM, "out of memory");
}

static int hex_digit(unsigned char c)
{
	if (isdigit(c))
		return c - '0';
	return isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

int filter_decode(struct arena *a, struct text in, struct text *out)
{
	char *to = arena_alloc(a, in.len + 1);
	size_t len = 0;

	if (!to)
		return -ENOMEM;
	for (size_t i = 0; i < in.len; i++) {
		if (in.s[i] == '+') {
			to[len++] = ' ';
		} else if (in.s[i] != '%') {
			to[len++] = in.s[i];
		} else if (i + 2 < in.len && hex_digit(in.s[i + 1]) >= 0 &&
			   hex_digit(in.s[i + 2]) >= 0) {
			to[len++] = hex_digit(in.s[i + 1]) << 4 | hex_digit(in.s[i + 2]);
			i += 2;
		} else {
			return -EINVAL;
		}
	}
	for (size_t i = 0; i < len;) {
		uint32_t ch = text_next(to, len, &i);

		if (!ch || (ch >= 0xd800 && ch <= 0xdfff))
			return -EINVAL;
	}
	*out = (struct text){ to, len };
	return 0;
}

/* Takes the next "name=value" off the front of the query. */
static bool next_parameter(struct text *query, struct text *name, struct text *value)
{
	const char *end, *equals;
	size_t len;

	while (query->len && *query->s == '&') {
		query->s++;
		query->len--;
	}
	if (!query->len)
		return false;
	end = memchr(query->s, '&', query->len);
	len = end ? (size_t)(end - query->s) : query->len;
	equals = memchr(query->s, '=', len);
	*name = (struct text){ query->s, equals ? (size_t)(equals - query->s) : len };
	*value = equals ? (struct text){ equals + 1, len - name->len - 1 }
			: (struct text){ query->s + len, 0 };
	query->s += len;
	query->len -= len;
	return true;
}

struct text filter_parameter(struct arena *a, struct text query, const char *name)
{
	struct text key, raw, value;

	while (next_parameter(&query, &key, &raw)) {
		if (text_eq_str(key, name) && !filter_decode(a, raw, &value))
			return value;
	}
	return (struct text){ NULL, 0 };
}

static int read_number(struct text value, int64_t max, int64_t *out)
{
	int64_t n = 0;

	if (!value.len)
		return -EINVAL;
	for (size_t i = 0; i < value.len; i++) {
		if (!isdigit((unsigned char)value.s[i]))
			return -EINVAL;
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, value.s[i] - '0', &n) || n > max)
			return -EINVAL;
	}
	*out = n;
	return 0;
}

int filter_time(struct text value, int64_t now, int64_t *out)
{
	int64_t span;

	if (!when_parse_span(value, &span)) {
		*out = MAX(now - span, 1);
		return 0;
	}
	return when_parse(value, out);
}

/*
 * "prefix" and the value in lower case; what of the prefix stands in the value already is not
 * doubled.
 */
static int read_tag(struct arena *a, struct text value, const char *prefix, struct text *out)
{
	size_t n = strlen(prefix);
	char *tag;

	if (value.len > RECORD_TAG_MAX)
		return -EINVAL;
	tag = arena_alloc(a, n + value.len);
	if (!tag)
		return -ENOMEM;
	memcpy(tag, prefix, n);
	for (size_t i = 0; i < value.len; i++)
		tag[n + i] = tolower((unsigned char)value.s[i]);
	*out = (struct text){ tag, n + value.len };
	if (value.len >= n && memcmp(tag + n, prefix, n) == 0)
		*out = (struct text){ tag + n, value.len };
	return 0;
}

static int keep_text(struct arena *a, const struct buf *b, struct text *out)
{
	char *copy = b->failed ? NULL : arena_alloc(a, b->len + 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, b->data ?: "", b->len);
	*out = (struct text){ copy, b->len };
	return 0;
}

/* In quotes a word is no operator of the search's own. */
static void put_sqlite(struct buf *out, struct text word, bool letters)
{
	buf_adds(out, out->len ? " \"" : "\"");
	for (size_t i = 0; i < word.len; i++) {
		if (word.s[i] == '"')
			buf_addc(out, '"');
		buf_addc(out, word.s[i]);
	}
	buf_adds(out, letters ? "\"*" : "\"");
}

static bool is_letter(unsigned char c)
{
	return c >= 0x80 || isalnum(c);
}

/* Its letters and digits alone, as they are put into the index (store_alerts.c). */
static void put_postgres(struct buf *out, struct text word)
{
	const char *separator = out->len ? " & '" : "'";

	for (size_t i = 0; i < word.len; i++) {
		if (!is_letter(word.s[i]))
			continue;
		buf_adds(out, separator);
		while (i < word.len && is_letter(word.s[i]))
			buf_addc(out, word.s[i++]);
		separator = "' <-> '";
	}
	buf_adds(out, "':*");
}

/* Takes the next word off the front. */
static bool next_word(struct text *value, struct text *out)
{
	size_t from = 0, to;

	while (from < value->len && isspace((unsigned char)value->s[from]))
		from++;
	for (to = from; to < value->len && !isspace((unsigned char)value->s[to]);)
		to++;
	*out = (struct text){ value->s + from, to - from };
	*value = (struct text){ value->s + to, value->len - to };
	return out->len;
}

/*
 * Each word has to occur, as a phrase of its letters and digits whose last one may go on:
 * `/etc/pass` finds /etc/passwd.
 */
static int read_words(struct arena *a, struct text value, struct text out[NR_DB_KINDS])
{
	_cleanup_buf_ struct buf sqlite = { 0 }, postgres = { 0 };
	unsigned int words = 0;
	struct text word;
	int res;

	while (next_word(&value, &word)) {
		bool letters = false;

		if (++words > FILTER_WORDS_MAX)
			return -EINVAL;
		for (size_t i = 0; i < word.len; i++)
			letters |= is_letter(word.s[i]);
		put_sqlite(&sqlite, word, letters);
		if (letters)
			put_postgres(&postgres, word);
	}
	if (!words)
		return 0;
	if (!postgres.len)
		return postgres.failed ? -ENOMEM : -EINVAL;
	res = keep_text(a, &sqlite, &out[DB_SQLITE]);
	return res ?: keep_text(a, &postgres, &out[DB_POSTGRES]);
}

struct parsing {
	struct arena *arena;
	int64_t now;
	struct filter *filter;
};

static int set_level(struct parsing *p, struct text value)
{
	enum record_level level;

	if (record_level_parse(value, &level))
		return -EINVAL;
	p->filter->level = level;
	return 0;
}

static int set_state(struct parsing *p, struct text value)
{
	enum state state;

	if (state_parse(value, &state))
		return -EINVAL;
	p->filter->state = state;
	return 0;
}

static int set_technique(struct parsing *p, struct text value)
{
	return read_tag(p->arena, value, "attack.", &p->filter->technique);
}

static int set_cwe(struct parsing *p, struct text value)
{
	return read_tag(p->arena, value, "cwe-", &p->filter->cwe);
}

static int set_words(struct parsing *p, struct text value)
{
	return read_words(p->arena, value, p->filter->words);
}

static int set_since(struct parsing *p, struct text value)
{
	return filter_time(value, p->now, &p->filter->since);
}

static int set_until(struct parsing *p, struct text value)
{
	return filter_time(value, p->now, &p->filter->until);
}

static int set_before(struct parsing *p, struct text value)
{
	return read_number(value, INT64_MAX, &p->filter->before);
}

static int set_after(struct parsing *p, struct text value)
{
	return read_number(value, INT64_MAX, &p->filter->after);
}

static int set_group(struct parsing *p, struct text value)
{
	int64_t group;
	int res = read_number(value, INT64_MAX, &group);

	p->filter->group = res ? 0 : group;
	return res;
}

static int set_limit(struct parsing *p, struct text value)
{
	int64_t limit;

	if (read_number(value, FILTER_LIMIT_MAX, &limit) || !limit)
		return -EINVAL;
	p->filter->limit = limit;
	return 0;
}

static const char *const text_names[NR_FILTER_TEXTS] = {
	[FILTER_SESSION] = "session",	[FILTER_ADDR] = "addr",	  [FILTER_PATH] = "path",
	[FILTER_POD] = "pod",		[FILTER_AGENT] = "agent", [FILTER_HOST] = "host",
	[FILTER_FUNCTION] = "function", [FILTER_RULE] = "rule",	  [FILTER_APP] = "app",
	[FILTER_ACTION] = "action",
};

static const struct {
	const char *name;
	int (*set)(struct parsing *p, struct text value);
	const char *takes;
} parameters[] = {
	{ "level", set_level, "info, warn or alert" },
	{ "state", set_state, "new, seen, false-alarm or incident" },
	{ "technique", set_technique, "an ATT&CK technique, as T1059 or T1059.006" },
	{ "cwe", set_cwe, "a number, as 78 or CWE-78" },
	{ "q", set_words, "1 to 16 words with letters or digits" },
	{ "since", set_since, "a time, as 2026-01-02T03:04:05Z, or a span, as 24h or 7d" },
	{ "until", set_until, "a time, as 2026-01-02T03:04:05Z, or a span, as 24h or 7d" },
	{ "group", set_group, "a number" },
	{ "before", set_before, "a position, as \"next\" gives it" },
	{ "after", set_after, "a position" },
	{ "limit", set_limit, "1 to 500" },
};

static int set_parameter(struct parsing *p, struct text name, struct text value, struct err *err)
{
	struct filter *f = p->filter;

	for (size_t i = 0; i < NR_FILTER_TEXTS; i++) {
		if (text_eq_str(name, text_names[i])) {
			f->text[i] = record_cut(value, RECORD_TEXT_MAX);
			return 0;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		int res;

		if (!text_eq_str(name, parameters[i].name))
			continue;
		res = parameters[i].set(p, value);
		if (res == -EINVAL)
			return err_set(err, res, "%s takes %s", parameters[i].name,
				       parameters[i].takes);
		return res ? nomem(err) : 0;
	}
	return err_set(err, -EINVAL, "there is no filter \"%.*s\"", (int)MIN(name.len, 40u),
		       name.s);
}

int filter_parse(struct arena *a, struct text query, int64_t now, struct filter *out,
		 struct err *err)
{
	struct filter f = { .level = -1, .state = -1, .limit = FILTER_LIMIT_DEFAULT };
	struct parsing p = { a, now, &f };
	struct text name, raw, value;

	if (query.len > FILTER_QUERY_MAX)
		return err_set(err, -EINVAL, "the query is longer than %d bytes", FILTER_QUERY_MAX);
	while (next_parameter(&query, &name, &raw)) {
		int res = filter_decode(a, raw, &value);

		if (res == -EINVAL)
			return err_set(err, res, "the value of \"%.*s\" is not UTF-8 text",
				       (int)MIN(name.len, 40u), name.s);
		if (res)
			return nomem(err);
		if (!value.len)
			continue;
		res = set_parameter(&p, name, value, err);
		if (res)
			return res;
	}
	*out = f;
	return 0;
}

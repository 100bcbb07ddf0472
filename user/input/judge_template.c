// SPDX-License-Identifier: GPL-2.0-only
/*
 * Source of a template (Jinja2, Django, Mako, ERB and kin): the client's text should not bring or
 * end an expression.
 */
#include <string.h>

#include "base/util.h"
#include "input/input_internal.h"

/* What begins an expression or a statement, and what ends it. */
static const struct delimiter {
	const char open[3], close[3];
} delimiters[] = {
	{ "{{", "}}" }, { "{%", "%}" }, { "{#", "#}" },
	{ "${", "}" },	{ "<%", "%>" }, { "#{", "}" },
};

static const struct delimiter *opens_at(struct text s, size_t pos)
{
	for (size_t i = 0; i < ARRAY_SIZE(delimiters); i++) {
		if (s.s[pos] == delimiters[i].open[0] && s.s[pos + 1] == delimiters[i].open[1])
			return &delimiters[i];
	}
	return NULL;
}

/* Is one of the bytes the client's, who wrote more than a word? */
static bool is_clients(struct input_cursor *c, size_t pos, size_t end)
{
	for (; pos < end; pos++) {
		const struct input_span *span = input_cursor_at(c, pos);

		if (span && !span->plain)
			return true;
	}
	return false;
}

enum input_verdict input_judge_template(const struct input_sink *sink, size_t *where)
{
	struct input_cursor cursor = { sink, 0 };
	const struct delimiter *open = NULL;
	struct text s = sink->text;

	for (size_t pos = 0; pos < s.len; pos++) {
		const struct input_span *span = input_cursor_at(&cursor, pos);
		bool client = span && !span->plain;

		*where = pos;
		if (open) {
			size_t n = strlen(open->close);

			/* Within an expression of the application's all but a word is code. */
			if (client && !strchr(" \t\n", s.s[pos]))
				return INPUT_ATTACK;
			if (pos + n <= s.len && memcmp(s.s + pos, open->close, n) == 0)
				open = NULL;
			continue;
		}
		if (pos + 1 == s.len)
			break;
		open = opens_at(s, pos);
		if (!open)
			continue;
		if (client)
			return INPUT_ATTACK;
		if (is_clients(&cursor, pos + 1, pos + 2)) {
			*where = pos + 1;
			return INPUT_ATTACK;
		}
		pos++;
	}
	return INPUT_CLEAN;
}

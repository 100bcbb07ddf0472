// SPDX-License-Identifier: GPL-2.0-only
/*
 * A format of str.format(): does the client's text bring a step, "." or "[", from what is formatted
 * to a name that begins with "_"?  Classes, modules and their globals are reached by these alone.
 */
#include "input/input_internal.h"

/* A step at pos, within a field. */
static bool is_private_step(struct text s, size_t pos)
{
	if (s.s[pos] != '.' && s.s[pos] != '[')
		return false;
	return pos + 1 < s.len && s.s[pos + 1] == '_';
}

enum input_verdict input_judge_format(const struct input_sink *sink, size_t *where)
{
	struct input_cursor cursor = { sink, 0 };
	struct text s = sink->text;
	size_t depth = 0;

	for (size_t pos = 0; pos < s.len; pos++) {
		const struct input_span *span = input_cursor_at(&cursor, pos);

		if (s.s[pos] == '{') {
			/* "{{" is a brace, where no field has begun. */
			if (!depth && pos + 1 < s.len && s.s[pos + 1] == '{')
				pos++;
			else
				depth++;
		} else if (s.s[pos] == '}' && depth) {
			depth--;
		} else if (depth && span && !span->plain && is_private_step(s, pos)) {
			*where = pos;
			return INPUT_ATTACK;
		}
	}
	return INPUT_CLEAN;
}

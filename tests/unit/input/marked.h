/* SPDX-License-Identifier: GPL-2.0-only */
/* Judging text in which the client's is marked: "ping ‹x;id›". */
#pragma once

#include <ctype.h>

#include "base/util.h"
#include "input/input_internal.h"
#include "test.h"

#define MARKED_MAX 32

struct marked {
	char text[1024];
	struct input_span spans[MARKED_MAX];
	struct input_sink sink;
};

/* `len` bytes, as the text may hold NUL. */
static inline void mark(struct marked *m, const char *s, size_t len)
{
	static const char open[] = "‹", close[] = "›";
	struct input_span *span = m->spans;
	size_t n = 0, nr_spans = 0;

	for (size_t i = 0; i < len && n < sizeof(m->text) && nr_spans < MARKED_MAX;) {
		if (i + 3 <= len && memcmp(s + i, open, 3) == 0) {
			span = &m->spans[nr_spans];
			*span = (struct input_span){ n, n, true };
			i += 3;
		} else if (i + 3 <= len && memcmp(s + i, close, 3) == 0) {
			span->end = n;
			for (size_t k = span->start; k < n; k++)
				span->plain &=
					m->text[k] == '_' || isalnum((unsigned char)m->text[k]);
			nr_spans += n > span->start;
			i += 3;
		} else {
			m->text[n++] = s[i++];
		}
	}
	m->sink = (struct input_sink){ { m->text, n }, m->spans, nr_spans, INPUT_ANY_DIALECT };
}

struct marked_case {
	enum input_verdict verdict;
	struct text text;
};

#define ATTACK(literal)                     \
	{                                   \
		INPUT_ATTACK, TEXT(literal) \
	}
#define SUSPECT(literal)                     \
	{                                    \
		INPUT_SUSPECT, TEXT(literal) \
	}
#define CLEAN(literal)                     \
	{                                  \
		INPUT_CLEAN, TEXT(literal) \
	}

/*
 * Fails the test with each case that has another verdict, or an attack at a byte that is not the
 * client's.
 */
static inline void check_dialect(const struct marked_case *cases, size_t n, input_judge_fn judge,
				 enum input_dialect dialect)
{
	static const char *const names[] = { "clean", "suspect", "an attack" };

	for (size_t i = 0; i < n; i++) {
		struct marked m;
		enum input_verdict verdict;
		struct input_cursor cursor = { &m.sink, 0 };
		size_t at = 0;

		mark(&m, cases[i].text.s, cases[i].text.len);
		m.sink.dialect = dialect;
		verdict = judge(&m.sink, &at);
		if (verdict != cases[i].verdict)
			fprintf(stderr, "%.*s is %s, not %s\n", (int)cases[i].text.len,
				cases[i].text.s, names[cases[i].verdict], names[verdict]);
		else if (verdict == INPUT_ATTACK && !input_cursor_at(&cursor, at))
			fprintf(stderr, "%.*s: not an attack at byte %zu\n", (int)cases[i].text.len,
				cases[i].text.s, at);
		else
			continue;
		test_failed = 1;
	}
}

static inline void check_marked(const struct marked_case *cases, size_t n, input_judge_fn judge)
{
	check_dialect(cases, n, judge, INPUT_ANY_DIALECT);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "yaml/yaml_nearest.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/util.h"

/* No valid word comes near this; it bounds the table of distances. */
#define WORD_MAX 32

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * Edit distance in which two neighbours that changed places count as one slip; the case does not
 * count.
 */
static unsigned int distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned int d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= na; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= na; i++) {
		for (size_t j = 1; j <= nb; j++) {
			unsigned int best = d[i - 1][j - 1] + !same(a[i - 1], b[j - 1]);

			best = MIN(best, d[i - 1][j] + 1);
			best = MIN(best, d[i][j - 1] + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				best = MIN(best, d[i - 2][j - 2] + 1);
			d[i][j] = best;
		}
	}
	return d[na][nb];
}

/* "desc" for "description", "function" for "func". */
static bool is_stem(const char *a, size_t na, const char *b, size_t nb)
{
	size_t n = MIN(na, nb);

	return n >= 3 && strncasecmp(a, b, n) == 0;
}

const char *yaml_nearest(struct text given, const char *const *words, size_t nr_words)
{
	const char *found = NULL;
	unsigned int best = WORD_MAX;

	if (given.len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < nr_words; i++) {
		size_t len = strlen(words[i]);
		unsigned int d;

		if (len > WORD_MAX)
			continue;
		d = distance(given.s, given.len, words[i], len);
		/* More than half changed is another word, not a slip. */
		if (2 * d >= MAX(len, given.len) && !is_stem(given.s, given.len, words[i], len))
			continue;
		if (d < best) {
			best = d;
			found = words[i];
		}
	}
	return found;
}

void yaml_hint(struct buf *out, struct text given, const char *what, const char *const *words,
	       size_t nr_words)
{
	const char *word = yaml_nearest(given, words, nr_words);

	if (word) {
		buf_printf(out, "; did you mean `%s`?", word);
		return;
	}
	buf_printf(out, "; valid %s are ", what);
	for (size_t i = 0; i < nr_words; i++) {
		if (i)
			buf_adds(out, i + 1 < nr_words ? ", " : " and ");
		buf_printf(out, "`%s`", words[i]);
	}
}

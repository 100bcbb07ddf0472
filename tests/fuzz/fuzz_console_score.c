// SPDX-License-Identifier: GPL-2.0-only
/* What makes an attacker, as an option says, and the hits of a row, as a store says. */
#include <stdlib.h>
#include <string.h>

#include "console/score.h"
#include "console/when.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct score_window w;
	struct record r = { .level = RECORD_WARN, .rule = TEXT("r") };
	struct score_settings s;
	struct err err;
	char *text = malloc(size + 1);
	int64_t score;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	score_settings_init(&s);
	if (!score_parse(text, &s, &err)) {
		score = score_of(&s, &r);
		if (score < 0 || score > s.limit)
			abort();
	}
	score_read((struct text){ text, size }, &w);
	s.limit = 1 + size % SCORE_LIMIT_MAX;
	for (size_t i = 0; i < size; i++) {
		score = score_add(&w, &s,
				  (struct score_hit){ data[i] * WHEN_SECOND, 1 + data[i] % 7 });
		if (score < 1 || score > s.limit || w.nr > (size_t)s.limit)
			abort();
	}
	free(text);
	return 0;
}

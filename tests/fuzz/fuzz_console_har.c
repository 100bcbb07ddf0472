// SPDX-License-Identifier: GPL-2.0-only
/* A HAR as replay reads it, and an alert that a corpus is made of, which replay can read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "console/corpus.h"
#include "console/har.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct text file, bool is_ours)
{
	struct arena arena = { 0 };
	struct har har;
	struct err err = { "" };
	int res = har_read(&arena, file, &har, &err);

	if ((res && !*err.msg) || (res && is_ours))
		abort();
	for (size_t i = 0; i < (res ? 0 : har.nr); i++) {
		const struct har_request *r = &har.requests[i];

		if (*r->target != '/' || strpbrk(r->target, " \r\n") || strpbrk(r->method, " \r\n"))
			abort();
		for (size_t h = 0; h < r->nr_headers; h++) {
			if (strpbrk(r->headers[h], "\r\n"))
				abort();
		}
	}
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct corpus corpus;
	struct buf out = { 0 };
	struct err err;
	char *text = malloc(size + 1);

	if (!text || (!corpus.entries && corpus_init(&corpus, &err)))
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	check((struct text){ text, size }, false);
	if (!corpus_add(&corpus, (struct text){ text, size }) && corpus.nr) {
		corpus_write(&out, &corpus, CORPUS_HAR);
		check((struct text){ out.data, out.len }, true);
		buf_reset(&out);
		corpus_write(&out, &corpus, CORPUS_PARAMETERS);
		buf_fini(&corpus.entries[0].rules);
		corpus.nr = 0;
		arena_fini(&corpus.arena);
		corpus.arena = (struct arena){ 0 };
	}
	buf_fini(&out);
	free(text);
	return 0;
}

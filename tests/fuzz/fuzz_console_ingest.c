// SPDX-License-Identifier: GPL-2.0-only
/*
 * A body may hold anything: what is taken as an alert holds to its bounds, and is JSON that can be
 * read again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "console/ingest.h"
#include "console/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct text t, size_t max)
{
	if (t.len > max)
		abort();
	for (size_t i = 0; i < t.len;) {
		uint32_t ch = text_next(t.s, t.len, &i);

		if (!ch || (ch >= 0xd800 && ch <= 0xdfff))
			abort();
	}
}

static void check(const struct record *r)
{
	struct arena a = { 0 };
	struct json *root;

	check_text(r->rule, RECORD_TEXT_MAX);
	check_text(r->session, RECORD_TEXT_MAX);
	check_text(r->what, RECORD_WHAT_MAX);
	check_text(r->search, RECORD_SEARCH_MAX);
	if (!r->rule.len || !record_id_is_valid(r->id) || r->nr_tags > RECORD_TAGS_MAX ||
	    json_parse(&a, r->json.s, r->json.len, &root, NULL) || root->type != JSON_OBJECT)
		abort();
	arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf plain = { 0 };
	struct text body = { (const char *)data, size };
	struct ingest in;
	struct err err;

	if (size > 2 && data[0] == 0x1f && !ingest_inflate(body, &plain))
		body = (struct text){ plain.data ?: "", plain.len };
	if (!ingest_parse(body, size % 2 ? "shop" : NULL, &in, &err)) {
		for (size_t i = 0; i < in.nr_records; i++)
			check(&in.records[i]);
	}
	ingest_fini(&in);
	return 0;
}

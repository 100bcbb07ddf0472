// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any template, filled in from any text that should be an alert: what comes of a JSON string's
 * inside stays inside.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sink/http_body.h"
#include "sink/http_headers.h"
#include "sink/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int ignore(void *ctx, const char *line)
{
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf out = { 0 };
	char *text = malloc(size + 1);
	size_t split = size ? data[0] % size : 0;
	struct err err;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	/* The first half is a template, the other an alert. */
	if (size)
		text[split] = '\0';
	if (!template_check(text, &err))
		template_expand(text, (struct text){ text + split, size - split }, &out);
	buf_reset(&out);
	if (!template_expand("{{rule.name}}", (struct text){ text + split, size - split }, &out)) {
		for (size_t i = 0; i < out.len; i++) {
			if (out.data[i] == '"')
				abort();
			i += out.data[i] == '\\';
		}
	}
	http_body_refused(HTTP_OTLP, size % 2, text);
	http_url_check(text, &err);
	http_url_shown(text);
	http_headers_read(text, ignore, NULL, &err);
	free(text);
	return 0;
}

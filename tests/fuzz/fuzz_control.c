// SPDX-License-Identifier: GPL-2.0-only
/*
 * Both ends of the control socket: any line is a request or none; of any document that is read what
 * is shown is fit for a terminal.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"
#include "control/control_reading.h"
#include "control/control_request.h"
#include "control/control_show.h"
#include "control/control_top.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct buf *out)
{
	for (size_t i = 0; i < out->len;) {
		uint32_t ch = text_next(out->data, out->len, &i);

		if (ch != '\n' &&
		    (ch < ' ' || (ch >= 0x7f && ch < 0xa0) || (ch >= 0xd800 && ch < 0xe000)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(control_read_freep) struct cJSON *before = NULL, *now = NULL;
	_cleanup_buf_ struct buf shown = { 0 }, top = { 0 }, fitted = { 0 };
	/* Two documents, in two halves, or the same one twice. */
	size_t half = size && data[0] == '2' ? size / 2 : 0;
	struct err err;

	control_request_parse((const char *)data, size);
	now = control_read((const char *)data + half, size - half, &err);
	before = control_read((const char *)data, half ?: size, &err);
	if (!now)
		return 0;
	control_show(&shown, now);
	control_top(&top, before, now);
	check(&shown);
	check(&top);
	control_top_fit(&fitted, &top, 24, 80, "\n");
	check(&fitted);
	return 0;
}

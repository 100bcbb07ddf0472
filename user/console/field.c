// SPDX-License-Identifier: GPL-2.0-only
#include "console/field.h"

#include "console/when.h"

void field_text(struct buf *out, const char *name, struct text text)
{
	buf_printf(out, "\"%s\":", name);
	text_json(out, text.s ? text : TEXT(""));
	buf_addc(out, ',');
}

void field_time(struct buf *out, const char *name, int64_t time)
{
	buf_printf(out, "\"%s\":", name);
	if (!time) {
		buf_adds(out, "null,");
		return;
	}
	buf_addc(out, '"');
	when_put(out, time);
	buf_adds(out, "\",");
}

// SPDX-License-Identifier: GPL-2.0-only
#include "sink/written.h"

#include <stdlib.h>
#include <string.h>

struct written *written_make(enum written_form form, const struct alert *alert, struct buf *scratch)
{
	struct written *w;

	buf_reset(scratch);
	if (form == WRITTEN_JSON) {
		alert_json(scratch, alert);
		buf_addc(scratch, '\n');
	} else {
		alert_text(scratch, alert, form == WRITTEN_COLORED);
	}
	if (scratch->failed) {
		buf_fini(scratch);
		return NULL;
	}
	w = malloc(sizeof(*w) + scratch->len);
	if (!w)
		return NULL;
	atomic_init(&w->refs, 1);
	w->len = scratch->len;
	memcpy(w->text, scratch->data, scratch->len);
	return w;
}

struct written *written_ref(struct written *w)
{
	atomic_fetch_add_explicit(&w->refs, 1, memory_order_relaxed);
	return w;
}

void written_unref(struct written *w)
{
	if (w && atomic_fetch_sub_explicit(&w->refs, 1, memory_order_acq_rel) == 1)
		free(w);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "sink/written.h"

#include <stdlib.h>
#include <string.h>

static void colored(struct buf *out, const struct alert *a)
{
	alert_text(out, a, true);
}

static void plain(struct buf *out, const struct alert *a)
{
	alert_text(out, a, false);
}

struct written *written_make(enum written_form form, const struct alert *alert, struct buf *scratch)
{
	static void (*const writers[NR_WRITTEN_FORMS])(struct buf *, const struct alert *) = {
		[WRITTEN_JSON] = alert_json, [WRITTEN_TEXT] = plain,
		[WRITTEN_COLORED] = colored, [WRITTEN_ECS] = alert_ecs,
		[WRITTEN_OCSF] = alert_ocsf, [WRITTEN_CEF] = alert_cef,
		[WRITTEN_OTLP] = alert_otlp,
	};
	struct written *w;

	buf_reset(scratch);
	writers[form](scratch, alert);
	if (scratch->len && scratch->data[scratch->len - 1] != '\n')
		buf_addc(scratch, '\n');
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

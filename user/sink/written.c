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

/* The alert alone. */
static void put_alert(struct buf *out, enum written_form format, const struct alert *a)
{
	static void (*const writers[NR_WRITTEN_FORMATS])(struct buf *, const struct alert *) = {
		[WRITTEN_JSON] = alert_json, [WRITTEN_TEXT] = plain,
		[WRITTEN_COLORED] = colored, [WRITTEN_ECS] = alert_ecs,
		[WRITTEN_OCSF] = alert_ocsf, [WRITTEN_CEF] = alert_cef,
		[WRITTEN_OTLP] = alert_otlp, [WRITTEN_BRIEF] = alert_brief,
	};

	writers[format](out, a);
}

static void put_entry(struct buf *out, enum written_form format, const struct alert *a)
{
	_cleanup_buf_ struct buf message = { 0 };

	put_alert(&message, format, a);
	alert_journal(out, a, (struct text){ message.data, message.len });
	out->failed |= message.failed;
}

static void put_keys(struct buf *out, const struct alert *a)
{
	const char *session = a->request ? a->request->session : NULL;

	buf_adds(out, a->host ?: "");
	buf_addc(out, '\0');
	buf_adds(out, session ?: "");
	buf_addc(out, '\0');
	alert_put_rule(out, a->rule);
	buf_addc(out, '\0');
}

struct written *written_make(unsigned int form, const struct alert *alert, struct buf *scratch)
{
	enum written_form format = form % NR_WRITTEN_FORMATS;

	buf_reset(scratch);
	if (form / NR_WRITTEN_FORMATS == WRITTEN_KEYED)
		put_keys(scratch, alert);
	if (form / NR_WRITTEN_FORMATS == WRITTEN_SYSLOG)
		alert_syslog(scratch, alert, format == WRITTEN_BRIEF);
	if (form / NR_WRITTEN_FORMATS == WRITTEN_JOURNAL)
		put_entry(scratch, format, alert);
	else
		put_alert(scratch, format, alert);
	if (form < NR_WRITTEN_FORMATS && scratch->data[scratch->len - 1] != '\n')
		buf_addc(scratch, '\n');
	if (scratch->failed) {
		buf_fini(scratch);
		return NULL;
	}
	return written_of((struct text){ scratch->data, scratch->len });
}

struct written *written_of(struct text text)
{
	struct written *w = malloc(sizeof(*w) + text.len);

	if (!w)
		return NULL;
	atomic_init(&w->refs, 1);
	w->len = text.len;
	memcpy(w->text, text.s, text.len);
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

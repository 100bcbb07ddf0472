// SPDX-License-Identifier: GPL-2.0-only
#include "pipeline/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

struct held *held_new(const struct pipeline_ops *ops, void *ctx, const struct pipeline_match *match,
		      const struct target_view *view, const struct rule *rule)
{
	const struct event *ev = match->event;
	size_t lines_size = ev->nr_frames * sizeof(int);
	size_t name_size = ev->qualname.s ? ev->qualname.len : 0;
	size_t size = sizeof(struct held) + lines_size + match->record_size + name_size;
	struct held *h = malloc(size);
	int *lines;
	char *record;

	if (!h)
		return NULL;
	lines = (int *)(h + 1);
	record = (char *)(lines + ev->nr_frames);
	for (size_t i = 0; i < ev->nr_frames; i++)
		lines[i] = ev->frames[i].line;
	memcpy(record, match->record, match->record_size);
	if (name_size)
		memcpy(record + match->record_size, ev->qualname.s, name_size);
	*h = (struct held){
		.rule = rule,
		.size = size,
		.ops = ops,
		.ctx = ctx,
		.record = record,
		.record_size = match->record_size,
		.qualname = { ev->qualname.s ? record + match->record_size : NULL, name_size },
		.lines = lines,
		.nr_lines = ev->nr_frames,
	};
	ops->view_share(ctx, view, &h->view);
	return h;
}

void held_free(void *held)
{
	struct held *h = held;

	if (!h)
		return;
	h->ops->view_end(h->ctx, &h->view);
	free(h);
}

int held_event(const struct held *h, struct arena *arena, struct event *out)
{
	struct err err;
	int ret = event_decode(arena, h->record, h->record_size, out, &err);

	if (ret)
		return ret;
	out->qualname = h->qualname;
	for (size_t i = 0; i < MIN(out->nr_frames, h->nr_lines); i++)
		out->frames[i].line = h->lines[i];
	return 0;
}

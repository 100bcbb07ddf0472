// SPDX-License-Identifier: GPL-2.0-only
#include "yaml/yaml_diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

/* What has more errors than this is not the file that was meant; the rest is counted. */
#define ERRORS_MAX 1000

struct yaml_diag_item {
	unsigned int line, column;
	size_t seq; /* keeps the order of what stands at one position: qsort() is not stable */
	char *message;
};

static struct yaml_diag_item *diag_item(struct yaml_diag *d)
{
	struct yaml_diag_item *items;
	size_t cap;

	if (d->nr_items == d->cap) {
		cap = d->cap ? 2 * d->cap : 16;
		items = reallocarray(d->items, cap, sizeof(*items));
		if (!items)
			return NULL;
		d->items = items;
		d->cap = cap;
	}
	return &d->items[d->nr_items];
}

void yaml_diag_add(struct yaml_diag *d, unsigned int line, unsigned int column, const char *fmt,
		   ...)
{
	struct yaml_diag_item *item;
	char *message;
	va_list ap;
	int n;

	if (d->nr_items == ERRORS_MAX) {
		d->nr_more++;
		return;
	}
	va_start(ap, fmt);
	n = vasprintf(&message, fmt, ap);
	va_end(ap);
	item = n < 0 ? NULL : diag_item(d);
	if (!item) {
		d->nomem = true;
		if (n >= 0)
			free(message);
		return;
	}
	*item = (struct yaml_diag_item){ line, column, d->nr_items++, message };
}

static int diag_compare(const void *a, const void *b)
{
	const struct yaml_diag_item *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void show_path(struct buf *messages, const char *path)
{
	text_terminal(messages, (struct text){ path, strlen(path) });
}

int yaml_diag_show(struct yaml_diag *d, const char *path, struct buf *messages)
{
	if (d->nr_items)
		qsort(d->items, d->nr_items, sizeof(*d->items), diag_compare);
	for (size_t i = 0; i < d->nr_items; i++) {
		const struct yaml_diag_item *item = &d->items[i];

		show_path(messages, path);
		buf_printf(messages, ":%u:%u: ", item->line, item->column);
		text_terminal(messages, (struct text){ item->message, strlen(item->message) });
		buf_addc(messages, '\n');
	}
	if (d->nr_more)
		yaml_diag_show_path(messages, path, "and %zu more errors", d->nr_more);
	if (d->nomem || messages->failed)
		return -ENOMEM;
	return d->nr_items ? -EINVAL : 0;
}

void yaml_diag_fini(struct yaml_diag *d)
{
	for (size_t i = 0; i < d->nr_items; i++)
		free(d->items[i].message);
	free(d->items);
	*d = (struct yaml_diag){ 0 };
}

void yaml_diag_show_path(struct buf *messages, const char *path, const char *fmt, ...)
{
	_cleanup_free_ char *message = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&message, fmt, ap);
	va_end(ap);
	if (n < 0) {
		message = NULL;
		messages->failed = 1;
		return;
	}
	show_path(messages, path);
	buf_adds(messages, ": ");
	text_terminal(messages, (struct text){ message, n });
	buf_addc(messages, '\n');
}

const char *yaml_quote(struct text t, char out[YAML_QUOTE_SIZE])
{
	size_t pos = 0, chars = 0;

	while (pos < t.len && chars < YAML_QUOTE_CHARS) {
		text_next(t.s, t.len, &pos);
		chars++;
	}
	snprintf(out, YAML_QUOTE_SIZE, "`%.*s%s`", (int)pos, t.s ? t.s : "",
		 pos < t.len ? "…" : "");
	return out;
}

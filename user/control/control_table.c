// SPDX-License-Identifier: GPL-2.0-only
#include "control/control_table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/util.h"

/* More columns than any table here has. */
#define COLUMNS_MAX 8
/* What is wider is cut, but for the last column. */
#define CELL_MAX 48

/* Characters of it. */
static size_t width_of(const char *s)
{
	size_t len = strlen(s), i = 0, n = 0;

	while (i < len) {
		text_next(s, len, &i);
		n++;
	}
	return n;
}

/* Takes over the cell. */
static void take_cell(struct control_table *t, char *cell)
{
	char **cells = cell ? reallocarray(t->cells, t->count + 1, sizeof(*cells)) : NULL;

	if (!cells) {
		free(cell);
		t->failed = 1;
		return;
	}
	t->cells = cells;
	cells[t->count++] = cell;
}

void control_table_init(struct control_table *t, const char *align)
{
	*t = (struct control_table){ .align = align };
}

void control_table_add(struct control_table *t, const char *text)
{
	_cleanup_buf_ struct buf shown = { 0 }, cell = { 0 };
	bool last = (t->count + 1) % strlen(t->align) == 0;
	size_t i = 0, n = 0;

	if (!text)
		text = "-";
	text_terminal(&shown, (struct text){ text, strlen(text) });
	buf_adds(&cell, "");
	while (i < shown.len) {
		uint32_t ch = text_next(shown.data, shown.len, &i);

		if (++n == CELL_MAX && i < shown.len && !last) {
			buf_adds(&cell, "…");
			break;
		}
		text_put(&cell, ch);
	}
	t->failed |= shown.failed | cell.failed;
	take_cell(t, TAKE_PTR(cell.data));
}

void control_table_addf(struct control_table *t, const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	control_table_add(t, line);
}

static void pad(struct buf *out, size_t n)
{
	while (n--)
		buf_addc(out, ' ');
}

void control_table_write(struct control_table *t, struct buf *out)
{
	size_t columns = MIN(strlen(t->align), (size_t)COLUMNS_MAX), widths[COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < t->count; i++)
		widths[i % columns] = MAX(widths[i % columns], width_of(t->cells[i]));
	for (size_t i = 0; i < t->count && !t->failed; i++) {
		size_t column = i % columns, blanks = widths[column] - width_of(t->cells[i]);
		bool right = t->align[column] == 'r', last = column + 1 == columns;

		pad(out, 2 + (right ? blanks : 0));
		buf_adds(out, t->cells[i]);
		if (last)
			buf_addc(out, '\n');
		else
			pad(out, right ? 0 : blanks);
	}
	out->failed |= t->failed;
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	control_table_init(t, t->align);
}

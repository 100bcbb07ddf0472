// SPDX-License-Identifier: GPL-2.0-only
/* A report as it is written. */
#include <string.h>

#include "base/util.h"
#include "console/report.h"
#include "console/when.h"

/* Of each part, to a person. */
#define SHOWN 10

/* The next value from *at on that is new; NULL: there is none. */
static const struct report_count *next_new(const struct report *r, enum report_part part,
					   size_t *at)
{
	while (report_tells_new(part) && *at < r->parts[part].nr) {
		const struct report_count *c = &r->parts[part].counts[(*at)++];

		if (c->is_new)
			return c;
	}
	return NULL;
}

static size_t count_new(const struct report *r, enum report_part part)
{
	size_t at = 0, n = 0;

	while (next_new(r, part, &at))
		n++;
	return n;
}

static void put_new_json(struct buf *out, const struct report *r)
{
	const char *part_separator = "";

	buf_adds(out, ",\"new\":{");
	for (size_t i = 0; i < NR_REPORT_PARTS; i++) {
		const struct report_count *c;
		const char *separator = "";

		if (!report_tells_new(i))
			continue;
		buf_printf(out, "%s\"%s\":[", part_separator, report_part_name(i));
		for (size_t at = 0; (c = next_new(r, i, &at)); separator = ",") {
			buf_adds(out, separator);
			text_json(out, c->what);
		}
		buf_addc(out, ']');
		part_separator = ",";
	}
	buf_addc(out, '}');
}

void report_json(struct buf *out, const struct report *r)
{
	buf_adds(out, "{\"since\":\"");
	when_put(out, r->since);
	buf_adds(out, "\",\"until\":\"");
	when_put(out, r->until);
	buf_printf(out, "\",\"total\":%lld,\"before\":%lld", (long long)r->total,
		   (long long)r->before);
	for (size_t i = 0; i < NR_REPORT_PARTS; i++) {
		buf_printf(out, ",\"%s\":{", report_part_name(i));
		for (size_t j = 0; j < r->parts[i].nr; j++) {
			if (j)
				buf_addc(out, ',');
			text_json(out, r->parts[i].counts[j].what);
			buf_printf(out, ":%lld", (long long)r->parts[i].counts[j].alerts);
		}
		buf_addc(out, '}');
	}
	put_new_json(out, r);
	buf_addc(out, '}');
}

static void put_others_text(struct buf *out, size_t shown, size_t nr)
{
	if (nr > shown)
		buf_printf(out, "            and %zu%s others\n", nr - shown,
			   nr == REPORT_COUNTS_MAX ? " or more" : "");
}

static void put_new_text(struct buf *out, const struct report *r)
{
	for (size_t i = 0; i < NR_REPORT_PARTS; i++) {
		size_t nr = count_new(r, i), at = 0;

		if (nr)
			buf_printf(out, "\nNew: %s\n", report_part_title(i));
		for (size_t n = 0; n < MIN(nr, (size_t)SHOWN); n++) {
			buf_adds(out, "            ");
			text_terminal(out, next_new(r, i, &at)->what);
			buf_addc(out, '\n');
		}
		put_others_text(out, SHOWN, nr);
	}
}

void report_text(struct buf *out, const struct report *r)
{
	buf_adds(out, "Alerts from ");
	when_put(out, r->since);
	buf_adds(out, " to ");
	when_put(out, r->until);
	buf_printf(out, "\n\n%lld alerts; %lld in as long a time before\n", (long long)r->total,
		   (long long)r->before);
	put_new_text(out, r);
	for (size_t i = 0; i < NR_REPORT_PARTS; i++) {
		if (r->parts[i].nr)
			buf_printf(out, "\n%s\n", report_part_title(i));
		for (size_t j = 0; j < MIN(r->parts[i].nr, (size_t)SHOWN); j++) {
			buf_printf(out, "%10lld  ", (long long)r->parts[i].counts[j].alerts);
			text_terminal(out, r->parts[i].counts[j].what);
			buf_addc(out, '\n');
		}
		put_others_text(out, SHOWN, r->parts[i].nr);
	}
}

/* Text between tags, with what is not seen as its escapes. */
static void put_html(struct buf *out, struct text t)
{
	_cleanup_buf_ struct buf visible = { 0 };

	text_terminal(&visible, t);
	out->failed |= visible.failed;
	for (size_t i = 0; i < visible.len; i++) {
		switch (visible.data[i]) {
		case '<':
			buf_adds(out, "&lt;");
			break;
		case '>':
			buf_adds(out, "&gt;");
			break;
		case '&':
			buf_adds(out, "&amp;");
			break;
		default:
			buf_addc(out, visible.data[i]);
		}
	}
}

static void put_title(struct buf *out, const char *before, enum report_part part)
{
	const char *title = report_part_title(part);

	buf_printf(out, "<h2>%s", before);
	put_html(out, (struct text){ title, strlen(title) });
	buf_adds(out, "</h2>\n");
}

static void put_others_html(struct buf *out, const char *tag, size_t nr)
{
	if (nr > SHOWN)
		buf_printf(out, "<%s>and %zu%s others</%s>\n", tag, nr - SHOWN,
			   nr == REPORT_COUNTS_MAX ? " or more" : "", tag);
}

static void put_new_html(struct buf *out, const struct report *r)
{
	for (size_t i = 0; i < NR_REPORT_PARTS; i++) {
		size_t nr = count_new(r, i), at = 0;

		if (!nr)
			continue;
		put_title(out, "New: ", i);
		buf_adds(out, "<ul>\n");
		for (size_t n = 0; n < MIN(nr, (size_t)SHOWN); n++) {
			buf_adds(out, "<li>");
			put_html(out, next_new(r, i, &at)->what);
			buf_adds(out, "</li>\n");
		}
		put_others_html(out, "li", nr);
		buf_adds(out, "</ul>\n");
	}
}

void report_html(struct buf *out, const struct report *r)
{
	buf_adds(
		out,
		"<!doctype html>\n<html lang=\"en\">\n<head><meta "
		"charset=\"utf-8\"><title>Alerts</title>\n"
		"<style>body{font:15px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
		"td:first-child{text-align:right;padding-right:1em}td{overflow-wrap:anywhere}</"
		"style></head>\n"
		"<body>\n<h1>Alerts</h1>\n<p>From ");
	when_put(out, r->since);
	buf_adds(out, " to ");
	when_put(out, r->until);
	buf_printf(out, ": <strong>%lld alerts</strong>; %lld in as long a time before.</p>\n",
		   (long long)r->total, (long long)r->before);
	put_new_html(out, r);
	for (size_t i = 0; i < NR_REPORT_PARTS; i++) {
		if (!r->parts[i].nr)
			continue;
		put_title(out, "", i);
		buf_adds(out, "<table>\n");
		for (size_t j = 0; j < MIN(r->parts[i].nr, (size_t)SHOWN); j++) {
			buf_printf(out, "<tr><td>%lld</td><td>",
				   (long long)r->parts[i].counts[j].alerts);
			put_html(out, r->parts[i].counts[j].what);
			buf_adds(out, "</td></tr>\n");
		}
		buf_adds(out, "</table>\n");
		put_others_html(out, "p", r->parts[i].nr);
	}
	buf_adds(out, "</body>\n</html>\n");
}

const struct report_form *report_form_find(struct text name)
{
	static const struct report_form forms[] = {
		{ "text", "text/plain; charset=utf-8", "report.txt", report_text },
		{ "html", "text/html; charset=utf-8", "report.html", report_html },
		{ "json", "application/json", "report.json", report_json },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (text_eq_str(name, forms[i].name))
			return &forms[i];
	}
	return NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "console/report.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/util.h"
#include "console/db.h"
#include "console/query.h"
#include "console/record.h"
#include "console/when.h"

#define SHOWN 10
#define TECHNIQUE "attack.t"

/* By the column's own index, which has the place in time as well: the alerts themselves are not read. */
#define COUNT(column, index)                                                                   \
	"SELECT " column ", count(*) AS n FROM alerts" index                                   \
	" WHERE seq >= ? AND seq < ? AND " column " IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1" \
	" LIMIT ?"
#define COUNT_BY(column)                                                   \
	{                                                                  \
		[DB_SQLITE] = COUNT(column, " INDEXED BY alerts_" column), \
		[DB_POSTGRES] = COUNT(column, ""),                         \
	}
#define COUNT_TECHNIQUES                                                 \
	"SELECT tag, count(*) AS n FROM tags WHERE seq >= ? AND seq < ?" \
	" AND tag >= 'attack.t' AND tag < 'attack.u' GROUP BY 1 ORDER BY n DESC, 1 LIMIT ?"

static const struct {
	const char *name, *title;
	const char *sql[NR_DB_KINDS];
} parts[NR_REPORT_PARTS] = {
	[REPORT_LEVEL] = { "level", "Levels", COUNT_BY("level") },
	[REPORT_RULE] = { "rule", "Rules", COUNT_BY("rule") },
	[REPORT_APPLICATION] = { "application", "Applications", COUNT_BY("app") },
	[REPORT_TECHNIQUE] = { "technique",
			       "ATT&CK techniques",
			       { COUNT_TECHNIQUES, COUNT_TECHNIQUES } },
	[REPORT_ADDRESS] = { "address", "Client addresses", COUNT_BY("addr") },
	[REPORT_SESSION] = { "session", "Sessions", COUNT_BY("session") },
};

static int count_all(struct db *db, int64_t since, int64_t until, int64_t *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	int res = db_ask(
		db, err, &stmt,
		db_kind(db) == DB_SQLITE
			? "SELECT count(*) FROM alerts INDEXED BY alerts_level WHERE seq >= ? AND "
			  "seq < ?"
			: "SELECT count(*) FROM alerts WHERE seq >= ? AND seq < ?",
		"ii", since * SEQ_A_MICROSECOND, until * SEQ_A_MICROSECOND);

	if (!res)
		res = db_row(db, err, stmt);
	if (res < 0)
		return res;
	*out = db_number(stmt, 0);
	return 0;
}

/* What a row counts, as it is called elsewhere: levels by name, "attack.t1059" as "T1059". */
static struct text name_of(struct arena *a, enum report_part part, struct db_rows *row)
{
	struct text t;
	char *copy;

	if (part == REPORT_LEVEL) {
		const char *level = record_level_name(db_number(row, 0));

		return (struct text){ level, strlen(level) };
	}
	t = db_text(row, 0);
	if (part == REPORT_TECHNIQUE) {
		t.s += strlen(TECHNIQUE) - 1;
		t.len -= strlen(TECHNIQUE) - 1;
	}
	copy = arena_alloc(a, t.len + 1);
	if (!copy)
		return (struct text){ NULL, 0 };
	memcpy(copy, t.s, t.len);
	if (part == REPORT_TECHNIQUE)
		*copy = 'T';
	return (struct text){ copy, t.len };
}

static int read_part(struct db *db, struct arena *a, struct report *r, enum report_part part,
		     struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	size_t n = 0;
	int res = db_ask(db, err, &rows, parts[part].sql[db_kind(db)], "iii",
			 r->since * SEQ_A_MICROSECOND, r->until * SEQ_A_MICROSECOND,
			 (int64_t)REPORT_COUNTS_MAX);

	r->parts[part].counts = arena_array(a, REPORT_COUNTS_MAX, sizeof(struct report_count));
	if (!r->parts[part].counts)
		return err_set(err, -ENOMEM, "out of memory");
	while (!res && (res = db_row(db, err, rows)) > 0) {
		struct report_count *c = &r->parts[part].counts[n++];

		c->what = name_of(a, part, rows);
		c->alerts = db_number(rows, 1);
		res = c->what.s ? 0 : err_set(err, -ENOMEM, "out of memory");
	}
	r->parts[part].nr = n;
	return res;
}

int report_read(struct db *db, struct arena *a, int64_t since, int64_t until, struct report *out,
		struct err *err)
{
	int64_t earlier = MAX(since - (until - since), (int64_t)0);
	int res;

	*out = (struct report){ .since = since, .until = until };
	res = count_all(db, since, until, &out->total, err);
	if (!res)
		res = count_all(db, earlier, since, &out->before, err);
	for (size_t i = 0; i < NR_REPORT_PARTS && !res; i++)
		res = read_part(db, a, out, i, err);
	return res;
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
		buf_printf(out, ",\"%s\":{", parts[i].name);
		for (size_t j = 0; j < r->parts[i].nr; j++) {
			if (j)
				buf_addc(out, ',');
			text_json(out, r->parts[i].counts[j].what);
			buf_printf(out, ":%lld", (long long)r->parts[i].counts[j].alerts);
		}
		buf_addc(out, '}');
	}
	buf_addc(out, '}');
}

void report_text(struct buf *out, const struct report *r)
{
	buf_adds(out, "Alerts from ");
	when_put(out, r->since);
	buf_adds(out, " to ");
	when_put(out, r->until);
	buf_printf(out, "\n\n%lld alerts; %lld in as long a time before\n", (long long)r->total,
		   (long long)r->before);
	for (size_t i = 0; i < NR_REPORT_PARTS; i++) {
		if (r->parts[i].nr)
			buf_printf(out, "\n%s\n", parts[i].title);
		for (size_t j = 0; j < MIN(r->parts[i].nr, (size_t)SHOWN); j++) {
			buf_printf(out, "%10lld  ", (long long)r->parts[i].counts[j].alerts);
			text_terminal(out, r->parts[i].counts[j].what);
			buf_addc(out, '\n');
		}
		if (r->parts[i].nr > SHOWN)
			buf_printf(out, "            and %zu%s others\n", r->parts[i].nr - SHOWN,
				   r->parts[i].nr == REPORT_COUNTS_MAX ? " or more" : "");
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
	for (size_t i = 0; i < NR_REPORT_PARTS; i++) {
		if (!r->parts[i].nr)
			continue;
		buf_adds(out, "<h2>");
		put_html(out, (struct text){ parts[i].title, strlen(parts[i].title) });
		buf_adds(out, "</h2>\n<table>\n");
		for (size_t j = 0; j < MIN(r->parts[i].nr, (size_t)SHOWN); j++) {
			buf_printf(out, "<tr><td>%lld</td><td>",
				   (long long)r->parts[i].counts[j].alerts);
			put_html(out, r->parts[i].counts[j].what);
			buf_adds(out, "</td></tr>\n");
		}
		buf_adds(out, "</table>\n");
	}
	buf_adds(out, "</body>\n</html>\n");
}

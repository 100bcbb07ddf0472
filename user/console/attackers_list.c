// SPDX-License-Identifier: GPL-2.0-only
/* The attackers as they are shown. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip_network.h"
#include "base/util.h"
#include "console/allowed.h"
#include "console/attackers.h"
#include "console/db.h"
#include "console/field.h"
#include "console/when.h"

static void put_apps(struct buf *out, struct text apps)
{
	const char *at = apps.s, *end = at ? at + apps.len : at, *newline;
	const char *separator = "";

	buf_adds(out, "\"applications\":[");
	for (; at < end && (newline = memchr(at, '\n', end - at)); at = newline + 1) {
		buf_adds(out, separator);
		text_json(out, (struct text){ at, newline - at });
		separator = ",";
	}
	buf_addc(out, ']');
}

static void put_attacker(struct buf *out, struct db_rows *row)
{
	buf_printf(out, "{\"by\":\"%s\",", score_by_name(db_number(row, 0)));
	field_text(out, "who", db_text(row, 1));
	field_text(out, "addr", db_text(row, 2));
	field_time(out, "since", db_number(row, 3));
	field_time(out, "listed", db_number(row, 5));
	field_time(out, "last", db_number(row, 4));
	field_time(out, "until", db_number(row, 6));
	buf_printf(out,
		   "\"score\":%lld,\"points\":%lld,\"levels\":{\"info\":%lld,\"warn\":%lld,"
		   "\"alert\":%lld},",
		   (long long)db_number(row, 7), (long long)db_number(row, 8),
		   (long long)db_number(row, 9), (long long)db_number(row, 10),
		   (long long)db_number(row, 11));
	put_apps(out, db_text(row, 12));
	buf_addc(out, '}');
}

static int put_attackers(struct db *db, const struct allowed *allowed, int64_t now, struct buf *out,
			 struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	int64_t total = 0;
	int res =
		db_ask(db, err, &rows,
		       "SELECT kind, who, addr, first, last, listed, expires, score, points,"
		       " infos, warns, alerts, apps FROM attackers WHERE expires > ? AND listed > 0"
		       " ORDER BY last DESC, who",
		       "i", now);

	buf_adds(out, "{\"attackers\":[");
	while (!res && (res = db_row(db, err, rows)) > 0) {
		res = 0;
		/* Somebody may have been allowed since. */
		if (allowed_holds(allowed, db_text(rows, 2)))
			continue;
		if (total < ATTACKERS_SHOWN) {
			buf_adds(out, total ? "," : "");
			put_attacker(out, rows);
		}
		total++;
	}
	buf_printf(out, "],\"total\":%lld", (long long)total);
	return res;
}

static void put_settings(struct buf *out, const struct score_settings *s)
{
	buf_printf(out,
		   "{\"by\":\"%s\",\"score\":%lld,\"window_s\":%lld,\"keep_s\":%lld,\"points\":",
		   score_by_name(s->by), (long long)s->limit, (long long)(s->window / WHEN_SECOND),
		   (long long)(s->keep / WHEN_SECOND));
	text_json(out, (struct text){ s->points, strlen(s->points) });
	buf_addc(out, '}');
}

int attackers_put(struct db *db, const struct score_settings *s, int64_t now, struct buf *out,
		  struct err *err)
{
	_cleanup_free_ struct allowed *allowed = malloc(sizeof(*allowed));
	int res;

	if (!allowed)
		return err_set(err, -ENOMEM, "out of memory");
	res = allowed_read(db, allowed, err);
	if (!res)
		res = put_attackers(db, allowed, now, out, err);
	buf_adds(out, ",\"allowed\":");
	if (!res)
		res = allowed_put(db, out, err);
	buf_adds(out, ",\"settings\":");
	put_settings(out, s);
	return res;
}

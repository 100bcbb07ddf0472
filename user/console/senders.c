// SPDX-License-Identifier: GPL-2.0-only
#include "console/senders.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "console/db.h"
#include "console/field.h"
#include "console/when.h"

#define HOSTS_MAX 32
#define SHOWN 500

struct heard {
	struct text host;
	int64_t alerts;
};

static struct text agent_of(const struct sender *s)
{
	return record_cut((struct text){ s->agent ?: "", s->agent ? strlen(s->agent) : 0 },
			  RECORD_TEXT_MAX);
}

static size_t count_by_host(const struct record *records, size_t nr, struct heard *out)
{
	size_t n = 0;

	for (size_t i = 0; i < nr; i++) {
		struct text host = records[i].host.s ? records[i].host : TEXT("");
		size_t at = 0;

		while (at < n && !text_eq(out[at].host, host))
			at++;
		if (at == HOSTS_MAX)
			at--;
		else if (at == n)
			out[n++] = (struct heard){ .host = host };
		out[at].alerts++;
	}
	return n;
}

int senders_heard(struct db *db, const struct sender *s, const struct record *records, size_t nr,
		  int64_t now, struct err *err)
{
	struct heard hosts[HOSTS_MAX];
	size_t n = count_by_host(records, nr, hosts);
	int64_t res = 0;

	for (size_t i = 0; i < n && res >= 0; i++)
		res = db_do(db, err,
			    "INSERT INTO senders (app, host, agent, addr, heard, alerts)"
			    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (app, host) DO UPDATE SET"
			    " agent = excluded.agent, addr = excluded.addr, heard = excluded.heard,"
			    " alerts = senders.alerts + excluded.alerts",
			    "sttsii", s->app, hosts[i].host, agent_of(s), s->addr, now,
			    hosts[i].alerts);
	return res < 0 ? res : 0;
}

int senders_report(struct db *db, const struct sender *s, struct text host, struct text report,
		   int64_t now, struct err *err)
{
	int64_t res = db_do(db, err,
			    "INSERT INTO senders (app, host, agent, addr, heard, alerts, reported,"
			    " report) VALUES (?, ?, ?, ?, ?, 0, ?, ?)"
			    " ON CONFLICT (app, host) DO UPDATE SET agent = excluded.agent,"
			    " addr = excluded.addr, heard = excluded.heard,"
			    " reported = excluded.reported, report = excluded.report",
			    "sttsiit", s->app, host, agent_of(s), s->addr, now, now, report);

	return res < 0 ? res : 0;
}

static void put_sender(struct buf *out, struct db_rows *row)
{
	struct text report = db_text(row, 7);

	buf_addc(out, '{');
	field_text(out, "app", db_text(row, 0));
	field_text(out, "host", db_text(row, 1));
	field_text(out, "agent", db_text(row, 2));
	field_text(out, "addr", db_text(row, 3));
	field_time(out, "heard", db_number(row, 4));
	field_time(out, "reported", db_number(row, 6));
	buf_printf(out, "\"alerts\":%lld,\"report\":", (long long)db_number(row, 5));
	if (report.s)
		buf_add(out, report.s, report.len);
	else
		buf_adds(out, "null");
	buf_addc(out, '}');
}

int senders_put(struct db *db, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *rows = NULL;
	const char *separator = "";
	int res = db_ask(db, err, &rows,
			 "SELECT app, host, agent, addr, heard, alerts, reported, report"
			 " FROM senders ORDER BY heard DESC, app, host LIMIT ?",
			 "i", (int64_t)SHOWN);

	buf_addc(out, '[');
	while (!res && (res = db_row(db, err, rows)) > 0) {
		buf_adds(out, separator);
		put_sender(out, rows);
		separator = ",";
		res = 0;
	}
	buf_addc(out, ']');
	return res;
}

int senders_forget(struct db *db, int64_t before, struct err *err)
{
	int64_t res = db_do(db, err, "DELETE FROM senders WHERE heard < ?", "i", before);

	return res < 0 ? res : 0;
}

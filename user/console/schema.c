// SPDX-License-Identifier: GPL-2.0-only
#include "console/schema.h"

#include <errno.h>
#include <stdio.h>

#include "base/util.h"
#include "console/db.h"

/* Places in time (see below) of an hour. */
#define HOUR "7372800000000"

/*
 * One entry a version, in order; what is here is never changed, only added to.
 *
 * alerts.seq is the alert's place in time: microseconds since the epoch, times 2048, plus what tells alerts of one
 * microsecond apart.  As it is the row's id as well, each index has its entries in order of time without naming it.
 */
static const char *const versions[] = {
	"CREATE TABLE alerts (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, received INTEGER "
	"NOT NULL,"
	" app TEXT NOT NULL, level INTEGER NOT NULL, rule TEXT NOT NULL, function TEXT, what TEXT, "
	"host TEXT,"
	" pod TEXT, path TEXT, addr TEXT, session TEXT, agent TEXT, action TEXT, grp INTEGER NOT "
	"NULL,"
	" json TEXT NOT NULL);"
	"CREATE INDEX alerts_level ON alerts (level);"
	"CREATE INDEX alerts_app ON alerts (app);"
	"CREATE INDEX alerts_rule ON alerts (rule);"
	"CREATE INDEX alerts_function ON alerts (function);"
	"CREATE INDEX alerts_host ON alerts (host);"
	"CREATE INDEX alerts_pod ON alerts (pod) WHERE pod IS NOT NULL;"
	"CREATE INDEX alerts_path ON alerts (path) WHERE path IS NOT NULL;"
	"CREATE INDEX alerts_addr ON alerts (addr) WHERE addr IS NOT NULL;"
	"CREATE INDEX alerts_session ON alerts (session) WHERE session IS NOT NULL;"
	"CREATE INDEX alerts_agent ON alerts (agent) WHERE agent IS NOT NULL;"
	"CREATE INDEX alerts_group ON alerts (grp);"
	"CREATE TABLE tags (tag TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (tag, seq)) "
	"WITHOUT ROWID;"
	"CREATE VIRTUAL TABLE words USING fts5 (text, content='');"
	"CREATE TABLE users (name TEXT PRIMARY KEY, role INTEGER NOT NULL, password TEXT) WITHOUT "
	"ROWID;"
	"CREATE TABLE invites (hash TEXT PRIMARY KEY, user TEXT NOT NULL, expires INTEGER NOT "
	"NULL) WITHOUT ROWID;"
	"CREATE TABLE sessions (hash TEXT PRIMARY KEY, user TEXT NOT NULL, csrf TEXT NOT NULL,"
	" expires INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE keys (hash TEXT PRIMARY KEY, app TEXT NOT NULL, made INTEGER NOT NULL) "
	"WITHOUT ROWID;"
	"CREATE TABLE audit (seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, who TEXT NOT NULL, "
	"addr TEXT,"
	" what TEXT NOT NULL, detail TEXT);",

	/* What people say of alerts. */
	"ALTER TABLE alerts ADD COLUMN state INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX alerts_state ON alerts (state) WHERE state <> 0;"
	"CREATE TABLE notes (seq INTEGER PRIMARY KEY, alert INTEGER NOT NULL, time INTEGER NOT "
	"NULL, who TEXT NOT NULL,"
	" state INTEGER NOT NULL, text TEXT);"
	"CREATE INDEX notes_alert ON notes (alert);"
	"CREATE INDEX alerts_received ON alerts (received);",

	/* Alerts counted by the hour (see tally.h), and who sends them (see senders.h). */
	"CREATE TABLE hours (part INTEGER NOT NULL, hour INTEGER NOT NULL, what TEXT NOT NULL,"
	" alerts INTEGER NOT NULL, PRIMARY KEY (part, hour, what)) WITHOUT ROWID;"
	"INSERT INTO hours SELECT 0, seq / " HOUR ", CASE level WHEN 0 THEN 'info' WHEN 1 THEN"
	" 'warn' ELSE 'alert' END, count(*) FROM alerts GROUP BY 2, 3;"
	"INSERT INTO hours SELECT 1, seq / " HOUR ", rule, count(*) FROM alerts GROUP BY 2, 3;"
	"INSERT INTO hours SELECT 2, seq / " HOUR ", path, count(*) FROM alerts"
	" WHERE path IS NOT NULL GROUP BY 2, 3;"
	"INSERT INTO hours SELECT 3, seq / " HOUR ", addr, count(*) FROM alerts"
	" WHERE addr IS NOT NULL GROUP BY 2, 3;"
	"INSERT INTO hours SELECT 4, seq / " HOUR ", app, count(*) FROM alerts GROUP BY 2, 3;"
	"INSERT INTO hours SELECT 5, seq / " HOUR ", tag, count(*) FROM tags"
	" WHERE tag GLOB 'attack.t*' GROUP BY 2, 3;"
	"CREATE INDEX alerts_with_session ON alerts (seq) WHERE session IS NOT NULL;"
	"CREATE TABLE senders (app TEXT NOT NULL, host TEXT NOT NULL, agent TEXT NOT NULL,"
	" addr TEXT NOT NULL, heard INTEGER NOT NULL, alerts INTEGER NOT NULL, reported INTEGER,"
	" report TEXT, PRIMARY KEY (app, host)) WITHOUT ROWID;",
};

static int read_version(struct db *db, int64_t *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	int res = db_ask(db, err, &stmt, "PRAGMA user_version", "");

	if (!res)
		res = db_row(db, err, stmt);
	if (res < 0)
		return res;
	*out = db_number(stmt, 0);
	return 0;
}

static int migrate(struct db *db, struct err *err)
{
	int64_t version;
	char pragma[64];
	int res = read_version(db, &version, err);

	if (res)
		return res;
	if (version < 0 || version > (int64_t)ARRAY_SIZE(versions))
		return err_set(
			err, -EINVAL,
			"the store is of version %lld, and this program knows those up to %zu: "
			"use a newer phrude-console",
			(long long)version, ARRAY_SIZE(versions));
	for (size_t i = version; i < ARRAY_SIZE(versions) && !res; i++)
		res = db_script(db, err, versions[i]);
	if (res)
		return res;
	snprintf(pragma, sizeof(pragma), "PRAGMA user_version=%zu", ARRAY_SIZE(versions));
	return db_script(db, err, pragma);
}

int schema_migrate(struct db *db, struct err *err)
{
	int res = db_script(db, err, "BEGIN IMMEDIATE");

	if (res)
		return res;
	res = migrate(db, err);
	if (!res)
		return db_script(db, err, "COMMIT");
	db_script(db, NULL, "ROLLBACK");
	return res;
}

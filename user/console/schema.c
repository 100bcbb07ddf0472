// SPDX-License-Identifier: GPL-2.0-only
#include "console/schema.h"

#include <errno.h>
#include <stdio.h>

#include "base/util.h"
#include "console/db.h"

/* Places in time (see below) of an hour. */
#define HOUR "7372800000000"

/* A proxy on the same machine, and whoever looks after it. */
#define ALLOW_LOOPBACK                                           \
	"INSERT INTO allowed (network, who, time, note) VALUES"  \
	" ('127.0.0.0/8', 'phrude-console', 0, 'this machine')," \
	" ('::1', 'phrude-console', 0, 'this machine');"

/*
 * One entry a version, in order; what is here is never changed, only added to.
 *
 * alerts.seq is the alert's place in time: microseconds since the epoch, times 2048, plus what
 * tells alerts of one microsecond apart.  As it is the row's id as well, each index has its entries
 * in order of time without naming it.
 */
static const char *const sqlite_versions[] = {
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

	/* Who attacks (see attackers.h), and who never does (see allowed.h). */
	"CREATE TABLE attackers (kind INTEGER NOT NULL, who TEXT NOT NULL, addr TEXT NOT NULL,"
	" first INTEGER NOT NULL, last INTEGER NOT NULL, listed INTEGER NOT NULL,"
	" expires INTEGER NOT NULL, score INTEGER NOT NULL, points INTEGER NOT NULL,"
	" infos INTEGER NOT NULL, warns INTEGER NOT NULL, alerts INTEGER NOT NULL,"
	" hits TEXT NOT NULL, apps TEXT NOT NULL, PRIMARY KEY (kind, who)) WITHOUT ROWID;"
	"CREATE INDEX attackers_expires ON attackers (expires);"
	"CREATE TABLE allowed (network TEXT PRIMARY KEY, who TEXT NOT NULL, time INTEGER NOT NULL,"
	" note TEXT NOT NULL) WITHOUT ROWID;" ALLOW_LOOPBACK,

	/* What the store alone knows (see proxy_login.h). */
	"CREATE TABLE secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;",

	/* Which reports went out (see outbox.h). */
	"CREATE TABLE reports (way INTEGER NOT NULL, span INTEGER NOT NULL, until INTEGER NOT NULL,"
	" id TEXT NOT NULL, state INTEGER NOT NULL, tries INTEGER NOT NULL, due INTEGER NOT NULL,"
	" error TEXT, PRIMARY KEY (way, span, until)) WITHOUT ROWID;",

	/* How far transitions were decided (see transitions_watch.h). */
	"CREATE TABLE decided (name TEXT PRIMARY KEY,"
	" received INTEGER NOT NULL, seq INTEGER NOT NULL)"
	" WITHOUT ROWID;",
};

/*
 * The same for PostgreSQL.  Its indexes have no row ids: the place in time stands in each, and the
 * latest is asked for first.  Texts compare by their bytes, as SQLite's do.
 */
#define BYTES "TEXT COLLATE \"C\""
static const char *const postgres_versions[] = {
	"CREATE TABLE alerts (seq BIGINT PRIMARY KEY, id " BYTES " NOT NULL UNIQUE,"
	" received BIGINT NOT NULL, app " BYTES " NOT NULL, level BIGINT NOT NULL,"
	" rule " BYTES " NOT NULL, function " BYTES ", what " BYTES ", host " BYTES ", pod " BYTES
	","
	" path " BYTES ", addr " BYTES ", session " BYTES ", agent " BYTES ", action " BYTES ","
	" grp BIGINT NOT NULL, json TEXT NOT NULL, state BIGINT NOT NULL DEFAULT 0);"
	"CREATE INDEX alerts_level ON alerts (level, seq);"
	"CREATE INDEX alerts_app ON alerts (app, seq);"
	"CREATE INDEX alerts_rule ON alerts (rule, seq);"
	"CREATE INDEX alerts_function ON alerts (function, seq);"
	"CREATE INDEX alerts_host ON alerts (host, seq);"
	"CREATE INDEX alerts_pod ON alerts (pod, seq) WHERE pod IS NOT NULL;"
	"CREATE INDEX alerts_path ON alerts (path, seq) WHERE path IS NOT NULL;"
	"CREATE INDEX alerts_addr ON alerts (addr, seq) WHERE addr IS NOT NULL;"
	"CREATE INDEX alerts_session ON alerts (session, seq) WHERE session IS NOT NULL;"
	"CREATE INDEX alerts_with_session ON alerts (seq) WHERE session IS NOT NULL;"
	"CREATE INDEX alerts_agent ON alerts (agent, seq) WHERE agent IS NOT NULL;"
	"CREATE INDEX alerts_group ON alerts (grp, seq);"
	"CREATE INDEX alerts_state ON alerts (state, seq) WHERE state <> 0;"
	"CREATE INDEX alerts_received ON alerts (received);"
	"CREATE TABLE tags (tag " BYTES " NOT NULL, seq BIGINT NOT NULL, PRIMARY KEY (tag, seq));"
	"CREATE TABLE words (seq BIGINT PRIMARY KEY, text TSVECTOR NOT NULL);"
	"CREATE INDEX words_text ON words USING gin (text);"
	"CREATE TABLE users (name " BYTES " PRIMARY KEY, role BIGINT NOT NULL, password TEXT);"
	"CREATE TABLE invites (hash " BYTES " PRIMARY KEY, \"user\" " BYTES " NOT NULL,"
	" expires BIGINT NOT NULL);"
	"CREATE TABLE sessions (hash " BYTES " PRIMARY KEY, \"user\" " BYTES " NOT NULL,"
	" csrf TEXT NOT NULL, expires BIGINT NOT NULL);"
	"CREATE TABLE keys (hash " BYTES " PRIMARY KEY, app " BYTES
	" NOT NULL, made BIGINT NOT NULL);"
	"CREATE TABLE audit (seq BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,"
	" time BIGINT NOT NULL, who TEXT NOT NULL, addr TEXT, what TEXT NOT NULL, detail TEXT);"
	"CREATE TABLE notes (seq BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,"
	" alert BIGINT NOT NULL, time BIGINT NOT NULL, who TEXT NOT NULL, state BIGINT NOT NULL,"
	" text TEXT);"
	"CREATE INDEX notes_alert ON notes (alert);"
	"CREATE TABLE hours (part BIGINT NOT NULL, hour BIGINT NOT NULL, what " BYTES " NOT NULL,"
	" alerts BIGINT NOT NULL, PRIMARY KEY (part, hour, what));"
	"CREATE TABLE senders (app " BYTES " NOT NULL, host " BYTES
	" NOT NULL, agent TEXT NOT NULL,"
	" addr TEXT NOT NULL, heard BIGINT NOT NULL, alerts BIGINT NOT NULL, reported BIGINT,"
	" report TEXT, PRIMARY KEY (app, host));",

	"CREATE TABLE attackers (kind BIGINT NOT NULL, who " BYTES " NOT NULL, addr " BYTES
	" NOT NULL,"
	" first BIGINT NOT NULL, last BIGINT NOT NULL, listed BIGINT NOT NULL,"
	" expires BIGINT NOT NULL, score BIGINT NOT NULL, points BIGINT NOT NULL,"
	" infos BIGINT NOT NULL, warns BIGINT NOT NULL, alerts BIGINT NOT NULL,"
	" hits TEXT NOT NULL, apps TEXT NOT NULL, PRIMARY KEY (kind, who));"
	"CREATE INDEX attackers_expires ON attackers (expires);"
	"CREATE TABLE allowed (network " BYTES " PRIMARY KEY, who TEXT NOT NULL,"
	" time BIGINT NOT NULL, note TEXT NOT NULL);" ALLOW_LOOPBACK,

	"CREATE TABLE secrets (name " BYTES " PRIMARY KEY, value TEXT NOT NULL);",

	"CREATE TABLE reports (way BIGINT NOT NULL, span BIGINT NOT NULL, until BIGINT NOT NULL,"
	" id TEXT NOT NULL, state BIGINT NOT NULL, tries BIGINT NOT NULL, due BIGINT NOT NULL,"
	" error TEXT, PRIMARY KEY (way, span, until));",

	"CREATE TABLE decided (name " BYTES " PRIMARY KEY, received BIGINT NOT NULL,"
	" seq BIGINT NOT NULL);",
};

static const struct {
	const char *begin;
	const char *prepare; /* within the transaction, before anything else */
	const char *read;
	const char *write; /* with the version behind it */
	const char *const *versions;
	size_t nr;
} kinds[NR_DB_KINDS] = {
	[DB_SQLITE] = { "BEGIN IMMEDIATE", "", "PRAGMA user_version",
			"PRAGMA user_version=", sqlite_versions, ARRAY_SIZE(sqlite_versions) },
	/* Several consoles may start at once: one of them does it. */
	[DB_POSTGRES] = { "BEGIN",
			  "SELECT pg_advisory_xact_lock(8103210577);"
			  "CREATE TABLE IF NOT EXISTS store (version BIGINT NOT NULL);"
			  "INSERT INTO store SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM store)",
			  "SELECT version FROM store", "UPDATE store SET version = ",
			  postgres_versions, ARRAY_SIZE(postgres_versions) },
};

static int read_version(struct db *db, int64_t *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	int res = db_ask(db, err, &stmt, kinds[db_kind(db)].read, "");

	if (!res)
		res = db_row(db, err, stmt);
	if (res < 0)
		return res;
	*out = db_number(stmt, 0);
	return 0;
}

static int migrate_schema(struct db *db, struct err *err)
{
	enum db_kind kind = db_kind(db);
	int64_t version = 0, newest = kinds[kind].nr;
	char write[64];
	int res = db_script(db, err, kinds[kind].prepare);

	if (!res)
		res = read_version(db, &version, err);
	if (res)
		return res;
	if (version < 0 || version > newest)
		return err_set(
			err, -EINVAL,
			"the store is of version %lld, and this program knows those up to %lld: "
			"use a newer phrude-console",
			(long long)version, (long long)newest);
	if (version == newest)
		return 0;
	for (int64_t i = version; i < newest && !res; i++)
		res = db_script(db, err, kinds[kind].versions[i]);
	if (res)
		return res;
	snprintf(write, sizeof(write), "%s%lld", kinds[kind].write, (long long)newest);
	return db_script(db, err, write);
}

int schema_migrate(struct db *db, struct err *err)
{
	int res = db_script(db, err, kinds[db_kind(db)].begin);

	if (res)
		return res;
	res = migrate_schema(db, err);
	if (!res)
		return db_script(db, err, "COMMIT");
	db_script(db, NULL, "ROLLBACK");
	return res;
}

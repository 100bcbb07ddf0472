// SPDX-License-Identifier: GPL-2.0-only
#include "console/access.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "console/db.h"
#include "console/when.h"

static const char *const role_names[NR_ROLES] = { "none", "viewer", "analyst", "admin" };

const char *role_name(enum role role)
{
	return role < NR_ROLES ? role_names[role] : role_names[ROLE_NONE];
}

int role_parse(struct text name, enum role *out)
{
	for (enum role r = ROLE_VIEWER; r < NR_ROLES; r++) {
		if (text_eq_str(name, role_names[r])) {
			*out = r;
			return 0;
		}
	}
	return -EINVAL;
}

int access_check_name(const char *name, struct err *err)
{
	size_t len = strlen(name);
	bool ok = len && len <= ACCESS_NAME_MAX;

	for (const char *c = name; *c && ok; c++)
		ok = (unsigned char)*c < 0x80 && (isalnum((unsigned char)*c) || strchr("._@-", *c));
	return ok ? 0
		  : err_set(err, -EINVAL, "a name has 1 to %d letters, digits and \"._@-\"",
			    ACCESS_NAME_MAX);
}

/* For what changes rows: those that it changed do not matter. */
static int done(int64_t res)
{
	return res < 0 ? res : 0;
}

static void copy_text(char *out, size_t size, struct text t)
{
	snprintf(out, size, "%.*s", (int)MIN(t.len, size - 1), t.s ?: "");
}

int access_is_new(struct db *db, bool *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	int res = db_ask(db, err, &stmt,
			 "SELECT 1 FROM users WHERE role = ? AND password IS NOT NULL", "i",
			 (int64_t)ROLE_ADMIN);

	if (!res)
		res = db_row(db, err, stmt);
	if (res < 0)
		return res;
	*out = !res;
	return 0;
}

int access_invite(struct db *db, const char *user, enum role role, char token[TOKEN_SIZE],
		  struct err *err)
{
	int64_t now = when_now(), expires = now + ACCESS_LINK_MINUTES * WHEN_MINUTE;
	char hash[TOKEN_HASH_SIZE];
	int64_t res;

	token_make(token);
	token_hash((struct text){ token, strlen(token) }, hash);
	res = db_do(db, err,
		    "INSERT INTO users (name, role) VALUES (?, ?)"
		    " ON CONFLICT (name) DO UPDATE SET role = excluded.role",
		    "si", user, (int64_t)role);
	if (res >= 0)
		res = db_do(db, err, "DELETE FROM invites WHERE \"user\" = ? OR expires < ?", "si",
			    user, now);
	if (res >= 0)
		res = db_do(db, err,
			    "INSERT INTO invites (hash, \"user\", expires) VALUES (?, ?, ?)", "ssi",
			    hash, user, expires);
	return done(res);
}

/* Reads one text of one row. -ENOENT: there is no row. */
static int one_text(struct db *db, struct db_rows *stmt, char *out, size_t size, struct err *err)
{
	int res = db_row(db, err, stmt);

	if (res < 0)
		return res;
	if (!res)
		return -ENOENT;
	copy_text(out, size, db_text(stmt, 0));
	return 0;
}

static int find_invite(struct db *db, const char *hash, char *user, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	int res = db_ask(db, err, &stmt,
			 "SELECT \"user\" FROM invites WHERE hash = ? AND expires > ?", "si", hash,
			 when_now());

	if (!res)
		res = one_text(db, stmt, user, ACCESS_NAME_MAX + 1, err);
	if (res == -ENOENT)
		err_set(err, res,
			"this link was used already or is older than %d minutes: \"phrude-console "
			"user add "
			"NAME\" prints another",
			ACCESS_LINK_MINUTES);
	return res;
}

int access_redeem(struct db *db, struct text token, const char *password_hash,
		  char user[ACCESS_NAME_MAX + 1], struct err *err)
{
	char hash[TOKEN_HASH_SIZE];
	int64_t res;

	token_hash(token, hash);
	res = find_invite(db, hash, user, err);
	if (res)
		return res;
	res = db_do(db, err, "DELETE FROM invites WHERE \"user\" = ?", "s", user);
	if (res >= 0)
		res = db_do(db, err, "DELETE FROM sessions WHERE \"user\" = ?", "s", user);
	if (res >= 0)
		res = db_do(db, err, "UPDATE users SET password = ? WHERE name = ?", "ss",
			    password_hash, user);
	return done(res);
}

int access_role(struct db *db, const char *user, enum role *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *row = NULL;
	int res = db_ask(db, err, &row, "SELECT role FROM users WHERE name = ?", "s", user);

	if (!res)
		res = db_row(db, err, row);
	if (res < 0)
		return res;
	if (!res)
		return -ENOENT;
	*out = db_number(row, 0);
	return 0;
}

int access_password(struct db *db, struct text user, char out[PASSWORD_HASH_SIZE], struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	int res = db_ask(db, err, &stmt, "SELECT password FROM users WHERE name = ?", "t", user);

	*out = '\0';
	if (!res)
		res = one_text(db, stmt, out, PASSWORD_HASH_SIZE, err);
	return res == -ENOENT ? 0 : res;
}

int access_sign_in(struct db *db, const char *user, char token[TOKEN_SIZE], struct err *err)
{
	int64_t now = when_now(), expires = now + ACCESS_SESSION_HOURS * WHEN_HOUR, res;
	char hash[TOKEN_HASH_SIZE], csrf[TOKEN_SIZE];

	token_make(token);
	token_make(csrf);
	token_hash((struct text){ token, strlen(token) }, hash);
	res = db_do(db, err, "DELETE FROM sessions WHERE expires < ?", "i", now);
	if (res >= 0)
		res = db_do(
			db, err,
			"INSERT INTO sessions (hash, \"user\", csrf, expires) VALUES (?, ?, ?, ?)",
			"sssi", hash, user, csrf, expires);
	return done(res);
}

int access_sign_out(struct db *db, struct text token, struct err *err)
{
	char hash[TOKEN_HASH_SIZE];

	token_hash(token, hash);
	return done(db_do(db, err, "DELETE FROM sessions WHERE hash = ?", "s", hash));
}

int access_session(struct db *db, struct text token, struct session *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	char hash[TOKEN_HASH_SIZE];
	int res;

	token_hash(token, hash);
	res = db_ask(
		db, err, &stmt,
		"SELECT s.\"user\", s.csrf, u.role FROM sessions AS s JOIN users AS u ON u.name = "
		"s.\"user\""
		" WHERE s.hash = ? AND s.expires > ?",
		"si", hash, when_now());
	if (!res)
		res = one_text(db, stmt, out->user, sizeof(out->user), err);
	if (res)
		return res;
	copy_text(out->csrf, sizeof(out->csrf), db_text(stmt, 1));
	out->role = db_number(stmt, 2);
	return 0;
}

int access_key_add(struct db *db, const char *app, char key[TOKEN_SIZE], struct err *err)
{
	char hash[TOKEN_HASH_SIZE];

	token_make(key);
	token_hash((struct text){ key, strlen(key) }, hash);
	return done(db_do(db, err, "INSERT INTO keys (hash, app, made) VALUES (?, ?, ?)", "ssi",
			  hash, app, when_now()));
}

int access_key_revoke(struct db *db, const char *app, struct err *err)
{
	int64_t res = db_do(db, err, "DELETE FROM keys WHERE app = ?", "s", app);

	if (!res)
		return err_set(err, -ENOENT, "the application %s has no key", app);
	return done(res);
}

int access_key_list(struct db *db, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	int res = db_ask(db, err, &stmt, "SELECT app, made FROM keys ORDER BY app, made", "");

	while (!res && (res = db_row(db, err, stmt)) > 0) {
		struct text app = db_text(stmt, 0);

		buf_add(out, app.s, app.len);
		buf_addc(out, '\t');
		when_put(out, db_number(stmt, 1));
		buf_addc(out, '\n');
		res = 0;
	}
	return res;
}

int access_key(struct db *db, struct text key, char app[ACCESS_NAME_MAX + 1], struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	char hash[TOKEN_HASH_SIZE];
	int res;

	token_hash(key, hash);
	res = db_ask(db, err, &stmt, "SELECT app FROM keys WHERE hash = ?", "s", hash);
	return res ?: one_text(db, stmt, app, ACCESS_NAME_MAX + 1, err);
}

int access_note(struct db *db, const char *who, const char *addr, const char *what,
		const char *detail, struct err *err)
{
	return done(db_do(
		db, err, "INSERT INTO audit (time, who, addr, what, detail) VALUES (?, ?, ?, ?, ?)",
		"issss", when_now(), who, addr, what, detail));
}

static void put_member(struct buf *out, const char *name, struct text value)
{
	buf_printf(out, ",\"%s\":", name);
	if (value.s)
		text_json(out, value);
	else
		buf_adds(out, "null");
}

int access_notes(struct db *db, unsigned int limit, struct buf *out, struct err *err)
{
	_cleanup_(db_donep) struct db_rows *stmt = NULL;
	const char *separator = "";
	int res =
		db_ask(db, err, &stmt,
		       "SELECT time, who, addr, what, detail FROM audit ORDER BY seq DESC LIMIT ?",
		       "i", (int64_t)limit);

	buf_adds(out, "{\"audit\":[");
	while (!res && (res = db_row(db, err, stmt)) > 0) {
		buf_printf(out, "%s{\"time\":\"", separator);
		when_put(out, db_number(stmt, 0));
		buf_addc(out, '"');
		put_member(out, "who", db_text(stmt, 1));
		put_member(out, "addr", db_text(stmt, 2));
		put_member(out, "what", db_text(stmt, 3));
		put_member(out, "detail", db_text(stmt, 4));
		buf_addc(out, '}');
		separator = ",";
		res = 0;
	}
	buf_adds(out, "]}");
	return res;
}

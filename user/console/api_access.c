// SPDX-License-Identifier: GPL-2.0-only
/* Signing in and out. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "console/api.h"
#include "console/db.h"
#include "console/json.h"
#include "console/store.h"
#include "console/throttle.h"
#include "console/when.h"

#define AUDIT_SHOWN 200

static void set_cookie(const struct request *rq, struct reply *rp, const char *token,
		       unsigned int s)
{
	buf_printf(&rp->cookie, "phrude_session=%s; Path=/; Max-Age=%u; HttpOnly; SameSite=Lax%s",
		   token, s, rq->console->secure ? "; Secure" : "");
}

/* A new session for the user, and what is noted of it. */
static int sign_in(struct request *rq, struct reply *rp, struct db *db, const char *user,
		   const char *what, struct err *err)
{
	char token[TOKEN_SIZE];
	int res = access_sign_in(db, user, token, err);

	if (!res)
		res = access_note(db, user, rq->addr, what, NULL, err);
	if (res)
		return res;
	set_cookie(rq, rp, token, ACCESS_SESSION_HOURS * 3600);
	reply_json(rp, 200);
	buf_adds(&rp->body, "{}");
	return 0;
}

int api_setup(struct request *rq, struct reply *rp, struct err *err)
{
	struct store *store = rq->console->store;
	char hash[PASSWORD_HASH_SIZE], user[ACCESS_NAME_MAX + 1];
	struct json *body;
	struct db *db;
	int res = request_json(rq, &body, err);

	if (!res)
		res = password_hash(json_text_at(&rq->arena, body, "password"), hash, err);
	if (!res)
		res = store_begin(store, &db, err);
	if (res)
		return res;
	res = access_redeem(db, json_text_at(&rq->arena, body, "token"), hash, user, err);
	if (!res)
		res = sign_in(rq, rp, db, user, "set their password", err);
	if (!res)
		return store_commit(store, err);
	store_rollback(store);
	return res;
}

/* -EAGAIN: whoever it is has to wait. */
static int may_try(struct request *rq, struct reply *rp, const char *user, struct err *err)
{
	int64_t now = when_now();
	unsigned int wait = MAX(throttle_wait(user, now), throttle_wait(rq->addr, now));

	if (!wait)
		return 0;
	rp->retry_after = wait;
	return err_set(err, -EAGAIN, "too many failed attempts: try again in %u seconds", wait);
}

static int check_password(struct request *rq, const char *user, struct text password,
			  struct err *err)
{
	struct store *store = rq->console->store;
	char hash[PASSWORD_HASH_SIZE];
	struct db *db;
	int res = store_reader(store, &db, err);

	if (res)
		return res;
	res = access_password(db, (struct text){ user, strlen(user) }, hash, err);
	store_reader_done(store, db);
	if (res)
		return res;
	if (password_fits(password, *hash ? hash : NULL)) {
		throttle_succeeded(user);
		return 0;
	}
	throttle_failed(user, when_now());
	throttle_failed(rq->addr, when_now());
	return err_set(err, -ENOKEY, "the name or the password is wrong");
}

int api_sign_in(struct request *rq, struct reply *rp, struct err *err)
{
	struct store *store = rq->console->store;
	char user[ACCESS_NAME_MAX + 1];
	struct json *body;
	struct text name;
	struct db *db;
	int res = request_json(rq, &body, err), checked;

	if (res)
		return res;
	name = json_text_at(&rq->arena, body, "user");
	if (!name.len || name.len > ACCESS_NAME_MAX)
		return err_set(err, -ENOKEY, "the name or the password is wrong");
	memcpy(user, name.s, name.len);
	user[name.len] = '\0';
	res = may_try(rq, rp, user, err);
	if (res)
		return res;
	checked = check_password(rq, user, json_text_at(&rq->arena, body, "password"), err);
	if (checked && checked != -ENOKEY)
		return checked;
	res = store_begin(store, &db, err);
	if (res)
		return res;
	res = checked ? access_note(db, user, rq->addr, "failed to sign in", NULL, err)
		      : sign_in(rq, rp, db, user, "signed in", err);
	if (!res)
		res = store_commit(store, err);
	else
		store_rollback(store);
	return res ?: checked;
}

int api_sign_out(struct request *rq, struct reply *rp, struct err *err)
{
	struct store *store = rq->console->store;
	struct db *db;
	int res = store_begin(store, &db, err);

	if (res)
		return res;
	res = access_sign_out(db, request_token(rq), err);
	if (!res)
		res = access_note(db, rq->session.user, rq->addr, "signed out", NULL, err);
	if (!res)
		res = store_commit(store, err);
	else
		store_rollback(store);
	if (res)
		return res;
	set_cookie(rq, rp, "", 0);
	reply_json(rp, 200);
	buf_adds(&rp->body, "{}");
	return 0;
}

int api_who_am_i(struct request *rq, struct reply *rp, struct err *err)
{
	reply_json(rp, 200);
	buf_printf(&rp->body, "{\"user\":\"%s\",\"role\":\"%s\",\"csrf\":\"%s\",\"by\":\"%s\"}",
		   rq->session.user, role_name(rq->session.role), rq->session.csrf,
		   rq->session.by_proxy ? "proxy" : "password");
	return 0;
}

int api_audit(struct request *rq, struct reply *rp, struct err *err)
{
	struct store *store = rq->console->store;
	struct db *db;
	int res = store_reader(store, &db, err);

	if (res)
		return res;
	reply_json(rp, 200);
	res = access_notes(db, AUDIT_SHOWN, &rp->body, err);
	store_reader_done(store, db);
	return res;
}

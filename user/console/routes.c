// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "console/api.h"
#include "console/assets.h"
#include "console/db.h"
#include "console/http_priv.h"
#include "console/ingest.h"
#include "console/proxy_login.h"
#include "console/senders.h"
#include "console/store.h"

/* Bytes of a body that says a password, or a note. */
#define SMALL_BODY 16384

static int serve_page(struct request *rq, struct reply *rp, struct err *err)
{
	/* Of the pages with something behind their path there is one file. */
	asset_find((struct text){ rq->route->path, strlen(rq->route->path) }, &rp->fixed,
		   &rp->type);
	return 0;
}

#define PAGE(path, who)                               \
	{                                             \
		"GET", path, who, true, 0, serve_page \
	}
#define ASSET(path, who)                               \
	{                                              \
		"GET", path, who, false, 0, serve_page \
	}

static const struct route routes[] = {
	PAGE("/", WHO_VIEWER),
	PAGE("/alerts", WHO_VIEWER),
	PAGE("/alerts/", WHO_VIEWER),
	PAGE("/sessions", WHO_VIEWER),
	PAGE("/session", WHO_VIEWER),
	PAGE("/attackers", WHO_VIEWER),
	PAGE("/transitions", WHO_VIEWER),
	PAGE("/reports", WHO_VIEWER),
	PAGE("/setup", WHO_ANYBODY),
	ASSET("/setup.js", WHO_ANYBODY),
	ASSET("/login.js", WHO_ANYBODY),
	ASSET("/style.css", WHO_ANYBODY),
	ASSET("/common.js", WHO_ANYBODY),
	ASSET("/icon.svg", WHO_ANYBODY),
	ASSET("/overview.js", WHO_VIEWER),
	ASSET("/attack.js", WHO_VIEWER),
	ASSET("/chart.js", WHO_VIEWER),
	ASSET("/sessions.js", WHO_VIEWER),
	ASSET("/session.js", WHO_VIEWER),
	ASSET("/attackers.js", WHO_VIEWER),
	ASSET("/transitions.js", WHO_VIEWER),
	ASSET("/reports.js", WHO_VIEWER),
	ASSET("/alerts.js", WHO_VIEWER),
	ASSET("/alert.js", WHO_VIEWER),
	{ "GET", "/healthz", WHO_ANYBODY, false, 0, api_health },
	{ "POST", "/api/v1/setup", WHO_ANYBODY, false, SMALL_BODY, api_setup },
	{ "POST", "/api/v1/session", WHO_ANYBODY, false, SMALL_BODY, api_sign_in },
	{ "GET", "/api/v1/session", WHO_VIEWER, false, 0, api_who_am_i },
	{ "DELETE", "/api/v1/session", WHO_VIEWER, false, 0, api_sign_out },
	{ "POST", "/api/v1/alerts", WHO_KEY, false, INGEST_BODY_MAX, api_ingest },
	{ "GET", "/api/v1/alerts", WHO_VIEWER, false, 0, api_list },
	{ "GET", "/api/v1/alerts/", WHO_VIEWER, false, 0, api_alert },
	{ "POST", "/api/v1/alerts/", WHO_ANALYST, false, SMALL_BODY, api_state },
	{ "GET", "/api/v1/live", WHO_VIEWER, false, 0, api_live },
	{ "GET", "/api/v1/overview", WHO_VIEWER, false, 0, api_overview },
	{ "GET", "/api/v1/sessions", WHO_VIEWER, false, 0, api_sessions },
	{ "GET", "/api/v1/sessions/story", WHO_VIEWER, false, 0, api_session_story },
	{ "POST", "/api/v1/senders", WHO_KEY, false, SENDERS_REPORT_MAX, api_sender_report },
	{ "GET", "/api/v1/senders", WHO_VIEWER, false, 0, api_senders },
	{ "GET", "/api/v1/attackers", WHO_VIEWER, false, 0, api_attackers },
	{ "GET", "/api/v1/attackers/export", WHO_KEY_OR_VIEWER, false, 0, api_attackers_export },
	{ "POST", "/api/v1/attackers/release", WHO_ANALYST, false, SMALL_BODY, api_release },
	{ "POST", "/api/v1/attackers/allowed", WHO_ANALYST, false, SMALL_BODY, api_allow },
	{ "DELETE", "/api/v1/attackers/allowed", WHO_ANALYST, false, 0, api_disallow },
	{ "GET", "/api/v1/transitions", WHO_VIEWER, false, 0, api_transitions },
	{ "GET", "/api/v1/report", WHO_VIEWER, false, 0, api_report },
	{ "GET", "/api/v1/reports", WHO_VIEWER, false, 0, api_reports },
	{ "GET", "/api/v1/exceptions", WHO_VIEWER, false, 0, api_exceptions },
	{ "GET", "/api/v1/audit", WHO_ADMIN, false, 0, api_audit },
};

static bool has_path(const struct route *r, struct text path)
{
	size_t len = strlen(r->path);

	if (len > 1 && r->path[len - 1] == '/')
		return path.len > len && memcmp(path.s, r->path, len) == 0;
	return text_eq_str(path, r->path);
}

int route_find(const char *method, struct text path, const struct route **out, struct err *err)
{
	bool found = false;

	if (str_eq(method, "HEAD"))
		method = "GET";
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		if (!has_path(&routes[i], path))
			continue;
		found = true;
		if (str_eq(routes[i].method, method)) {
			*out = &routes[i];
			return 0;
		}
	}
	if (found)
		return err_set(err, -EOPNOTSUPP, "this path does not take that method");
	return err_set(err, -ENOENT, "there is nothing at this path");
}

/* -ENOKEY: no key, or nobody's. */
static int find_key(struct request *rq, struct db *db, struct err *err)
{
	static const char scheme[] = "Bearer ";
	const char *header = request_header(rq, "Authorization"), *key;
	int res;

	if (!header || strncasecmp(header, scheme, strlen(scheme)) != 0)
		return err_set(
			err, -ENOKEY,
			"a key is needed: \"Authorization: Bearer KEY\"; \"phrude-console key add "
			"APP\" makes one");
	key = header + strlen(scheme);
	res = access_key(db, (struct text){ key, strlen(key) }, rq->app, err);
	if (res == -ENOENT)
		return err_set(err, -ENOKEY, "this key is not known, or was revoked");
	return res;
}

static int find_session(struct request *rq, struct db *db, struct err *err)
{
	struct text token = request_token(rq);
	const char *csrf = request_header(rq, "X-CSRF-Token");
	enum role needed = ROLE_VIEWER + (MAX(rq->route->who, WHO_VIEWER) - WHO_VIEWER);
	int res = proxy_login_session(rq, db, err);

	if (res < 0)
		return res;
	if (!res)
		res = token.len ? access_session(db, token, &rq->session, err) : -ENOENT;
	else
		res = 0;
	if (res == -ENOENT) {
		if (!find_key(rq, db, NULL))
			return err_set(err, -EACCES, "a key sends alerts, and reads none: sign in");
		return err_set(err, -ENOKEY, "sign in first");
	}
	if (res)
		return res;
	if (rq->session.role < needed)
		return err_set(err, -EACCES, "this takes the role %s, and %s has %s",
			       role_name(needed), rq->session.user, role_name(rq->session.role));
	if (!str_eq(rq->route->method, "GET") && (!csrf || !token_equals(rq->session.csrf, csrf)))
		return err_set(err, -EACCES,
			       "the header X-CSRF-Token is missing or is not this session's: load "
			       "the page "
			       "again");
	return 0;
}

int route_admit(struct request *rq, struct err *err)
{
	struct store *store = rq->console->store;
	struct db *db;
	int res;

	if (rq->route->who == WHO_ANYBODY)
		return 0;
	res = store_reader(store, &db, err);
	if (res)
		return res;
	if (rq->route->who == WHO_KEY ||
	    (rq->route->who == WHO_KEY_OR_VIEWER && request_header(rq, "Authorization")))
		res = find_key(rq, db, err);
	else
		res = find_session(rq, db, err);
	store_reader_done(store, db);
	return res;
}

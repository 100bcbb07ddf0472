// SPDX-License-Identifier: GPL-2.0-only
/* Who attacks: the list, its export for proxies, and what an analyst says of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "console/allowed.h"
#include "console/api.h"
#include "console/attackers.h"
#include "console/db.h"
#include "console/filter.h"
#include "console/herald.h"
#include "console/json.h"
#include "console/store.h"
#include "console/when.h"

int api_attackers(struct request *rq, struct reply *rp, struct err *err)
{
	struct db *db;
	int res = api_read_begin(rq, rp, &db, err);

	if (res)
		return res;
	res = attackers_put(db, rq->console->scoring, when_now(), &rp->body, err);
	buf_adds(&rp->body, ",\"webhook\":");
	herald_put(rq->console->herald, &rp->body);
	buf_addc(&rp->body, '}');
	store_reader_done(rq->console->store, db);
	return res;
}

int api_attackers_export(struct request *rq, struct reply *rp, struct err *err)
{
	struct text name = filter_parameter(&rq->arena, rq->query, "format");
	enum export_format format = EXPORT_TEXT;
	struct db *db;
	int res;

	if (name.s && export_format_parse(name, &format))
		return err_set(err, -EINVAL, "format takes text, nginx or haproxy");
	res = api_read_begin(rq, rp, &db, err);
	if (res)
		return res;
	rp->type = "text/plain; charset=utf-8";
	res = attackers_export(db, format, when_now(), &rp->body, err);
	store_reader_done(rq->console->store, db);
	return res;
}

/* What an analyst asks for; the texts are the request's. */
struct saying {
	enum score_by by;
	struct text who, note;
	struct ip_network network;
};

/* Does it, and writes down who did. */
static int say(struct request *rq, struct reply *rp, const struct saying *s, const char *what,
	       int (*run)(struct request *rq, struct db *db, const struct saying *s,
			  struct err *err),
	       struct text detail, struct err *err)
{
	struct store *store = rq->console->store;
	char text[RECORD_TEXT_MAX + 1];
	struct db *db;
	int res = store_begin(store, &db, err);

	if (res)
		return res;
	detail = record_cut(detail, RECORD_TEXT_MAX);
	snprintf(text, sizeof(text), "%.*s", (int)detail.len, detail.s ?: "");
	res = run(rq, db, s, err);
	if (!res)
		res = access_note(db, rq->session.user, rq->addr, what, text, err);
	if (!res)
		res = store_commit(store, err);
	else
		store_rollback(store);
	reply_json(rp, 200);
	buf_adds(&rp->body, "{}");
	return res;
}

static int release(struct request *rq, struct db *db, const struct saying *s, struct err *err)
{
	return attackers_release(db, s->by, s->who, err);
}

int api_release(struct request *rq, struct reply *rp, struct err *err)
{
	struct saying s = { 0 };
	struct json *body;
	int res = request_json(rq, &body, err);

	if (res)
		return res;
	if (score_by_parse(json_text_at(&rq->arena, body, "by"), &s.by))
		return err_set(err, -EINVAL, "by takes address or session");
	s.who = json_text_at(&rq->arena, body, "who");
	if (!s.who.len)
		return err_set(err, -EINVAL, "who is missing");
	return say(rq, rp, &s, "released an attacker", release, s.who, err);
}

static int allow(struct request *rq, struct db *db, const struct saying *s, struct err *err)
{
	return allowed_add(db, &s->network, rq->session.user, s->note, err);
}

int api_allow(struct request *rq, struct reply *rp, struct err *err)
{
	struct saying s = { 0 };
	struct text network;
	struct json *body;
	int res = request_json(rq, &body, err);

	if (res)
		return res;
	network = json_text_at(&rq->arena, body, "network");
	s.note = json_text_at(&rq->arena, body, "note");
	if (s.note.len > ALLOWED_NOTE_MAX)
		return err_set(err, -EINVAL, "a note has %d bytes at the most", ALLOWED_NOTE_MAX);
	res = allowed_parse(network, &s.network, err);
	return res ?: say(rq, rp, &s, "allowed a network", allow, network, err);
}

static int disallow(struct request *rq, struct db *db, const struct saying *s, struct err *err)
{
	return allowed_drop(db, &s->network, err);
}

int api_disallow(struct request *rq, struct reply *rp, struct err *err)
{
	struct text network = filter_parameter(&rq->arena, rq->query, "network");
	struct saying s = { 0 };
	int res = allowed_parse(network, &s.network, err);

	return res ?: say(rq, rp, &s, "allowed a network no longer", disallow, network, err);
}

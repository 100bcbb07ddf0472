// SPDX-License-Identifier: GPL-2.0-only
/* What the pages beside the list show: the overview, sessions, and who sends alerts. */
#include <errno.h>
#include <string.h>

#include "console/api.h"
#include "console/db.h"
#include "console/filter.h"
#include "console/json.h"
#include "console/overview.h"
#include "console/senders.h"
#include "console/sessions.h"
#include "console/store.h"
#include "console/when.h"

#define PATIENCE_MS 4000

static int with_reader(struct request *rq, struct reply *rp, const struct filter *f,
		       int (*put)(struct db *db, const struct filter *f, struct buf *out,
				  struct err *err),
		       struct err *err)
{
	struct store *store = rq->console->store;
	struct db *db;
	int res = store_reader(store, &db, err);

	if (res)
		return res;
	db_hurry(db, PATIENCE_MS);
	reply_json(rp, 200);
	res = put(db, f, &rp->body, err);
	store_reader_done(store, db);
	return res;
}

int api_overview(struct request *rq, struct reply *rp, struct err *err)
{
	struct text span = filter_parameter(&rq->arena, rq->query, "since");
	struct store *store = rq->console->store;
	int64_t since = WHEN_DAY;
	struct db *db;
	int res;

	if (span.len && (when_parse_span(span, &since) || !since))
		return err_set(err, -EINVAL, "since takes a span of time, as 24h or 7d");
	res = store_reader(store, &db, err);
	if (res)
		return res;
	db_hurry(db, PATIENCE_MS);
	reply_json(rp, 200);
	res = overview_put(db, since, when_now(), &rp->body, err);
	store_reader_done(store, db);
	return res;
}

int api_sessions(struct request *rq, struct reply *rp, struct err *err)
{
	struct filter f;
	int res = filter_parse(&rq->arena, rq->query, when_now(), &f, err);

	return res ?: with_reader(rq, rp, &f, sessions_put, err);
}

int api_session_story(struct request *rq, struct reply *rp, struct err *err)
{
	struct filter f;
	int res = filter_parse(&rq->arena, rq->query, when_now(), &f, err);

	return res ?: with_reader(rq, rp, &f, sessions_story_put, err);
}

static int put_senders(struct db *db, const struct filter *f, struct buf *out, struct err *err)
{
	int res;

	buf_adds(out, "{\"senders\":");
	res = senders_put(db, out, err);
	buf_addc(out, '}');
	return res;
}

int api_senders(struct request *rq, struct reply *rp, struct err *err)
{
	return with_reader(rq, rp, NULL, put_senders, err);
}

/* A sender says how it is. */
int api_sender_report(struct request *rq, struct reply *rp, struct err *err)
{
	const struct sender sender = { rq->app, request_header(rq, "User-Agent"), rq->addr };
	struct store *store = rq->console->store;
	struct json *body;
	struct text host;
	struct db *db;
	int res = request_json(rq, &body, err);

	if (res)
		return res;
	host = record_cut(json_text_at(&rq->arena, body, "host"), RECORD_TEXT_MAX);
	if (body->type != JSON_OBJECT || !host.len)
		return err_set(err, -EINVAL, "an object with \"host\" is taken");
	res = store_begin(store, &db, err);
	if (res)
		return res;
	res = senders_report(db, &sender, host, body->raw, when_now(), err);
	if (!res)
		res = store_commit(store, err);
	else
		store_rollback(store);
	reply_json(rp, 200);
	buf_adds(&rp->body, "{}");
	return res;
}

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

int api_read_begin(struct request *rq, struct reply *rp, struct db **db, struct err *err)
{
	int res = store_reader(rq->console->store, db, err);

	if (res)
		return res;
	db_hurry(*db, PATIENCE_MS);
	reply_json(rp, 200);
	return 0;
}

static int read_filtered(struct request *rq, struct reply *rp,
			 int (*put)(struct db *db, const struct filter *f, struct buf *out,
				    struct err *err),
			 struct err *err)
{
	struct filter f;
	struct db *db;
	int res = filter_parse(&rq->arena, rq->query, when_now(), &f, err);

	if (!res)
		res = api_read_begin(rq, rp, &db, err);
	if (res)
		return res;
	res = put(db, &f, &rp->body, err);
	store_reader_done(rq->console->store, db);
	return res;
}

int api_overview(struct request *rq, struct reply *rp, struct err *err)
{
	struct text span = filter_parameter(&rq->arena, rq->query, "since");
	int64_t since = WHEN_DAY;
	struct db *db;
	int res;

	if (span.len && (when_parse_span(span, &since) || !since))
		return err_set(err, -EINVAL, "since takes a span of time, as 24h or 7d");
	res = api_read_begin(rq, rp, &db, err);
	if (res)
		return res;
	res = overview_put(db, since, when_now(), &rp->body, err);
	store_reader_done(rq->console->store, db);
	return res;
}

int api_sessions(struct request *rq, struct reply *rp, struct err *err)
{
	return read_filtered(rq, rp, sessions_put, err);
}

int api_session_story(struct request *rq, struct reply *rp, struct err *err)
{
	return read_filtered(rq, rp, sessions_story_put, err);
}

int api_senders(struct request *rq, struct reply *rp, struct err *err)
{
	struct db *db;
	int res = api_read_begin(rq, rp, &db, err);

	if (res)
		return res;
	buf_adds(&rp->body, "{\"senders\":");
	res = senders_put(db, &rp->body, err);
	buf_addc(&rp->body, '}');
	store_reader_done(rq->console->store, db);
	return res;
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

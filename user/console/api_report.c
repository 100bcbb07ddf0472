// SPDX-License-Identifier: GPL-2.0-only
/* What is made of many alerts: counts, and exceptions to rules. */
#include <errno.h>

#include "console/api.h"
#include "console/db.h"
#include "console/filter.h"
#include "console/outbox.h"
#include "console/report.h"
#include "console/store.h"
#include "console/when.h"
#include "suggest/suggest.h"

/* Newest first; those beyond say nothing that these do not. */
#define EXCEPTION_ALERTS_MAX 2000
/* What takes longer is for the command line. */
#define REPORT_PATIENCE_MS 10000

int api_report(struct request *rq, struct reply *rp, struct err *err)
{
	struct text span = filter_parameter(&rq->arena, rq->query, "since");
	struct store *store = rq->console->store;
	int64_t since = 7 * WHEN_DAY, now = when_now();
	struct report report;
	struct db *db;
	int res;

	if (span.len && (when_parse_span(span, &since) || !since))
		return err_set(err, -EINVAL, "since takes a span of time, as 24h or 7d");
	res = store_reader(store, &db, err);
	if (res)
		return res;
	db_hurry(db, REPORT_PATIENCE_MS);
	res = report_read(db, &rq->arena, now - since, now, &report, err);
	store_reader_done(store, db);
	if (res)
		return res;
	reply_json(rp, 200);
	report_json(&rp->body, &report);
	return 0;
}

/* Those that were sent, or are to be. */
int api_reports(struct request *rq, struct reply *rp, struct err *err)
{
	struct db *db;
	int res = api_read_begin(rq, rp, &db, err);

	if (res)
		return res;
	buf_adds(&rp->body, "{\"reports\":");
	res = outbox_put(db, &rp->body, err);
	buf_addc(&rp->body, '}');
	store_reader_done(rq->console->store, db);
	return res;
}

struct proposal {
	struct suggest *suggest;
	size_t alerts, left_out;
};

static int add_alert(void *ctx, struct text json)
{
	struct proposal *p = ctx;
	int res = suggest_add(p->suggest, json.s, json.len);

	if (res == -ENOMEM)
		return res;
	p->alerts += !res;
	p->left_out += res != 0;
	return 0;
}

/*
 * The exceptions that would have silenced the alerts which the filter lets through, as a rule file
 * for a person to review.
 */
int api_exceptions(struct request *rq, struct reply *rp, struct err *err)
{
	_cleanup_(suggest_freep) struct suggest *suggest = suggest_new();
	_cleanup_buf_ struct buf yaml = { 0 };
	struct proposal p = { .suggest = suggest };
	struct store *store = rq->console->store;
	struct filter f;
	struct db *db;
	int res = filter_parse(&rq->arena, rq->query, when_now(), &f, err);

	if (!suggest)
		return err_set(err, -ENOMEM, "out of memory");
	if (!res)
		res = store_reader(store, &db, err);
	if (res)
		return res;
	res = store_each(db, &f, EXCEPTION_ALERTS_MAX, add_alert, &p, err);
	store_reader_done(store, db);
	if (res)
		return res;
	suggest_write(suggest, &yaml);
	rp->body.failed |= yaml.failed;
	reply_json(rp, 200);
	buf_printf(&rp->body, "{\"alerts\":%zu,\"left_out\":%zu,\"yaml\":", p.alerts, p.left_out);
	text_json(&rp->body, (struct text){ yaml.data ?: "", yaml.len });
	buf_addc(&rp->body, '}');
	return 0;
}

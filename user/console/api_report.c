// SPDX-License-Identifier: GPL-2.0-only
/* What is made of many alerts: counts, and exceptions to rules. */
#include <errno.h>

#include "base/util.h"
#include "console/api.h"
#include "console/db.h"
#include "console/filter.h"
#include "console/outbox.h"
#include "console/report.h"
#include "console/reporter.h"
#include "console/store.h"
#include "console/when.h"
#include "suggest/suggest.h"

/* Newest first; those beyond say nothing that these do not. */
#define EXCEPTION_ALERTS_MAX 2000
/* What takes longer is for the command line. */
#define REPORT_PATIENCE_MS 10000

/* A time of the query; *out stays as it is where there is none. */
static int read_time(struct request *rq, const char *name, int64_t now, int64_t *out,
		     struct err *err)
{
	struct text value = filter_parameter(&rq->arena, rq->query, name);

	if (value.len && filter_time(value, now, out))
		return err_set(err, -EINVAL,
			       "%s takes a time, as 2026-01-02T03:04:05Z, or a span, as 24h or 7d",
			       name);
	return 0;
}

static int read_span(struct request *rq, int64_t *since, int64_t *until, struct err *err)
{
	int64_t now = when_now();
	int res;

	*until = now;
	res = read_time(rq, "until", now, until, err);
	*since = MAX(*until - 7 * WHEN_DAY, (int64_t)0);
	if (!res)
		res = read_time(rq, "since", now, since, err);
	if (!res && *since >= *until)
		return err_set(err, -EINVAL, "since has to be before until");
	return res;
}

int api_report(struct request *rq, struct reply *rp, struct err *err)
{
	struct text name = filter_parameter(&rq->arena, rq->query, "format");
	const struct report_form *form = report_form_find(name.len ? name : TEXT("json"));
	struct store *store = rq->console->store;
	struct report report;
	int64_t since, until;
	struct db *db;
	int res;

	if (!form)
		return err_set(err, -EINVAL, "format takes text, html or json");
	res = read_span(rq, &since, &until, err);
	if (!res)
		res = store_reader(store, &db, err);
	if (res)
		return res;
	db_hurry(db, REPORT_PATIENCE_MS);
	res = report_read(db, &rq->arena, since, until, &report, err);
	store_reader_done(store, db);
	if (res)
		return res;
	rp->status = 200;
	rp->type = form->type;
	/* Who asks for a form wants to keep it: no page of this origin is made of alerts. */
	rp->file = name.len ? form->file : NULL;
	form->put(&rp->body, &report);
	return 0;
}

/* How they go out, and those that were sent, or are to be. */
int api_reports(struct request *rq, struct reply *rp, struct err *err)
{
	struct db *db;
	int res = api_read_begin(rq, rp, &db, err);

	if (res)
		return res;
	buf_adds(&rp->body, "{\"schedule\":");
	res = reporter_put(rq->console->reports, db, when_now(), &rp->body, err);
	buf_adds(&rp->body, ",\"reports\":");
	if (!res)
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

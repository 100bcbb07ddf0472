// SPDX-License-Identifier: GPL-2.0-only
#include "console/reporter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "console/field.h"
#include "console/outbox.h"
#include "console/report.h"
#include "console/schedule.h"
#include "console/store.h"
#include "console/ticker.h"
#include "console/when.h"
#include "sink/http_headers.h"
#include "transfer/curl.h"

#define LOOKS_EVERY_MS 30000
#define SUBJECT_MAX 100

struct reporter {
	struct store *store;
	const struct reporter_settings *settings;
	struct ticker ticker;
	int64_t again; /* when what failed may be tried again; 0: nothing did */
};

int reporter_check(const struct reporter_settings *s, struct err *err)
{
	const struct mail_settings *m = &s->mail;

	if (!m->url != !m->from || !m->url != !m->to)
		return err_set(err, -EINVAL,
			       "--smtp, --report-from and --report-to belong together");
	if (!m->user != !m->password_file)
		return err_set(err, -EINVAL,
			       "--smtp-user and --smtp-password-file belong together");
	if (m->user && !m->url)
		return err_set(err, -EINVAL, "--smtp-user takes --smtp");
	if (s->hook.headers_file && !s->hook.url)
		return err_set(err, -EINVAL, "--report-headers-file takes --report-webhook");
	if ((m->url || s->hook.url) && !s->every)
		return err_set(err, -EINVAL,
			       "--report-every says how often reports are sent, as 7d, and is "
			       "missing");
	if (s->every && !m->url && !s->hook.url)
		return err_set(err, -EINVAL,
			       "--report-every takes --smtp, --report-webhook, or both");
	return 0;
}

static int put_way(const struct reporter_settings *s, enum outbox_way way, struct text to,
		   struct db *db, struct buf *out, struct err *err)
{
	int res;

	buf_printf(out, "{\"way\":\"%s\",", outbox_way_name(way));
	field_text(out, "to", to);
	buf_adds(out, "\"latest\":");
	res = outbox_put_latest(db, way, s->every, false, out, err);
	buf_adds(out, ",\"sent\":");
	if (!res)
		res = outbox_put_latest(db, way, s->every, true, out, err);
	buf_addc(out, '}');
	return res;
}

int reporter_put(const struct reporter_settings *s, struct db *db, int64_t now, struct buf *out,
		 struct err *err)
{
	const char *to = s->mail.to, *url = s->hook.url;
	int res = 0;

	if (!s->every) {
		buf_adds(out, "null");
		return 0;
	}
	buf_printf(out, "{\"every_s\":%lld,", (long long)(s->every / WHEN_SECOND));
	field_time(out, "next", schedule_last(s->every, now) + s->every);
	buf_adds(out, "\"ways\":[");
	if (to)
		res = put_way(s, OUTBOX_MAIL, (struct text){ to, strlen(to) }, db, out, err);
	if (url && to)
		buf_addc(out, ',');
	/* What stands behind the host may be a secret. */
	if (url && !res)
		res = put_way(s, OUTBOX_WEBHOOK, (struct text){ url, http_url_shown(url) }, db, out,
			      err);
	buf_adds(out, "]}");
	return res;
}

static int read_report(struct reporter *r, struct arena *a, const struct outbox_item *item,
		       struct report *out, struct err *err)
{
	struct db *db;
	int res = store_reader(r->store, &db, err);

	if (res)
		return res;
	res = report_read(db, a, item->until - item->span, item->until, out, err);
	store_reader_done(r->store, db);
	return res;
}

static int send_mail(const struct mail_settings *s, const struct outbox_item *item,
		     const struct report *report, struct err *err)
{
	_cleanup_buf_ struct buf text = { 0 }, html = { 0 }, subject = { 0 };
	struct mail mail = { .id = item->id, .time = item->until };

	report_text(&text, report);
	report_html(&html, report);
	buf_printf(&subject, "Alerts: %lld from ", (long long)report->total);
	when_put(&subject, report->since);
	buf_adds(&subject, " to ");
	when_put(&subject, report->until);
	if (text.failed || html.failed || subject.failed)
		return err_set(err, -ENOMEM, "out of memory");
	mail.subject = subject.data;
	mail.text = (struct text){ text.data, text.len };
	mail.html = (struct text){ html.data, html.len };
	return mail_send(s, &mail, err);
}

static int post_report(const struct hook_settings *s, const struct outbox_item *item,
		       const struct report *report, unsigned int *pause_s, struct err *err)
{
	_cleanup_buf_ struct buf body = { 0 }, text = { 0 };

	if (s->form == HOOK_SLACK) {
		report_text(&text, report);
		hook_put_slack(&body, (struct text){ text.data ?: "", text.len });
	} else {
		buf_printf(&body, "{\"kind\":\"report\",\"id\":\"%s\",\"report\":", item->id);
		report_json(&body, report);
		buf_addc(&body, '}');
	}
	if (body.failed || text.failed)
		return err_set(err, -ENOMEM, "out of memory");
	return hook_post(s, (struct text){ body.data, body.len }, pause_s, err);
}

static int send_one(struct reporter *r, const struct outbox_item *item, unsigned int *pause_s,
		    struct err *err)
{
	struct arena arena = { 0 };
	struct report report;
	int res = read_report(r, &arena, item, &report, err);

	if (!res)
		res = item->way == OUTBOX_MAIL
			      ? send_mail(&r->settings->mail, item, &report, err)
			      : post_report(&r->settings->hook, item, &report, pause_s, err);
	arena_fini(&arena);
	return res;
}

static void say_end(const struct outbox_item *item, const char *error, int64_t again)
{
	_cleanup_buf_ struct buf until = { 0 }, next = { 0 };

	when_put(&until, item->until);
	if (!error) {
		log_info("the report up to %s was sent by %s", until.data ?: "",
			 outbox_way_name(item->way));
		return;
	}
	buf_adds(&next, again ? "it is tried again at " : "it is not tried again");
	if (again)
		when_put(&next, again);
	log_error("the report up to %s could not be sent by %s: %s; %s", until.data ?: "",
		  outbox_way_name(item->way), error, next.data ?: "");
}

/* What was sent is written down before anything else: a store that is away is waited for. */
static void finish_one(struct reporter *r, const struct outbox_item *item, const char *error,
		       unsigned int pause_s)
{
	int64_t again = 0;
	struct err err;

	for (int64_t tries = 1;
	     outbox_done(r->store, item, error, when_now(), pause_s * WHEN_SECOND, &again, &err);
	     tries++) {
		log_error("that the report was %s cannot be written down yet: %s",
			  error ? "not sent" : "sent", err.msg);
		if (!ticker_wait(&r->ticker, MIN(schedule_pause(tries), OUTBOX_LEASE / 10) / 1000))
			return;
	}
	if (again)
		r->again = r->again ? MIN(r->again, again) : again;
	say_end(item, error, again);
}

static void send_owed(struct reporter *r, enum outbox_way way)
{
	struct outbox_item item;
	struct err err = { "" };
	unsigned int pause_s;
	int64_t missed = 0;
	int res = 1, failed;

	while (res > 0 && !ticker_is_stopping(&r->ticker)) {
		res = outbox_take(r->store, way, r->settings->every, when_now(), &item, &missed,
				  &err);
		if (res >= 0 && missed)
			log_warn("%lld reports are left out: nobody was there to send them in time",
				 (long long)missed);
		if (res <= 0)
			continue;
		pause_s = 0;
		failed = send_one(r, &item, &pause_s, &err);
		finish_one(r, &item, failed ? err.msg : NULL, pause_s);
	}
	if (res < 0)
		log_error("whether a report is to be sent cannot be found out: %s", err.msg);
}

/* Until the next period is over, or what failed may be tried again. */
static unsigned int pause_ms(const struct reporter *r)
{
	int64_t every = r->settings->every, now = when_now();
	int64_t next = schedule_last(every, now) + every - now;

	if (r->again)
		next = MIN(next, MAX(r->again - now, (int64_t)0));
	return MIN(next / 1000 + 1, (int64_t)LOOKS_EVERY_MS);
}

static void *reporter_main(void *ctx)
{
	struct reporter *r = ctx;

	do {
		r->again = 0;
		if (r->settings->mail.url)
			send_owed(r, OUTBOX_MAIL);
		if (r->settings->hook.url)
			send_owed(r, OUTBOX_WEBHOOK);
	} while (ticker_wait(&r->ticker, pause_ms(r)));
	return NULL;
}

int reporter_start(struct store *store, const struct reporter_settings *s, struct reporter **out,
		   struct err *err)
{
	struct reporter *r;
	int res;

	if (!s->every)
		return 0;
	/* What is missing is said now, and not in a week. */
	res = curl_load(err);
	if (res)
		return err_prefix(err, res, "reports");
	r = calloc(1, sizeof(*r));
	if (!r)
		return err_set(err, -ENOMEM, "out of memory");
	r->store = store;
	r->settings = s;
	hook_warn(&s->hook);
	res = ticker_start(&r->ticker, reporter_main, r, err);
	if (res) {
		free(r);
		return res;
	}
	*out = r;
	return 0;
}

void reporter_stop(struct reporter *r)
{
	if (!r)
		return;
	ticker_stop(&r->ticker);
	free(r);
}

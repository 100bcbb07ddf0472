// SPDX-License-Identifier: GPL-2.0-only
#include "console/herald.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "console/field.h"
#include "console/schedule.h"
#include "console/ticker.h"
#include "console/when.h"
#include "transfer/curl.h"

#define HOUR_MS 3600000u

struct herald {
	const struct hook_settings *settings;
	struct ticker ticker;
	pthread_mutex_t lock; /* of what follows */
	struct attacker_news waiting[HERALD_WAITING_MAX];
	size_t nr, in_hand; /* in_hand: of them, those that are being told */
	uint64_t told, lost, failures;
};

static struct text text_of(const char *s)
{
	return (struct text){ s, strlen(s) };
}

static void put_json(struct buf *out, const struct attacker_news *n)
{
	buf_printf(out, "{\"by\":\"%s\",", score_by_name(n->by));
	field_text(out, "who", text_of(n->who));
	field_text(out, "addr", text_of(n->addr));
	field_text(out, "application", text_of(n->app));
	field_time(out, "since", n->first);
	field_time(out, "listed", n->listed);
	field_time(out, "until", n->until);
	buf_printf(out, "\"score\":%lld,\"levels\":{", (long long)n->score);
	for (size_t i = 0; i < NR_RECORD_LEVELS; i++)
		buf_printf(out, "%s\"%s\":%lld", i ? "," : "", record_level_name(i),
			   (long long)n->levels[i]);
	buf_adds(out, "}}");
}

static void put_line(struct buf *out, const struct attacker_news *n)
{
	buf_printf(out, "New attacker: %s ", score_by_name(n->by));
	text_terminal(out, text_of(n->who));
	if (n->by == SCORE_BY_SESSION && *n->addr) {
		buf_adds(out, " from ");
		text_terminal(out, text_of(n->addr));
	}
	buf_adds(out, ", in ");
	text_terminal(out, text_of(n->app));
	buf_printf(out, ": %lld points; until ", (long long)n->score);
	when_put(out, n->until);
	buf_addc(out, '\n');
}

/* What is posted of so many. */
static void put_news(struct buf *out, enum hook_form form, const struct attacker_news *news,
		     size_t nr)
{
	_cleanup_buf_ struct buf text = { 0 };

	if (form == HOOK_SLACK) {
		for (size_t i = 0; i < nr; i++)
			put_line(&text, &news[i]);
		out->failed |= text.failed;
		hook_put_slack(out, (struct text){ text.data ?: "", text.len });
		return;
	}
	buf_adds(out, "{\"kind\":\"attackers\",\"attackers\":[");
	for (size_t i = 0; i < nr; i++) {
		buf_adds(out, i ? "," : "");
		put_json(out, &news[i]);
	}
	buf_adds(out, "]}");
}

/* Takes those in hand to be told; 0: nobody waits. */
static size_t take(struct herald *h, struct buf *body)
{
	size_t nr;

	buf_reset(body);
	pthread_mutex_lock(&h->lock);
	h->in_hand = nr = MIN(h->nr, (size_t)HERALD_TOLD_MAX);
	if (nr)
		put_news(body, h->settings->form, h->waiting, nr);
	pthread_mutex_unlock(&h->lock);
	return nr;
}

static void finish(struct herald *h, bool told)
{
	pthread_mutex_lock(&h->lock);
	if (told) {
		h->nr -= h->in_hand;
		h->told += h->in_hand;
		memmove(h->waiting, h->waiting + h->in_hand, h->nr * sizeof(h->waiting[0]));
	}
	h->failures += !told;
	h->in_hand = 0;
	pthread_mutex_unlock(&h->lock);
}

/* Tells those that wait, once.  How long to wait before the next try, in ms; 0: it has worked. */
static unsigned int tell(struct herald *h, int64_t tries)
{
	_cleanup_buf_ struct buf body = { 0 };
	unsigned int pause_s = 0;
	struct err err;

	while (take(h, &body)) {
		int64_t pause;
		int res = body.failed ? err_set(&err, -ENOMEM, "out of memory")
				      : hook_post(h->settings, (struct text){ body.data, body.len },
						  &pause_s, &err);

		finish(h, !res);
		if (!res)
			continue;
		pause = MAX(schedule_pause(tries + 1), pause_s * WHEN_SECOND);
		log_error("new attackers cannot be told: %s; it is tried again in %lld s", err.msg,
			  (long long)(pause / WHEN_SECOND));
		return pause / 1000;
	}
	return 0;
}

static void *herald_main(void *ctx)
{
	struct herald *h = ctx;
	unsigned int pause = 0;
	int64_t tries = 0, not_before = 0;
	bool goes_on = true;

	while (goes_on) {
		int64_t left = not_before - when_now();

		/* Those who are added meanwhile end the wait, and wait as well. */
		goes_on = ticker_wait(&h->ticker, left > 0 ? left / 1000 + 1 : HOUR_MS);
		if (goes_on && when_now() < not_before)
			continue;
		pause = tell(h, tries);
		tries = pause ? tries + 1 : 0;
		not_before = pause ? when_now() + (int64_t)pause * 1000 : 0;
	}
	return NULL;
}

int herald_start(const struct hook_settings *s, struct herald **out, struct err *err)
{
	struct herald *h;
	int res;

	if (!s->url)
		return 0;
	res = curl_load(err);
	if (res)
		return err_prefix(err, res, "--attacker-webhook");
	h = calloc(1, sizeof(*h));
	if (!h)
		return err_set(err, -ENOMEM, "out of memory");
	h->settings = s;
	hook_warn(s);
	pthread_mutex_init(&h->lock, NULL);
	res = ticker_start(&h->ticker, herald_main, h, err);
	if (res) {
		pthread_mutex_destroy(&h->lock);
		free(h);
		return res;
	}
	*out = h;
	return 0;
}

void herald_add(struct herald *h, const struct attacker_news *news, size_t nr)
{
	size_t room;
	bool first_lost;

	if (!h || !nr)
		return;
	pthread_mutex_lock(&h->lock);
	room = MIN(nr, HERALD_WAITING_MAX - h->nr);
	memcpy(h->waiting + h->nr, news, room * sizeof(*news));
	h->nr += room;
	first_lost = !h->lost && room < nr;
	h->lost += nr - room;
	pthread_mutex_unlock(&h->lock);
	if (first_lost)
		log_warn("new attackers are not told: %d wait already", HERALD_WAITING_MAX);
	ticker_poke(&h->ticker);
}

void herald_put(struct herald *h, struct buf *out)
{
	if (!h) {
		buf_adds(out, "null");
		return;
	}
	pthread_mutex_lock(&h->lock);
	buf_printf(out, "{\"told\":%llu,\"waiting\":%zu,\"lost\":%llu,\"failures\":%llu}",
		   (unsigned long long)h->told, h->nr, (unsigned long long)h->lost,
		   (unsigned long long)h->failures);
	pthread_mutex_unlock(&h->lock);
}

void herald_stop(struct herald *h)
{
	if (!h)
		return;
	ticker_stop(&h->ticker);
	if (h->nr || h->lost)
		log_warn("%llu new attackers were not told", (unsigned long long)(h->nr + h->lost));
	pthread_mutex_destroy(&h->lock);
	free(h);
}

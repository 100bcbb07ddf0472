// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-trace top`: what the running tracer does a second, again and again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "cli/cli.h"
#include "cli/screen.h"
#include "control/control_link.h"
#include "control/control_reading.h"
#include "control/control_top.h"

#define INTERVAL_MS 1000

/* The last two documents. */
struct seen {
	struct cJSON *before, *now;
};

static void seen_fini(struct seen *s)
{
	control_read_free(s->before);
	control_read_free(s->now);
}

/*
 * Asks, once more where the tracer has hung up: it was started again, or this program was stopped
 * for long.
 */
static int ask_again(struct control_link *link, const struct buf **answer, struct err *err)
{
	int ret = control_ask(link, CONTROL_WATCH, answer, err);
	struct err unheard;

	if (ret != -EPIPE)
		return ret;
	control_hang_up(link);
	if (control_dial(link, link->path, &unheard))
		return ret;
	return control_ask(link, CONTROL_WATCH, answer, err);
}

/* Has the last two documents be later ones. */
static int ask_tracer(struct control_link *link, struct seen *s, struct err *err)
{
	const struct buf *answer;
	struct cJSON *doc;
	int ret = ask_again(link, &answer, err);

	if (ret)
		return ret;
	doc = control_read(answer->data, answer->len, err);
	if (!doc)
		return -EPROTO;
	control_read_free(s->before);
	s->before = s->now;
	s->now = doc;
	return 0;
}

/* What there was in a second. */
static int show_once(struct control_link *link, struct seen *s, struct err *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int ret = ask_tracer(link, s, err);

	if (!ret) {
		usleep(INTERVAL_MS * 1000);
		ret = ask_tracer(link, s, err);
	}
	if (ret)
		return ret;
	control_top(&text, s->before, s->now);
	if (text.failed)
		return err_set(err, -ENOMEM, "out of memory");
	fwrite(text.data, 1, text.len, stdout);
	return 0;
}

/* Until somebody wants it to end. */
static int show_on(struct control_link *link, struct seen *s, struct screen *screen,
		   struct err *err)
{
	int64_t due = clock_now_ms();

	for (;;) {
		_cleanup_buf_ struct buf text = { 0 };
		int64_t left = due - clock_now_ms();
		int ret = left <= 0 ? ask_tracer(link, s, err) : 0;

		if (ret)
			return ret;
		if (left <= 0)
			due = clock_now_ms() + INTERVAL_MS;
		control_top(&text, s->before, s->now);
		buf_adds(&text, "\n  q ends\n");
		if (text.failed)
			return err_set(err, -ENOMEM, "out of memory");
		screen_show(screen, &text);
		if (screen_wait(screen, (int)MAX(due - clock_now_ms(), 0)) == SCREEN_END)
			return 0;
	}
}

int cmd_top(const struct cli *cli)
{
	_cleanup_(control_hang_up) struct control_link link;
	_cleanup_(seen_fini) struct seen seen = { 0 };
	struct screen screen;
	struct err err;
	int ret = control_dial(&link, cli->socket, &err);

	if (!ret && !screen_is_there()) {
		ret = show_once(&link, &seen, &err);
	} else if (!ret) {
		ret = screen_open(&screen);
		if (ret)
			err_set(&err, ret, "cannot set up the terminal: %s", strerror(-ret));
		else
			ret = show_on(&link, &seen, &screen, &err);
		screen_close(&screen);
	}
	return ret ? cli_say_unasked(ret, &err) : EXIT_AS_ASKED;
}

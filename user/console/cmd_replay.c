// SPDX-License-Identifier: GPL-2.0-only
/* `phrude-console replay`: sends a corpus to a test instance, and says which alerts still come. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "console/console.h"
#include "console/db.h"
#include "console/har.h"
#include "console/replay.h"
#include "console/store.h"
#include "console/when.h"

/* Alerts that are looked at for those of the requests: the newest. */
#define ALERTS_MAX 100000
/* Clocks of other machines may be behind. */
#define SLACK WHEN_MINUTE

static int read_file(const char *path, struct buf *out, struct err *err)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	char piece[65536];
	size_t n;

	if (!f)
		return err_set(err, errno == EINVAL ? -EIO : -errno, "%s cannot be opened: %s",
			       path, strerror(errno));
	while ((n = fread(piece, 1, sizeof(piece), f)) && out->len <= HAR_FILE_MAX)
		buf_add(out, piece, n);
	if (ferror(f))
		return err_set(err, -EIO, "%s cannot be read", path);
	if (out->len > HAR_FILE_MAX)
		return err_set(err, -EFBIG, "%s has more than %zu MiB", path, HAR_FILE_MAX >> 20);
	return out->failed ? err_set(err, -ENOMEM, "out of memory") : 0;
}

static int read_har(const char *path, struct arena *a, struct buf *file, struct har *out,
		    struct err *err)
{
	int res = read_file(path, file, err);

	if (!res)
		res = har_read(a, (struct text){ file->data ?: "", file->len }, out, err);
	/* A file that is no HAR is no wrong use of the program. */
	return res == -EINVAL ? err_prefix(err, -EPROTO, "%s", path) : res;
}

static int add_alert(void *ctx, struct text json)
{
	return replay_add_alert(ctx, json);
}

static int find_in_store(const struct options *o, struct replay *r, int64_t began, struct err *err)
{
	_cleanup_(store_closep) struct store *store = NULL;
	struct filter f = { .level = -1, .state = -1, .since = began - SLACK };
	struct db *db;
	int res = options_store(o, &store, err);

	if (!res)
		res = store_reader(store, &db, err);
	if (res)
		return res;
	res = store_each(db, &f, ALERTS_MAX, add_alert, r, err);
	store_reader_done(store, db);
	return res;
}

static int find_in_file(const char *path, struct replay *r, struct err *err)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int res = 0;

	if (!f)
		return err_set(err, errno == EINVAL ? -EIO : -errno, "%s cannot be opened: %s",
			       path, strerror(errno));
	while (!res && (n = getline(&line, &size, f)) > 0)
		res = replay_add_alert(r, (struct text){ line, n });
	if (!res && ferror(f))
		return err_set(err, -EIO, "%s cannot be read", path);
	return res ? err_set(err, res, "out of memory") : 0;
}

static void put_rules(struct buf *out, const struct text *rules, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		buf_adds(out, i ? ", " : "");
		text_terminal(out, rules[i]);
	}
}

/* still  GET /ping?host=x: Shell Command through os.popen */
static void put_one(struct buf *out, const struct replay_request *one)
{
	const struct har_request *request = one->request;

	buf_adds(out, !one->status ? "failed " : one->nr_alerts ? "still  " : "silent ");
	text_terminal(out, (struct text){ request->method, strlen(request->method) });
	buf_addc(out, ' ');
	text_terminal(out, (struct text){ request->target, strlen(request->target) });
	if (!one->status)
		buf_printf(out, ": %s", one->why);
	else
		buf_printf(out, ": %ld", one->status);
	if (one->nr_alerts) {
		buf_adds(out, "; ");
		put_rules(out, one->rules, one->nr_rules);
	} else if (one->status && request->nr_rules) {
		buf_adds(out, "; no alert, and before: ");
		put_rules(out, request->rules, request->nr_rules);
	}
	if (!request->whole)
		buf_adds(out, " (not all of the request is known)");
	buf_addc(out, '\n');
}

static int put_result(const struct replay *r, struct err *err)
{
	_cleanup_buf_ struct buf out = { 0 };
	size_t still = 0, failed = 0;

	for (size_t i = 0; i < r->nr; i++) {
		put_one(&out, &r->requests[i]);
		still += r->requests[i].nr_alerts > 0;
		failed += !r->requests[i].status;
	}
	buf_printf(&out, "%zu requests: alerts of %zu, none of %zu; %zu were not answered\n", r->nr,
		   still, r->nr - still - failed, failed);
	if (out.failed || fputs(out.data, stdout) < 0 || fflush(stdout))
		return err_set(err, -EIO, "the result cannot be written");
	if (failed)
		return err_set(err, -EIO, "%zu requests were not answered", failed);
	if (still)
		return err_set(err, -EREMOTEIO, "alerts still come of %zu requests", still);
	if (r->nr)
		log_warn("no alert came at all: is that instance traced, do its alerts come here, "
			 "and are traceparent headers let through?");
	return 0;
}

static int run_replay(const struct options *o, struct replay *r, struct err *err)
{
	struct timespec wait = { .tv_sec = o->wait / WHEN_SECOND,
				 .tv_nsec = o->wait % WHEN_SECOND * 1000 };
	int64_t began = when_now();
	int res = replay_send(r, err);

	if (res)
		return res;
	while (nanosleep(&wait, &wait) && errno == EINTR)
		;
	res = o->alerts ? find_in_file(o->alerts, r, err) : find_in_store(o, r, began, err);
	return res ?: put_result(r, err);
}

int cmd_replay(const struct options *o, struct err *err)
{
	_cleanup_buf_ struct buf file = { 0 };
	struct arena arena = { 0 };
	struct replay replay = { 0 };
	struct har har;
	int res = o->to ? replay_check_place(o->to, o->anywhere, err)
			: err_set(err, -EINVAL, "--to says where to, as http://127.0.0.1:8000");

	if (!res)
		res = read_har(o->argument, &arena, &file, &har, err);
	if (!res)
		res = replay_init(&replay, o->to, &har, err);
	if (!res)
		res = run_replay(o, &replay, err);
	replay_fini(&replay);
	arena_fini(&arena);
	return res;
}

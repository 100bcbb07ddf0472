// SPDX-License-Identifier: GPL-2.0-only
/* Alerts: taking them in, listing them, showing one. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/util.h"
#include "console/api.h"
#include "console/db.h"
#include "console/ingest.h"
#include "console/senders.h"
#include "console/store.h"
#include "console/when.h"
#include "console/writer.h"

/*
 * What is uncompressed counts against the bodies once its size is known: one at a time finds that
 * out.
 */
static pthread_mutex_t inflating = PTHREAD_MUTEX_INITIALIZER;

int api_health(struct request *rq, struct reply *rp, struct err *err)
{
	struct store *store = rq->console->store;
	struct db *db;
	bool is_new;
	int res = store_reader(store, &db, err);

	if (res)
		return res;
	res = access_is_new(db, &is_new, err);
	store_reader_done(store, db);
	reply_json(rp, 200);
	buf_adds(&rp->body, "{\"status\":\"ok\"}");
	return res;
}

static int inflate_body(struct request *rq, struct buf *out, struct err *err)
{
	int res;

	pthread_mutex_lock(&inflating);
	res = ingest_inflate((struct text){ rq->body.data ?: "", rq->body.len }, out);
	if (res == -EINVAL)
		err_set(err, res, "the body is not gzip, or was cut short");
	else if (res == -E2BIG)
		err_set(err, res,
			"the body has more than %zu bytes once uncompressed: send less at once",
			INGEST_PLAIN_MAX);
	else if (res)
		err_set(err, res, "out of memory");
	else
		res = request_reserve(rq, out->len, err);
	pthread_mutex_unlock(&inflating);
	return res;
}

/* "identity", "gzip", or nothing. */
static int is_gzip(const struct request *rq, bool *out, struct err *err)
{
	const char *encoding = request_header(rq, "Content-Encoding");

	*out = encoding && strcasecmp(encoding, "gzip") == 0;
	if (encoding && !*out && strcasecmp(encoding, "identity") != 0)
		return err_set(err, -EINVAL, "Content-Encoding: gzip is taken, and no other");
	return 0;
}

static void put_result(struct buf *out, const struct ingest *in, size_t stored)
{
	buf_printf(out, "{\"stored\":%zu,\"duplicates\":%zu,\"refused\":%zu,\"errors\":[", stored,
		   in->nr_records - stored, in->nr_refused);
	for (size_t i = 0; i < in->nr_errors; i++) {
		buf_printf(out, "%s{\"line\":%zu,\"error\":", i ? "," : "", in->errors[i].line);
		text_json(out, (struct text){ in->errors[i].what, strlen(in->errors[i].what) });
		buf_addc(out, '}');
	}
	buf_adds(out, "]}");
}

static int take_alerts(struct request *rq, struct text body, struct reply *rp, struct err *err)
{
	const struct sender sender = { rq->app, request_header(rq, "User-Agent"), rq->addr };
	struct ingest in;
	size_t stored = 0;
	int res = ingest_parse(body, rq->app, &in, err);

	if (!res)
		res = writer_add(rq->console->writer, in.records, in.nr_records, &sender, &stored,
				 err);
	if (!res) {
		/* What can be stored is; where nothing can, the sender had better look. */
		reply_json(rp, in.nr_refused && !in.nr_records ? 400 : 200);
		put_result(&rp->body, &in, stored);
	}
	ingest_fini(&in);
	return res;
}

int api_ingest(struct request *rq, struct reply *rp, struct err *err)
{
	_cleanup_buf_ struct buf plain = { 0 };
	bool gzip;
	int res = is_gzip(rq, &gzip, err);

	if (!res && gzip)
		res = inflate_body(rq, &plain, err);
	if (res)
		return res;
	return take_alerts(rq,
			   gzip ? (struct text){ plain.data ?: "", plain.len }
				: (struct text){ rq->body.data ?: "", rq->body.len },
			   rp, err);
}

int api_list(struct request *rq, struct reply *rp, struct err *err)
{
	struct store *store = rq->console->store;
	struct filter f;
	struct db *db;
	int res = filter_parse(&rq->arena, rq->query, when_now(), &f, err);

	if (!res)
		res = store_reader(store, &db, err);
	if (res)
		return res;
	reply_json(rp, 200);
	res = store_list(db, &f, QUERY_NEWEST_FIRST, &rp->body, err);
	store_reader_done(store, db);
	return res;
}

int api_alert(struct request *rq, struct reply *rp, struct err *err)
{
	struct store *store = rq->console->store;
	struct filter f;
	struct text id;
	struct db *db;
	int res = filter_parse(&rq->arena, rq->query, when_now(), &f, err);

	if (res)
		return res;
	if (filter_decode(&rq->arena, request_rest(rq), &id) || !record_id_is_valid(id))
		return err_set(err, -ENOENT, "no alert has such an id");
	res = store_reader(store, &db, err);
	if (res)
		return res;
	reply_json(rp, 200);
	res = store_alert(db, id, &f, &rp->body, err);
	store_reader_done(store, db);
	return res;
}

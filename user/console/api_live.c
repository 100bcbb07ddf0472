// SPDX-License-Identifier: GPL-2.0-only
/*
 * New alerts, as server-sent events: how many there are of those that the page's filter lets
 * through, after the newest that it shows.  Each event says all of it, so that it does not matter
 * which ones a page has missed.
 */
#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/util.h"
#include "console/api.h"
#include "console/db.h"
#include "console/filter.h"
#include "console/store.h"
#include "console/when.h"
#include "console/writer.h"

/* Streams at once: each has a thread. */
#define STREAMS_MAX 128
/* Something is written at least so often, as proxies end connections that are silent for long. */
#define BEAT_MS 15000
/*
 * Others write to the store as well: another console, `import`. A look that takes long is taken
 * less often.
 */
#define LOOK_MS 1000
#define LOOK_REST 20
/* What comes together is told at once. */
#define GATHER_MS 200
/* More are "more than": nobody counts them. */
#define COUNT_MAX 1000

struct stream {
	struct console *console;
	struct arena arena;
	char *query, *token;
	struct filter filter;
	uint64_t generation;
	unsigned int told; /* alerts, by the last event */
	int64_t beat;	   /* when something was written last, see when.h */
	unsigned int wait; /* ms, until the next look */
	struct buf pending;
	size_t sent; /* of what is pending */
};

static atomic_uint streams;

static void stream_free(void *ctx)
{
	struct stream *s = ctx;

	arena_fini(&s->arena);
	free(s->query);
	free(s->token);
	buf_fini(&s->pending);
	free(s);
	atomic_fetch_sub(&streams, 1);
}

/* Is whoever listens still signed in?  And how many are there now? */
static int look_for_new(struct stream *s, unsigned int *count)
{
	struct session session;
	struct db *db;
	int res = store_reader(s->console->store, &db, NULL);

	if (res)
		return res;
	res = access_session(db, (struct text){ s->token, strlen(s->token) }, &session, NULL);
	if (!res)
		res = store_count(db, &s->filter, COUNT_MAX, count, NULL);
	store_reader_done(s->console->store, db);
	return res;
}

/* Looks once; what is to be written of it, if anything is, is made pending. */
static int look_once(struct stream *s)
{
	unsigned int count = s->told;
	int64_t begin = when_now();
	int res = look_for_new(s, &count);

	/* What takes too long to count is counted next time. */
	if (res && res != -ETIMEDOUT)
		return res;
	s->wait = MAX(LOOK_MS, LOOK_REST * (when_now() - begin) / (WHEN_SECOND / 1000));
	if (count != s->told)
		buf_printf(&s->pending, "event: alerts\ndata: {\"count\":%u}\n\n", count);
	else if (when_now() - s->beat >= (int64_t)BEAT_MS * (WHEN_SECOND / 1000))
		buf_adds(&s->pending, ": still here\n\n");
	s->told = count;
	return s->pending.failed ? -ENOMEM : 0;
}

/*
 * Waits for news, and makes what is to be written of it pending.  0, or -errno to end the stream.
 */
static int wait_for_news(struct stream *s)
{
	const struct timespec gather = { .tv_nsec = GATHER_MS * 1000000l };
	int res = 0;

	buf_reset(&s->pending);
	s->sent = 0;
	while (!s->pending.len && !res) {
		uint64_t generation = writer_wait(s->console->writer, s->generation, s->wait);

		if (writer_is_woken(s->console->writer))
			return -ECANCELED;
		if (generation != s->generation)
			nanosleep(&gather, NULL);
		s->generation = writer_generation(s->console->writer);
		res = look_once(s);
	}
	s->beat = when_now();
	return res;
}

static ssize_t stream_read(void *ctx, uint64_t pos, char *out, size_t max)
{
	struct stream *s = ctx;
	size_t n;

	if (s->sent == s->pending.len && wait_for_news(s))
		return MHD_CONTENT_READER_END_OF_STREAM;
	n = MIN(max, s->pending.len - s->sent);
	memcpy(out, s->pending.data + s->sent, n);
	s->sent += n;
	return n;
}

int api_live(struct request *rq, struct reply *rp, struct err *err)
{
	struct text token = request_token(rq);
	struct stream *s = calloc(1, sizeof(*s));
	int res;

	if (atomic_fetch_add(&streams, 1) >= STREAMS_MAX || !s) {
		atomic_fetch_sub(&streams, 1);
		free(s);
		return err_set(err, -EAGAIN, "too many pages are open: close some");
	}
	s->console = rq->console;
	s->query = strndup(rq->query.s ?: "", rq->query.len);
	s->token = strndup(token.s, token.len);
	res = s->query && s->token
		      ? filter_parse(&s->arena, (struct text){ s->query, strlen(s->query) },
				     when_now(), &s->filter, err)
		      : err_set(err, -ENOMEM, "out of memory");
	s->filter.before = 0;
	/* One before the first generation: the first look is at once. */
	s->generation = writer_generation(rq->console->writer) - 1;
	if (!res) {
		rp->type = "text/event-stream";
		rp->stream = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, stream_read,
							       s, stream_free);
		res = rp->stream ? 0 : err_set(err, -ENOMEM, "out of memory");
	}
	if (res)
		stream_free(s);
	return res;
}

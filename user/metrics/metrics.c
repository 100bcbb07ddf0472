// SPDX-License-Identifier: GPL-2.0-only
#include "metrics/metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/inherited.h"
#include "base/library.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/util.h"

/* With so many open the oldest connection makes room for another one. */
#define OPEN_MAX_CONNECTIONS 32
/* A client that neither sends nor takes anything for so long is let go of; s. */
#define IDLE_S 10
#define STACK_SIZE ((size_t)256 * 1024)
/* Of a request's head. */
#define HEAD_MAX ((size_t)8 * 1024)

/* The functions by their own names with a line below, each of its own type. */
#define FUNCTIONS(X)                       \
	X(MHD_start_daemon)                \
	X(MHD_stop_daemon)                 \
	X(MHD_queue_response)              \
	X(MHD_create_response_from_buffer) \
	X(MHD_add_response_header)         \
	X(MHD_destroy_response)            \
	X(MHD_get_connection_info)

#define X(name) static __typeof__(&name) name##_;
FUNCTIONS(X)
#undef X

struct metrics {
	struct MHD_Daemon *daemon;
	const char *address;
	struct published *published;

	/* The server's thread's alone. */
	struct MHD_Response *text; /* of what was published so many times; NULL: none yet */
	unsigned long written;
	struct opening {
		int fd;
		int64_t since; /* ms; 0: free */
	} open[OPEN_MAX_CONNECTIONS];
};

static int load_library(struct err *err)
{
	static const char *const names[] = { "libmicrohttpd.so.12", NULL };
	static const struct library_symbol symbols[] = {
#define X(name) { #name, &name##_ },
		FUNCTIONS(X)
#undef X
	};

	return library_load(names, "libmicrohttpd12", symbols, ARRAY_SIZE(symbols), err);
}

/* The path of "unix:PATH"; NULL: it is none. */
static const char *unix_path(const char *address)
{
	return str_starts(address, "unix:") ? address + strlen("unix:") : NULL;
}

int metrics_check_address(const char *address, struct err *err)
{
	const char *path = unix_path(address);

	if (!path)
		return listen_check(address, err);
	return *path == '/'
		       ? 0
		       : err_set(err, -EINVAL, "a socket is named by a path that begins with /");
}

static struct MHD_Response *make_response(const void *data, size_t len,
					  enum MHD_ResponseMemoryMode mode, const char *type)
{
	struct MHD_Response *r = MHD_create_response_from_buffer_(len, (void *)data, mode);

	if (r)
		MHD_add_response_header_(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	else if (mode == MHD_RESPMEM_MUST_FREE)
		free((void *)data);
	return r;
}

/* A word that stands where it is. */
static enum MHD_Result say(struct MHD_Connection *connection, unsigned int status, const char *word)
{
	struct MHD_Response *r =
		make_response(word, strlen(word), MHD_RESPMEM_PERSISTENT, "text/plain");
	enum MHD_Result res;

	if (!r)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header_(r, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
	res = MHD_queue_response_(connection, status, r);
	MHD_destroy_response_(r);
	return res;
}

/* The text is written out once for what was published last, however often it is asked for. */
static void write_text(struct metrics *m)
{
	struct buf out = { 0 };
	struct metrics_now now;
	unsigned long number;

	published_get(m->published, &now, &number);
	if (m->text && m->written == number)
		return;
	metrics_write(&out, &now, m->published->alerts);
	if (m->text)
		MHD_destroy_response_(m->text);
	m->text = NULL;
	m->written = number;
	if (out.failed)
		buf_fini(&out);
	else
		m->text =
			make_response(out.data, out.len, MHD_RESPMEM_MUST_FREE, METRICS_TEXT_TYPE);
}

static enum MHD_Result give_text(struct metrics *m, struct MHD_Connection *connection)
{
	write_text(m);
	return m->text ? MHD_queue_response_(connection, MHD_HTTP_OK, m->text)
		       : say(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
}

static enum MHD_Result give_health(struct metrics *m, struct MHD_Connection *connection)
{
	struct MHD_Response *r;
	struct buf out = { 0 };
	enum MHD_Result res;
	bool well = true;

	for (size_t i = 0; i < NR_METRICS_THREADS; i++) {
		int64_t age = published_age(m->published, i);
		bool moves = age < METRICS_STALE_MS;

		well &= moves;
		if (moves)
			buf_printf(&out, "%s: ok\n", metrics_thread_names[i]);
		else
			buf_printf(&out, "%s: has not moved for %lld s\n", metrics_thread_names[i],
				   (long long)(age / 1000));
	}
	if (out.failed) {
		buf_fini(&out);
		return say(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
	}
	r = make_response(out.data, out.len, MHD_RESPMEM_MUST_FREE, "text/plain");
	if (!r)
		return MHD_NO;
	res = MHD_queue_response_(connection, well ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, r);
	MHD_destroy_response_(r);
	return res;
}

static enum MHD_Result give_readiness(struct metrics *m, struct MHD_Connection *connection)
{
	return published_is_ready(m->published)
		       ? say(connection, MHD_HTTP_OK, "ready\n")
		       : say(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "not attached\n");
}

/* Called once the head is there: a body is not waited for. */
static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *len, void **con_cls)
{
	static const struct {
		const char *url;
		enum MHD_Result (*give)(struct metrics *m, struct MHD_Connection *connection);
	} pages[] = {
		{ "/metrics", give_text },
		{ "/healthz", give_health },
		{ "/readyz", give_readiness },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		if (!str_eq(url, pages[i].url))
			continue;
		if (!str_eq(method, MHD_HTTP_METHOD_GET))
			return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
		return pages[i].give(ctx, connection);
	}
	return say(connection, MHD_HTTP_NOT_FOUND, "there are /metrics, /healthz and /readyz\n");
}

/* The free place among those that are open; without one, that of the oldest, which is hung up. */
static struct opening *find_place(struct metrics *m)
{
	struct opening *oldest = &m->open[0];

	for (size_t i = 1; i < ARRAY_SIZE(m->open); i++) {
		if (m->open[i].since < oldest->since)
			oldest = &m->open[i];
	}
	if (oldest->since)
		shutdown(oldest->fd, SHUT_RDWR);
	return oldest;
}

/* Somebody who keeps connections open keeps nobody else out. */
static void on_connection(void *ctx, struct MHD_Connection *connection, void **place,
			  enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info_(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct opening *o;

	if (!info)
		return;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		/* Whoever asks must not have it take the processor from those who trace. */
		inherited_lower_priority();
		o = find_place(ctx);
		*o = (struct opening){ info->connect_fd, clock_now_ms() };
		*place = o;
		return;
	}
	o = *place;
	/* It may be another one's by now. */
	if (o && o->fd == info->connect_fd)
		*o = (struct opening){ 0 };
}

static int listen_where(const char *address, struct buf *url, struct err *err)
{
	const char *path = unix_path(address);
	bool loopback;
	int fd;

	buf_adds(url, path ? address : "http://");
	fd = path ? listen_unix(path, 0777, err) : listen_at(address, url, &loopback, err);
	if (!path)
		buf_adds(url, "/metrics");
	if (fd >= 0 && url->failed) {
		close(fd);
		return err_set(err, -ENOMEM, "out of memory");
	}
	return fd;
}

static int serve_http(struct metrics *m, struct err *err)
{
	_cleanup_buf_ struct buf url = { 0 };
	_cleanup_close_ int fd = listen_where(m->address, &url, err);

	if (fd < 0)
		return fd;
	/* All signals that anybody waits for are blocked already. */
	m->daemon = MHD_start_daemon_(
		MHD_USE_POLL_INTERNAL_THREAD, 0, NULL, NULL, answer, m, MHD_OPTION_LISTEN_SOCKET,
		fd, MHD_OPTION_NOTIFY_CONNECTION, on_connection, m, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)OPEN_MAX_CONNECTIONS * 2, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_MAX,
		MHD_OPTION_THREAD_STACK_SIZE, STACK_SIZE, MHD_OPTION_END);
	if (!m->daemon)
		return err_set(err, -EIO, "the HTTP server does not start");
	TAKE_FD(fd); /* the daemon's */
	log_info("metrics at %s", url.data);
	return 0;
}

int metrics_start(const char *address, struct published *published, struct metrics **out,
		  struct err *err)
{
	_cleanup_(metrics_stopp) struct metrics *m = calloc(1, sizeof(*m));
	int ret = m ? load_library(err) : err_set(err, -ENOMEM, "out of memory");

	if (ret)
		return ret;
	m->address = address;
	m->published = published;
	ret = serve_http(m, err);
	if (!ret)
		*out = TAKE_PTR(m);
	return ret;
}

void metrics_stop(struct metrics *m)
{
	if (!m)
		return;
	if (m->daemon) {
		MHD_stop_daemon_(m->daemon);
		if (unix_path(m->address))
			listen_unix_end(unix_path(m->address));
	}
	if (m->text)
		MHD_destroy_response_(m->text);
	free(m);
}

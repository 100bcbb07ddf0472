// SPDX-License-Identifier: GPL-2.0-only
#include "console/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/util.h"
#include "console/http_priv.h"
#include "console/json.h"
#include "base/listen.h"

#define CONNECTIONS_MAX 512
/* A client that neither sends nor takes anything for so long is let go of; s. */
#define IDLE_S 30
#define STACK_SIZE ((size_t)512 * 1024)
/*
 * Bytes of all bodies that are being read or worked on: with more of them, senders are asked to
 * come again.
 */
#define BODIES_MAX ((size_t)96 * 1024 * 1024)
#define TLS_FILE_MAX ((size_t)256 * 1024)

struct http {
	struct MHD_Daemon *daemon;
	struct buf url, cert, key;
};

static atomic_size_t bodies;

const char *request_header(const struct request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

struct text request_token(const struct request *rq)
{
	const char *cookie =
		MHD_lookup_connection_value(rq->connection, MHD_COOKIE_KIND, "phrude_session");

	return (struct text){ cookie, cookie ? strlen(cookie) : 0 };
}

struct text request_rest(const struct request *rq)
{
	size_t len = strlen(rq->route->path);

	return (struct text){ rq->path.s + len, rq->path.len - len };
}

int request_json(struct request *rq, struct json **out, struct err *err)
{
	const char *type = request_header(rq, "Content-Type");

	/* What a form of another site cannot send. */
	if (!type || !str_starts(type, "application/json"))
		return err_set(err, -EINVAL, "the body has to be application/json");
	for (size_t i = 0; i < rq->body.len;) {
		uint32_t ch = text_next(rq->body.data, rq->body.len, &i);

		if (ch >= 0xd800 && ch <= 0xdfff)
			return err_set(err, -EINVAL, "the body is not UTF-8");
	}
	return json_parse(&rq->arena, rq->body.data ?: "", rq->body.len, out, err);
}

int request_reserve(struct request *rq, size_t bytes, struct err *err)
{
	if (atomic_fetch_add(&bodies, bytes) + bytes > BODIES_MAX) {
		atomic_fetch_sub(&bodies, bytes);
		return err_set(err, -EAGAIN,
			       "too much is being received at this moment: send again later");
	}
	rq->reserved += bytes;
	return 0;
}

/*
 * Called with what stands in the first line, before anything else: what it returns goes with the
 * connection's request.
 */
static void *request_new(void *ctx, const char *uri, struct MHD_Connection *connection)
{
	struct request *rq = calloc(1, sizeof(*rq));
	const char *question;

	if (!rq)
		return NULL;
	rq->console = ctx;
	rq->connection = connection;
	rq->uri = strdup(uri);
	if (!rq->uri) {
		free(rq);
		return NULL;
	}
	question = strchr(rq->uri, '?');
	rq->path =
		(struct text){ rq->uri, question ? (size_t)(question - rq->uri) : strlen(rq->uri) };
	if (question)
		rq->query = (struct text){ question + 1, strlen(question + 1) };
	return rq;
}

static void request_free(void *ctx, struct MHD_Connection *connection, void **con_cls,
			 enum MHD_RequestTerminationCode code)
{
	struct request *rq = *con_cls;

	if (!rq)
		return;
	atomic_fetch_sub(&bodies, rq->reserved);
	buf_fini(&rq->body);
	arena_fini(&rq->arena);
	free(rq->uri);
	free(rq);
	*con_cls = NULL;
}

static void note_address(struct request *rq)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (info && info->client_addr->sa_family == AF_INET)
		inet_ntop(AF_INET, &((struct sockaddr_in *)info->client_addr)->sin_addr, rq->addr,
			  sizeof(rq->addr));
	else if (info)
		inet_ntop(AF_INET6, &((struct sockaddr_in6 *)info->client_addr)->sin6_addr,
			  rq->addr, sizeof(rq->addr));
}

static void take_body(struct request *rq, const char *data, size_t len)
{
	if (rq->too_large || rq->too_much)
		return;
	rq->too_large = len > rq->route->body_max - rq->body.len;
	if (rq->too_large)
		return;
	rq->too_much = request_reserve(rq, len, NULL) != 0;
	if (!rq->too_much)
		buf_add(&rq->body, data, len);
}

static int run_route(struct request *rq, struct reply *rp, struct err *err)
{
	if (rq->too_large)
		return err_set(err, -E2BIG, "the body is longer than %zu bytes: send less at once",
			       rq->route->body_max);
	if (rq->too_much)
		return err_set(err, -EAGAIN,
			       "too much is being received at this moment: send again later");
	if (rq->body.failed)
		return err_set(err, -ENOMEM, "out of memory");
	return rq->route->run(rq, rp, err);
}

/*
 * The method, the route, who it is and how much it will be: what can be refused before the body is
 * there.
 */
static int begin_request(struct request *rq, const char *method, struct err *err)
{
	const char *length = request_header(rq, "Content-Length");
	int res;

	note_address(rq);
	res = route_find(method, rq->path, &rq->route, err);
	if (res)
		return res;
	if (length && strtoull(length, NULL, 10) > rq->route->body_max)
		rq->too_large = true;
	res = route_admit(rq, err);
	if (!res && rq->too_large)
		return run_route(rq, NULL, err);
	return res;
}

static enum MHD_Result answer(void *ctx, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *len, void **con_cls)
{
	struct request *rq = *con_cls;
	struct reply rp = { .status = MHD_HTTP_OK };
	struct err err;
	int res;

	if (!rq)
		return MHD_NO;
	if (!rq->begun) {
		rq->begun = true;
		res = begin_request(rq, method, &err);
		if (!res)
			return MHD_YES;
	} else if (*len) {
		take_body(rq, data, *len);
		*len = 0;
		return MHD_YES;
	} else {
		res = run_route(rq, &rp, &err);
	}
	return reply_send(rq, &rp, res, &err);
}

static int read_file(const char *path, struct buf *out, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[4096];
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, chunk, sizeof(chunk))) > 0 && out->len <= TLS_FILE_MAX)
		buf_add(out, chunk, n);
	if (n < 0)
		return err_set(err, -errno, "%s cannot be read: %s", path, strerror(errno));
	if (n || out->failed)
		return err_set(err, -E2BIG, "%s is too large for a certificate or key", path);
	return 0;
}

static int prepare_http(struct http *http, const struct http_options *o, int *fd, struct err *err)
{
	bool loopback;
	int res;

	if (!o->tls_cert != !o->tls_key)
		return err_set(err, -EINVAL, "--tls-cert and --tls-key go together");
	buf_adds(&http->url, o->tls_cert ? "https://" : "http://");
	*fd = listen_at(o->listen, &http->url, &loopback, err);
	if (*fd < 0)
		return err_prefix(err, *fd, "--listen");
	if (!loopback && !o->tls_cert && !o->behind_proxy)
		return err_set(
			err, -EINVAL,
			"at %s passwords would cross the network unencrypted: give --tls-cert and "
			"--tls-key, or --behind-proxy if a proxy in front does TLS",
			o->listen);
	if (!o->tls_cert)
		return 0;
	res = read_file(o->tls_cert, &http->cert, err);
	return res ?: read_file(o->tls_key, &http->key, err);
}

int http_start(struct console *console, const struct http_options *o, struct http **out,
	       struct err *err)
{
	_cleanup_(http_stopp) struct http *http = calloc(1, sizeof(*http));
	_cleanup_close_ int fd = -1;
	unsigned int flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
			     MHD_USE_POLL | (o->tls_cert ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls[] = { { MHD_OPTION_END, 0, NULL },
					{ MHD_OPTION_HTTPS_MEM_CERT, 0, NULL },
					{ MHD_OPTION_END, 0, NULL } };
	int res;

	if (!http)
		return err_set(err, -ENOMEM, "out of memory");
	res = prepare_http(http, o, &fd, err);
	if (res)
		return res;
	if (o->tls_cert) {
		tls[0] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, http->key.data };
		tls[1].ptr_value = http->cert.data;
	}
	console->secure = o->tls_cert || o->behind_proxy;
	http->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, answer, console, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_URI_LOG_CALLBACK, request_new, console, MHD_OPTION_NOTIFY_COMPLETED,
		request_free, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)IDLE_S, MHD_OPTION_THREAD_STACK_SIZE,
		STACK_SIZE, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
	if (!http->daemon)
		return err_set(err, -EIO, "the HTTP server does not start%s",
			       o->tls_cert
				       ? ": are --tls-cert and --tls-key a certificate and its key?"
				       : "");
	TAKE_FD(fd); /* the daemon's */
	*out = TAKE_PTR(http);
	return 0;
}

const char *http_url(const struct http *http)
{
	return http->url.data;
}

void http_stop(struct http *http)
{
	if (!http)
		return;
	if (http->daemon)
		MHD_stop_daemon(http->daemon);
	buf_fini(&http->url);
	buf_fini(&http->cert);
	buf_fini(&http->key);
	free(http);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "transfer/curl.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Its macros would call curl_easy_setopt() by name. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#undef curl_easy_setopt
#undef curl_easy_getinfo

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/util.h"
#include "base/library.h"

/* The functions by their own names with a line below, each of its own type. */
#define FUNCTIONS(X)          \
	X(curl_global_init)   \
	X(curl_easy_init)     \
	X(curl_easy_cleanup)  \
	X(curl_easy_setopt)   \
	X(curl_easy_getinfo)  \
	X(curl_easy_perform)  \
	X(curl_easy_strerror) \
	X(curl_easy_send)     \
	X(curl_easy_recv)     \
	X(curl_slist_append)  \
	X(curl_slist_free_all)

#define X(name) static __typeof__(&name) name##_;
FUNCTIONS(X)
#undef X

struct curl_tls {
	CURL *handle;
	curl_socket_t fd;
	char why[CURL_ERROR_SIZE];
};

static struct err load_error;
static int load_result;

static void load_curl(void)
{
	static const char *const names[] = { "libcurl-gnutls.so.4", "libcurl.so.4", NULL };
	static const struct library_symbol symbols[] = {
#define X(name) { #name, &name##_ },
		FUNCTIONS(X)
#undef X
	};

	load_result =
		library_load(names, "libcurl3-gnutls", symbols, ARRAY_SIZE(symbols), &load_error);
	if (!load_result && curl_global_init_(CURL_GLOBAL_DEFAULT))
		load_result = err_set(&load_error, -EIO, "libcurl does not start");
}

int curl_load(struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load_curl);
	return load_result ? err_set(err, load_result, "%s", load_error.msg) : 0;
}

/* Failures of libcurl as this program has them. */
static int curl_errno(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_WRITE_ERROR:
	case CURLE_ABORTED_BY_CALLBACK:
		return -ECANCELED;
	case CURLE_AGAIN:
		return -EAGAIN;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_COULDNT_RESOLVE_HOST:
		return -EHOSTUNREACH;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return -EKEYREJECTED;
	default:
		return -EIO;
	}
}

static int say_curl_error(struct err *err, CURLcode code, const char *why)
{
	return err_set(err, curl_errno(code), "%s", *why ? why : curl_easy_strerror_(code));
}

/*
 * What all uses have in common: no signals, no redirections, TLS 1.2 or later with a good
 * certificate.
 */
static void set_up(CURL *handle, const char *ca_file, char why[CURL_ERROR_SIZE])
{
	curl_easy_setopt_(handle, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt_(handle, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt_(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt_(handle, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt_(handle, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt_(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	if (!ca_file)
		return;
	/* And by nobody else: the system's are in a folder, too. */
	curl_easy_setopt_(handle, CURLOPT_CAINFO, ca_file);
	curl_easy_setopt_(handle, CURLOPT_CAPATH, NULL);
}

int curl_tls_open(const char *host, const char *port, const char *ca_file, unsigned int patience_ms,
		  struct curl_tls **out, struct err *err)
{
	_cleanup_free_ struct curl_tls *tls = calloc(1, sizeof(*tls));
	_cleanup_free_ char *url = NULL;
	CURLcode code;
	int ret = curl_load(err);

	if (ret)
		return ret;
	if (asprintf(&url, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port) < 0)
		url = NULL;
	tls = tls && url ? tls : NULL;
	if (tls)
		tls->handle = curl_easy_init_();
	if (!tls || !tls->handle)
		return err_set(err, -ENOMEM, "out of memory");
	set_up(tls->handle, ca_file, tls->why);
	curl_easy_setopt_(tls->handle, CURLOPT_URL, url);
	curl_easy_setopt_(tls->handle, CURLOPT_PROXY, "");
	curl_easy_setopt_(tls->handle, CURLOPT_CONNECT_ONLY, 1L);
	/* The other end speaks no HTTP. */
	curl_easy_setopt_(tls->handle, CURLOPT_SSL_ENABLE_ALPN, 0L);
	curl_easy_setopt_(tls->handle, CURLOPT_CONNECTTIMEOUT_MS, (long)patience_ms);
	code = curl_easy_perform_(tls->handle);
	if (code == CURLE_OK)
		code = curl_easy_getinfo_(tls->handle, CURLINFO_ACTIVESOCKET, &tls->fd);
	if (code != CURLE_OK) {
		ret = say_curl_error(err, code, tls->why);
		curl_easy_cleanup_(tls->handle);
		return ret;
	}
	*out = TAKE_PTR(tls);
	return 0;
}

int curl_tls_fd(const struct curl_tls *tls)
{
	return tls->fd;
}

ssize_t curl_tls_send(struct curl_tls *tls, const void *data, size_t len, struct err *err)
{
	size_t n = 0;
	CURLcode code;

	*tls->why = '\0';
	code = curl_easy_send_(tls->handle, data, len, &n);
	return code == CURLE_OK ? (ssize_t)n : say_curl_error(err, code, tls->why);
}

bool curl_tls_is_closed(struct curl_tls *tls)
{
	char byte;
	size_t n;

	return curl_easy_recv_(tls->handle, &byte, sizeof(byte), &n) != CURLE_AGAIN;
}

void curl_tls_close(struct curl_tls *tls)
{
	curl_easy_cleanup_(tls->handle);
	free(tls);
}

/* What is kept of an answer: enough to say what it was about. */
#define ANSWER_MAX ((size_t)16 * 1024)
#define CONNECT_MS 10000
#define REQUEST_MS 30000

struct curl_http {
	CURL *handle;
	struct curl_slist *headers;
	struct buf answer;
	const struct curl_feed *feed; /* NULL: nobody is handed the answer */
	char why[CURL_ERROR_SIZE];
};

static size_t take_answer(char *data, size_t size, size_t count, void *ctx)
{
	struct curl_http *http = ctx;
	size_t room = ANSWER_MAX - MIN(http->answer.len, ANSWER_MAX);

	buf_add(&http->answer, data, MIN(size * count, room));
	return size * count;
}

int curl_http_open(const char *url, const char *ca_file, struct curl_http **out, struct err *err)
{
	struct curl_http *http;
	int ret = curl_load(err);

	if (ret)
		return ret;
	http = calloc(1, sizeof(*http));
	if (http)
		http->handle = curl_easy_init_();
	if (!http || !http->handle) {
		free(http);
		return err_set(err, -ENOMEM, "out of memory");
	}
	set_up(http->handle, ca_file, http->why);
	curl_easy_setopt_(http->handle, CURLOPT_URL, url);
	curl_easy_setopt_(http->handle, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt_(http->handle, CURLOPT_USERAGENT, "phrude-trace/" PHRUDE_VERSION);
	curl_easy_setopt_(http->handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt_(http->handle, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS);
	curl_easy_setopt_(http->handle, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt_(http->handle, CURLOPT_WRITEDATA, http);
	*out = http;
	/* To ask first whether the body is wanted costs a second where nobody answers that. */
	return curl_http_header(http, "Expect:") ? err_set(err, -ENOMEM, "out of memory") : 0;
}

int curl_http_header(struct curl_http *http, const char *line)
{
	struct curl_slist *more = curl_slist_append_(http->headers, line);

	if (!more)
		return -ENOMEM;
	http->headers = more;
	curl_easy_setopt_(http->handle, CURLOPT_HTTPHEADER, more);
	return 0;
}

static int perform(struct curl_http *http, struct curl_answer *out, struct err *err)
{
	curl_off_t wait = 0;
	CURLcode code;

	buf_reset(&http->answer);
	*http->why = '\0';
	code = curl_easy_perform_(http->handle);
	if (code != CURLE_OK)
		return say_curl_error(err, code, http->why);
	curl_easy_getinfo_(http->handle, CURLINFO_RESPONSE_CODE, &out->status);
	curl_easy_getinfo_(http->handle, CURLINFO_RETRY_AFTER, &wait);
	out->retry_after_s = wait < 0			? 0
			     : wait > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S
							: (unsigned int)wait;
	out->text = http->answer.data ?: "";
	return 0;
}

int curl_http_post(struct curl_http *http, const void *body, size_t len, struct curl_answer *out,
		   struct err *err)
{
	curl_easy_setopt_(http->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	curl_easy_setopt_(http->handle, CURLOPT_POSTFIELDS, body);
	return perform(http, out, err);
}

int curl_http_replay(struct curl_http *http, const char *method, const void *body, size_t len,
		     struct curl_answer *out, struct err *err)
{
	/* As it was, "../" and all, and to nobody else. */
	curl_easy_setopt_(http->handle, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt_(http->handle, CURLOPT_PROXY, "");
	if (str_eq(method, "HEAD"))
		curl_easy_setopt_(http->handle, CURLOPT_NOBODY, 1L);
	curl_easy_setopt_(http->handle, CURLOPT_CUSTOMREQUEST, method);
	return body ? curl_http_post(http, body, len, out, err) : perform(http, out, err);
}

static bool is_answered(const struct curl_http *http)
{
	long status = 0;

	curl_easy_getinfo_(http->handle, CURLINFO_RESPONSE_CODE, &status);
	return status == 200;
}

static size_t feed_answer(char *data, size_t size, size_t count, void *ctx)
{
	struct curl_http *http = ctx;

	if (!is_answered(http))
		return take_answer(data, size, count, ctx);
	/* Any other number than it was given ends the transfer. */
	return http->feed->take(http->feed->ctx, data, size * count) ? size * count
								     : size * count + 1;
}

static int feed_goes_on(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct curl_http *http = ctx;

	return !http->feed->goes_on(http->feed->ctx, is_answered(http));
}

int curl_http_get(struct curl_http *http, const struct curl_feed *feed, struct curl_answer *out,
		  struct err *err)
{
	http->feed = feed;
	curl_easy_setopt_(http->handle, CURLOPT_PROXY, "");
	curl_easy_setopt_(http->handle, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt_(http->handle, CURLOPT_TIMEOUT_MS, (long)feed->patience_ms);
	/* Who is gone without a word is not waited for until then. */
	curl_easy_setopt_(http->handle, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt_(http->handle, CURLOPT_TCP_KEEPIDLE, 30L);
	curl_easy_setopt_(http->handle, CURLOPT_TCP_KEEPINTVL, 10L);
	curl_easy_setopt_(http->handle, CURLOPT_WRITEFUNCTION, feed_answer);
	curl_easy_setopt_(http->handle, CURLOPT_XFERINFOFUNCTION, feed_goes_on);
	curl_easy_setopt_(http->handle, CURLOPT_XFERINFODATA, http);
	curl_easy_setopt_(http->handle, CURLOPT_NOPROGRESS, 0L);
	return perform(http, out, err);
}

void curl_http_close(struct curl_http *http)
{
	if (!http)
		return;
	curl_easy_cleanup_(http->handle);
	curl_slist_free_all_(http->headers);
	buf_fini(&http->answer);
	free(http);
}

/* A mail that is read by libcurl, a piece at a time. */
struct mail_body {
	const char *at;
	size_t left;
};

static size_t give_mail(char *out, size_t size, size_t count, void *ctx)
{
	struct mail_body *body = ctx;
	size_t n = MIN(size * count, body->left);

	memcpy(out, body->at, n);
	body->at += n;
	body->left -= n;
	return n;
}

static int add_recipients(const struct curl_mail *m, struct curl_slist **out)
{
	for (size_t i = 0; i < m->nr_to; i++) {
		struct curl_slist *more = curl_slist_append_(*out, m->to[i]);

		if (!more)
			return -ENOMEM;
		*out = more;
	}
	return 0;
}

static int deliver(CURL *handle, const struct curl_mail *m, struct err *err)
{
	struct mail_body body = { m->text, m->len };
	struct curl_slist *to = NULL;
	char why[CURL_ERROR_SIZE] = "";
	CURLcode code;
	int ret = add_recipients(m, &to);

	set_up(handle, m->ca_file, why);
	curl_easy_setopt_(handle, CURLOPT_URL, m->url);
	curl_easy_setopt_(handle, CURLOPT_USE_SSL,
			  (long)(m->needs_tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
	if (m->user) {
		curl_easy_setopt_(handle, CURLOPT_USERNAME, m->user);
		curl_easy_setopt_(handle, CURLOPT_PASSWORD, m->password);
	}
	curl_easy_setopt_(handle, CURLOPT_MAIL_FROM, m->from);
	curl_easy_setopt_(handle, CURLOPT_MAIL_RCPT, to);
	curl_easy_setopt_(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt_(handle, CURLOPT_TIMEOUT_MS, (long)REQUEST_MS);
	curl_easy_setopt_(handle, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt_(handle, CURLOPT_READFUNCTION, give_mail);
	curl_easy_setopt_(handle, CURLOPT_READDATA, &body);
	code = ret ? CURLE_OUT_OF_MEMORY : curl_easy_perform_(handle);
	curl_slist_free_all_(to);
	return code == CURLE_OK ? 0 : say_curl_error(err, code, why);
}

int curl_mail_send(const struct curl_mail *m, struct err *err)
{
	CURL *handle;
	int ret = curl_load(err);

	if (ret)
		return ret;
	handle = curl_easy_init_();
	if (!handle)
		return err_set(err, -ENOMEM, "out of memory");
	ret = deliver(handle, m, err);
	curl_easy_cleanup_(handle);
	return ret;
}

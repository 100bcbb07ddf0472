// SPDX-License-Identifier: GPL-2.0-only
#include "sink/curl.h"

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

#include "base/cleanup.h"
#include "base/util.h"
#include "sink/library.h"

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
	X(curl_easy_recv)

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

static void load(void)
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

	pthread_once(&once, load);
	return load_result ? err_set(err, load_result, "%s", load_error.msg) : 0;
}

/* Failures of libcurl as this program has them. */
static int curl_errno(CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return 0;
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

static int say(struct err *err, CURLcode code, const char *why)
{
	return err_set(err, curl_errno(code), "%s", *why ? why : curl_easy_strerror_(code));
}

/* What all uses have in common: no signals, no redirections, TLS 1.2 or later with a good certificate. */
static void set_up(CURL *handle, const char *ca_file, char why[CURL_ERROR_SIZE])
{
	curl_easy_setopt_(handle, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt_(handle, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt_(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt_(handle, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt_(handle, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt_(handle, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	if (ca_file)
		curl_easy_setopt_(handle, CURLOPT_CAINFO, ca_file);
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
		ret = say(err, code, tls->why);
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
	return code == CURLE_OK ? (ssize_t)n : say(err, code, tls->why);
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

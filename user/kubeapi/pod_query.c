// SPDX-License-Identifier: GPL-2.0-only
#include "kubeapi/pod_query.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/secret_file.h"
#include "base/util.h"
#include "kube/kube.h"

/* What is said of an answer. */
#define SAID_MAX 160

/* An address, or a name; an address of IPv6 goes in brackets. */
static bool is_host(const char *s)
{
	return s && *s &&
	       !s[strspn(s, "0123456789abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ.:-")];
}

static bool is_port(const char *s)
{
	return s && *s && strlen(s) <= 5 && !s[strspn(s, "0123456789")];
}

int pod_query_url(const struct pod_query *q, const char *more, struct buf *out, struct err *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST");
	const char *port = getenv("KUBERNETES_SERVICE_PORT");

	if (!is_host(host) || !is_port(port))
		return err_set(err, -EINVAL,
			       "$KUBERNETES_SERVICE_HOST and $KUBERNETES_SERVICE_PORT do not name "
			       "an API server, as they do in a pod");
	if (!q->node || !kube_is_subdomain((struct text){ q->node, strlen(q->node) }))
		return err_set(err, -EINVAL,
			       "the name of this node is not known: set $PHRUDE_HOST or "
			       "kubernetes-node");
	buf_printf(out, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host, port);
	buf_printf(out, "/api/v1/pods?fieldSelector=spec.nodeName%%3D%s%s", q->node, more);
	return out->failed ? err_set(err, -ENOMEM, "out of memory") : 0;
}

void pod_query_escape(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || *text == '-' || *text == '_')
			buf_addc(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
	}
}

/* It is another one after a while, so that it is read each time. */
static int add_token(const struct pod_query *q, struct curl_http *http, struct err *err)
{
	_cleanup_buf_ struct buf path = { 0 }, text = { 0 }, line = { 0 };
	int ret;

	buf_printf(&path, "%s/token", q->account);
	if (path.failed)
		return err_set(err, -ENOMEM, "out of memory");
	ret = secret_file_read(path.data, false, &text, err);
	if (ret)
		return ret;
	while (text.len && isspace((unsigned char)text.data[text.len - 1]))
		text.data[--text.len] = '\0';
	for (size_t i = 0; i < text.len && !ret; i++) {
		if (text.data[i] <= ' ' || text.data[i] >= 0x7f)
			ret = err_set(err, -EINVAL, "%s: it is no token", path.data);
	}
	if (!ret && !text.len)
		ret = err_set(err, -EINVAL, "%s: it is empty", path.data);
	if (!ret) {
		buf_printf(&line, "Authorization: Bearer %s", text.data);
		if (line.failed || curl_http_header(http, line.data))
			ret = err_set(err, -ENOMEM, "out of memory");
	}
	if (text.data)
		explicit_bzero(text.data, text.len);
	if (line.data)
		explicit_bzero(line.data, line.len);
	return ret;
}

/* Metadata is all that is wanted, and all that is sent where that is known. */
static int add_headers(const struct pod_query *q, const char *kind, struct curl_http *http,
		       struct err *err)
{
	_cleanup_buf_ struct buf line = { 0 };

	buf_printf(&line, "Accept: application/json;as=%s;g=meta.k8s.io;v=v1,application/json",
		   kind);
	if (line.failed || curl_http_header(http, line.data))
		return err_set(err, -ENOMEM, "out of memory");
	return add_token(q, http, err);
}

static int judge(const struct curl_answer *a, struct err *err)
{
	if (a->status == 200)
		return 0;
	if (a->status == 410)
		return err_set(err, -ESTALE, "what it had told is too old to go on from");
	return err_set(err, -EREMOTEIO, "it answers %ld%s%.*s", a->status, *a->text ? ": " : "",
		       MIN((int)strcspn(a->text, "\r\n"), SAID_MAX), a->text);
}

int pod_query_ask(const struct pod_query *q, const char *url, const char *kind,
		  const struct curl_feed *feed, struct err *err)
{
	_cleanup_buf_ struct buf ca = { 0 };
	struct curl_http *http = NULL;
	struct curl_answer answer;
	int ret;

	buf_printf(&ca, "%s/ca.crt", q->account);
	if (ca.failed)
		return err_set(err, -ENOMEM, "out of memory");
	ret = curl_http_open(url, ca.data, &http, err);
	if (!ret)
		ret = add_headers(q, kind, http, err);
	if (!ret)
		ret = curl_http_get(http, feed, &answer, err);
	if (!ret)
		ret = judge(&answer, err);
	curl_http_close(http);
	return ret;
}

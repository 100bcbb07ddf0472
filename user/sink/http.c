// SPDX-License-Identifier: GPL-2.0-only
#include "sink/http.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/util.h"
#include "transfer/curl.h"
#include "sink/http_body.h"
#include "sink/http_headers.h"
#include "base/secret_file.h"
#include "sink/template.h"

#define API "/api/v1/alerts"
/* Of one request; the console takes 8 MiB and 20,000 alerts. */
#define BODY_MAX ((size_t)1024 * 1024)
/* What is said of an answer. */
#define SAID_MAX 200

struct http {
	struct curl_http *curl;
	struct http_shape shape;
	struct buf template, body;
	char *place;
	size_t limit; /* alerts of the next request */
	bool is_console;
};

static int add_header(void *ctx, const char *line)
{
	return curl_http_header(ctx, line);
}

static int read_headers(struct http *h, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int ret = secret_file_read(path, true, &text, err);

	if (ret || !text.len)
		return ret;
	ret = http_headers_read(text.data, add_header, h->curl, err);
	explicit_bzero(text.data, text.len);
	return ret ? err_prefix(err, ret, "%s", path) : 0;
}

static int read_key(struct http *h, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_buf_ struct buf line = { 0 };
	int ret = secret_file_read(path, true, &text, err);

	if (ret)
		return ret;
	while (text.len && isspace((unsigned char)text.data[text.len - 1]))
		text.data[--text.len] = '\0';
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] <= ' ' || text.data[i] >= 0x7f)
			return err_set(
				err, -EINVAL,
				"%s: a key is one word, as `phrude-console key add` prints it",
				path);
	}
	if (!text.len)
		return err_set(err, -EINVAL, "%s: it is empty", path);
	buf_printf(&line, "Authorization: Bearer %s", text.data);
	ret = line.failed ? -ENOMEM : curl_http_header(h->curl, line.data);
	explicit_bzero(text.data, text.len);
	if (line.data)
		explicit_bzero(line.data, line.len);
	return ret ? err_set(err, ret, "out of memory") : 0;
}

static int read_template(struct http *h, const char *name, struct err *err)
{
	int ret;

	if (str_eq(name, "slack")) {
		h->shape.way = HTTP_SLACK;
		return 0;
	}
	ret = secret_file_read(name, false, &h->template, err);
	if (!ret)
		ret = template_check(h->template.data ?: "", err);
	if (ret)
		return err_prefix(err, ret, "template %s", name);
	h->shape.way = HTTP_TEMPLATE;
	h->shape.template = h->template.data ?: "";
	return 0;
}

static enum http_way choose_way(const struct http *h, enum sink_format format)
{
	if (h->is_console)
		return HTTP_LINES;
	return format == SINK_OTLP			   ? HTTP_OTLP
	       : format == SINK_TEXT || format == SINK_CEF ? HTTP_LINES
							   : HTTP_ARRAY;
}

static int prepare_http(struct http *h, const struct sink_config *config, struct err *err)
{
	_cleanup_free_ char *url = NULL;
	const char *type;
	int ret = http_url_check(config->url, err);

	if (ret)
		return ret;
	if (asprintf(&url, "%.*s%s",
		     (int)(strlen(config->url) -
			   (h->is_console && config->url[strlen(config->url) - 1] == '/')),
		     config->url, h->is_console ? API : "") < 0 ||
	    asprintf(&h->place, "%.*s", http_url_shown(config->url), config->url) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	h->shape.way = choose_way(h, config->format);
	ret = curl_http_open(url, config->ca_file, &h->curl, err);
	if (!ret && config->template)
		ret = read_template(h, config->template, err);
	type = h->is_console		    ? "Content-Type: application/x-ndjson"
	       : h->shape.way == HTTP_LINES ? "Content-Type: text/plain; charset=utf-8"
					    : "Content-Type: application/json";
	/* The first of a name counts: headers_file may have another type. */
	if (!ret && config->headers_file)
		ret = read_headers(h, config->headers_file, err);
	if (!ret && config->key_file)
		ret = read_key(h, config->key_file, err);
	if (!ret && curl_http_header(h->curl, type))
		ret = err_set(err, -ENOMEM, "out of memory");
	if (!ret && str_starts(config->url, "http://") &&
	    (config->headers_file || config->key_file) && !http_url_is_local(config->url))
		log_warn("%s: alerts and the secrets of its headers go over the network as they "
			 "are: use https",
			 h->place);
	return ret;
}

static void http_close(void *out)
{
	struct http *h = out;

	curl_http_close(h->curl);
	buf_fini(&h->template);
	buf_fini(&h->body);
	free(h->place);
	free(h);
}

static int open_of(const struct sink_config *config, bool is_console, void **out, struct err *err)
{
	struct http *h = calloc(1, sizeof(*h));
	int ret;

	if (!h)
		return err_set(err, -ENOMEM, "out of memory");
	h->is_console = is_console;
	h->limit = SINK_BATCH;
	ret = prepare_http(h, config, err);
	if (ret) {
		http_close(h);
		return err_prefix(err, ret, "output %s", config->name ?: config->ops->type);
	}
	*out = h;
	return 0;
}

static int webhook_open(const struct sink_config *config, void **out, struct err *err)
{
	return open_of(config, false, out, err);
}

static int console_open(const struct sink_config *config, void **out, struct err *err)
{
	return open_of(config, true, out, err);
}

static const char *http_place(const void *out)
{
	const struct http *h = out;

	return h->place;
}

/* How many of the alerts go into one request. */
static size_t batch_of(const struct http *h, struct written *const *alerts, size_t count)
{
	size_t n = 0, bytes = 0, most = MIN(h->limit, http_batch_max(h->shape.way));

	while (n < count && n < most && (!n || bytes + alerts[n]->len <= BODY_MAX))
		bytes += alerts[n++]->len;
	return n;
}

static bool is_refusal(long status)
{
	return status == 400 || status == 413 || status == 422;
}

/* Takes an answer to a request with so many alerts.  0: go on. */
static int judge_answer(struct http *h, const struct curl_answer *a, size_t n,
			struct sink_step *step)
{
	if (a->status / 100 == 2) {
		step->done += n;
		step->refused += MIN(n, http_body_refused(h->shape.way, h->is_console, a->text));
		/* What was wrong with one is forgotten slowly. */
		h->limit = MIN(2 * h->limit, (size_t)SINK_BATCH);
		return 0;
	}
	if (is_refusal(a->status) && n > 1) {
		h->limit = a->status == 413 ? n / 2 : 1;
		return 0;
	}
	if (is_refusal(a->status)) {
		log_warn("%s: it refuses an alert: %ld: %.*s", h->place, a->status,
			 (int)strcspn(a->text, "\r\n") < SAID_MAX ? (int)strcspn(a->text, "\r\n")
								  : SAID_MAX,
			 a->text);
		step->done++;
		step->refused++;
		return 0;
	}
	step->pause_ms = a->retry_after_s * 1000;
	return err_set(&step->err, -EREMOTEIO, "it answers %ld%s%.*s", a->status,
		       *a->text ? ": " : "", MIN((int)strcspn(a->text, "\r\n"), SAID_MAX), a->text);
}

static int http_write(void *out, struct written *const *alerts, size_t count,
		      struct sink_step *step)
{
	struct http *h = out;
	int ret = 0;

	while (!ret && step->done < count) {
		size_t n = batch_of(h, alerts + step->done, count - step->done);
		struct curl_answer answer = { 0 };

		ret = http_body_make(&h->shape, alerts + step->done, n, &h->body);
		if (ret) {
			ret = err_set(&step->err, ret, "out of memory");
			break;
		}
		ret = curl_http_post(h->curl, h->body.data, h->body.len, &answer, &step->err);
		if (!ret)
			ret = judge_answer(h, &answer, n, step);
	}
	return ret == -EAGAIN ? -EIO : ret;
}

#define HTTP_OPS .backs_off = true, .place = http_place, .write = http_write, .close = http_close

const struct sink_ops http_webhook_ops = {
	.type = "webhook",
	.takes = SINK_KEY_SPOOL | SINK_KEY_URL | SINK_KEY_CA_FILE | SINK_KEY_HEADERS_FILE |
		 SINK_KEY_TEMPLATE,
	.needs = SINK_KEY_URL,
	.open = webhook_open,
	HTTP_OPS,
};

const struct sink_ops http_console_ops = {
	.type = "console",
	.takes = SINK_KEY_SPOOL | SINK_KEY_URL | SINK_KEY_CA_FILE | SINK_KEY_KEY_FILE,
	.needs = SINK_KEY_URL | SINK_KEY_KEY_FILE,
	.json_only = true,
	.open = console_open,
	HTTP_OPS,
};

// SPDX-License-Identifier: GPL-2.0-only
#include "console/hook.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/util.h"
#include "transfer/curl.h"
#include "sink/http_headers.h"
#include "base/secret_file.h"

/* What is said of an answer. */
#define SAID_MAX 200

static const char *const forms[NR_HOOK_FORMS] = { "json", "slack" };

int hook_form_parse(const char *name, enum hook_form *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (str_eq(name, forms[i])) {
			*out = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* Where the text is cut: not within a character. */
static size_t cut(struct text t)
{
	size_t len = MIN(t.len, (size_t)HOOK_SLACK_MAX);

	while (len < t.len && len && ((unsigned char)t.s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

void hook_put_slack(struct buf *out, struct text t)
{
	_cleanup_buf_ struct buf text = { 0 };
	size_t len = cut(t);

	for (size_t i = 0; i < len; i++) {
		switch (t.s[i]) {
		case '&':
			buf_adds(&text, "&amp;");
			break;
		case '<':
			buf_adds(&text, "&lt;");
			break;
		case '>':
			buf_adds(&text, "&gt;");
			break;
		case '`':
			/* It would end what is shown as it is. */
			buf_addc(&text, '\'');
			break;
		default:
			buf_addc(&text, t.s[i]);
		}
	}
	if (len < t.len)
		buf_adds(&text, "\n...");
	out->failed |= text.failed;
	buf_adds(out, "{\"text\":");
	text_json(out, (struct text){ text.data ?: "", text.len });
	buf_addc(out, '}');
}

void hook_warn(const struct hook_settings *s)
{
	if (s->url && s->headers_file && str_starts(s->url, "http://") &&
	    !http_url_is_local(s->url))
		log_warn("%.*s: the secrets of its headers go over the network as they are: use "
			 "https",
			 http_url_shown(s->url), s->url);
}

static int add_header(void *ctx, const char *line)
{
	return curl_http_header(ctx, line);
}

static int add_headers(struct curl_http *http, const char *path, struct err *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int res;

	/* The first of a name counts: the file may have others. */
	if (path) {
		res = secret_file_read(path, true, &text, err);
		if (!res && text.len) {
			res = http_headers_read(text.data, add_header, http, err);
			explicit_bzero(text.data, text.len);
			err_prefix(err, res, "%s", path);
		}
		if (res)
			return res;
	}
	if (curl_http_header(http, "Content-Type: application/json") ||
	    curl_http_header(http, "User-Agent: phrude-console/" PHRUDE_VERSION))
		return err_set(err, -ENOMEM, "out of memory");
	return 0;
}

int hook_post(const struct hook_settings *s, struct text body, unsigned int *pause_s,
	      struct err *err)
{
	struct curl_http *http = NULL;
	struct curl_answer answer = { 0 };
	int res = curl_http_open(s->url, s->ca_file, &http, err);

	*pause_s = 0;
	if (!res)
		res = add_headers(http, s->headers_file, err);
	if (!res)
		res = curl_http_post(http, body.s, body.len, &answer, err);
	if (!res && answer.status / 100 != 2) {
		*pause_s = answer.retry_after_s;
		res = err_set(err, -EREMOTEIO, "it answers %ld%s%.*s", answer.status,
			      *answer.text ? ": " : "",
			      MIN((int)strcspn(answer.text, "\r\n"), SAID_MAX), answer.text);
	}
	curl_http_close(http);
	return res ? err_prefix(err, res, "%.*s", http_url_shown(s->url), s->url) : 0;
}

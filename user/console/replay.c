// SPDX-License-Identifier: GPL-2.0-only
#include "console/replay.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/ip_network.h"
#include "base/util.h"
#include "console/json.h"
#include "transfer/curl.h"
#include "sink/http_headers.h"

#define TRACE_DIGITS 32

static bool is_loopback(const char *to)
{
	static const char *const networks[] = { "127.0.0.0/8", "::1/128" };
	const char *host = strstr(to, "://") + 3;
	size_t len = strcspn(host, "/?#");
	struct ip_network address, loopback;

	if (*host == '[')
		len = strcspn(host, "]") + 1;
	else
		len = MIN(len, strcspn(host, ":"));
	if (text_eq_str((struct text){ host, len }, "localhost"))
		return true;
	if (!ip_address_parse((struct text){ host, len }, &address))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		struct text network = { networks[i], strlen(networks[i]) };

		if (ip_network_parse(network, &loopback) && ip_network_holds(&loopback, &address))
			return true;
	}
	return false;
}

int replay_check_place(const char *to, bool anywhere, struct err *err)
{
	int res = http_url_check(to, err);

	if (res)
		return err_prefix(err, res, "--to");
	if (to[http_url_shown(to)])
		return err_set(err, -EINVAL, "--to takes http://HOST:PORT, without a path");
	if (!anywhere && !is_loopback(to))
		return err_set(err, -EINVAL,
			       "--to: attacks are sent to this machine alone, as to "
			       "http://127.0.0.1:8000; --anywhere lifts that");
	return 0;
}

int replay_init(struct replay *r, const char *to, const struct har *har, struct err *err)
{
	unsigned char bytes[REPLAY_RUN_DIGITS / 2];

	*r = (struct replay){ .to = to, .nr = har->nr };
	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(r->run, sizeof(r->run), bytes, sizeof(bytes));
	r->requests = calloc(har->nr + 1, sizeof(*r->requests));
	if (!r->requests)
		return err_set(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < har->nr; i++)
		r->requests[i].request = &har->requests[i];
	return 0;
}

void replay_fini(struct replay *r)
{
	free(r->requests);
	arena_fini(&r->arena);
}

static int add_headers(const struct replay *r, size_t number, struct curl_http *http)
{
	const struct har_request *request = r->requests[number].request;
	char trace[80];
	int res = 0;

	/* Without one that the request has, libcurl is not to add its own. */
	snprintf(trace, sizeof(trace), "traceparent: 00-%s%08zx-%.16s-01", r->run, number + 1,
		 r->run);
	res = curl_http_header(http, trace);
	for (size_t i = 0; i < request->nr_headers && !res; i++)
		res = curl_http_header(http, request->headers[i]);
	return res;
}

static int send_one(struct replay *r, size_t number, struct err *err)
{
	struct replay_request *one = &r->requests[number];
	const struct har_request *request = one->request;
	_cleanup_buf_ struct buf url = { 0 };
	struct curl_http *http = NULL;
	struct curl_answer answer = { 0 };
	int res;

	buf_printf(&url, "%s%s", r->to, request->target);
	res = url.failed ? err_set(err, -ENOMEM, "out of memory")
			 : curl_http_open(url.data, NULL, &http, err);
	if (!res && add_headers(r, number, http))
		res = err_set(err, -ENOMEM, "out of memory");
	if (!res)
		res = curl_http_replay(http, request->method, request->body.s, request->body.len,
				       &answer, err);
	one->status = res ? 0 : answer.status;
	if (res)
		snprintf(one->why, sizeof(one->why), "%.199s", err->msg);
	curl_http_close(http);
	return res;
}

int replay_send(struct replay *r, struct err *err)
{
	int res = curl_load(err);

	for (size_t i = 0; i < r->nr && !res; i++) {
		struct err why;

		/* What one does not answer is told with it; the others are sent all the same. */
		if (send_one(r, i, &why) == -ENOMEM)
			res = err_set(err, -ENOMEM, "out of memory");
	}
	return res;
}

static struct replay_request *find_request(struct replay *r, struct text trace)
{
	char digits[TRACE_DIGITS - REPLAY_RUN_DIGITS + 1];
	unsigned long number;

	if (trace.len != TRACE_DIGITS || memcmp(trace.s, r->run, REPLAY_RUN_DIGITS) != 0)
		return NULL;
	memcpy(digits, trace.s + REPLAY_RUN_DIGITS, sizeof(digits) - 1);
	digits[sizeof(digits) - 1] = '\0';
	number = strtoul(digits, NULL, 16);
	return number && number <= r->nr ? &r->requests[number - 1] : NULL;
}

static int note_rule(struct replay *r, struct replay_request *one, struct text rule)
{
	char *copy;

	one->nr_alerts++;
	for (size_t i = 0; i < one->nr_rules; i++) {
		if (text_eq(one->rules[i], rule))
			return 0;
	}
	if (one->nr_rules == REPLAY_RULES_MAX)
		return 0;
	copy = arena_alloc(&r->arena, rule.len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, rule.s, rule.len);
	one->rules[one->nr_rules++] = (struct text){ copy, rule.len };
	return 0;
}

int replay_add_alert(struct replay *r, struct text alert)
{
	struct arena arena = { 0 };
	struct json *root;
	struct replay_request *one;
	struct text trace, rule;
	int res = json_parse(&arena, alert.s, alert.len, &root, NULL);

	if (!res) {
		trace = json_text_at(&arena, json_at(root, "request"), "trace_id");
		rule = json_text_at(&arena, json_at(root, "rule"), "name");
		one = trace.s && rule.s ? find_request(r, trace) : NULL;
		if (one)
			res = note_rule(r, one, rule);
	}
	arena_fini(&arena);
	return res == -ENOMEM ? res : 0;
}

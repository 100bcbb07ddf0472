// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "test.h"

#include "console/corpus.h"
#include "console/har.h"

#define ENTRY(request) "{\"log\":{\"entries\":[{\"request\":" request "}]}}"

static int read_har(struct arena *a, const char *text, struct har *out)
{
	struct err err = { "" };

	return har_read(a, (struct text){ text, strlen(text) }, out, &err);
}

TEST(reads_requests_of_other_programs)
{
	struct arena a = { 0 };
	struct har har;

	ASSERT_EQ(read_har(&a,
			   ENTRY("{\"method\":\"PUT\",\"url\":\"https://h:1/a/../b?c=%20#d\","
				 "\"headers\":[{\"name\":\"Host\",\"value\":\"x\"},{\"name\":"
				 "\":path\",\"value\":\"/\"},{\"name\":\"X-A\",\"value\":\"\"},"
				 "{\"name\":\"traceparent\",\"value\":\"00-1\"}],\"postData\":{"
				 "\"mimeType\":\"text/plain\",\"text\":\"\\u00fc\\u0000\"}}"),
			   &har),
		  0);
	ASSERT_EQ(har.nr, 1);
	ASSERT_STR(har.requests[0].method, "PUT");
	ASSERT_STR(har.requests[0].target, "/a/../b?c=%20");
	ASSERT_EQ(har.requests[0].nr_headers, 2);
	ASSERT_STR(har.requests[0].headers[0], "X-A;");
	ASSERT_STR(har.requests[0].headers[1], "Content-Type: text/plain");
	ASSERT(text_eq_str(har.requests[0].body, "\xc3\xbc\xef\xbf\xbd"));
	ASSERT(har.requests[0].whole);
	ASSERT_EQ(har.requests[0].nr_rules, 0);
	arena_fini(&a);
}

/* A client may have sent what HTTP has no room for; its request is sent again without that. */
TEST(leaves_out_headers_that_cannot_be_sent)
{
	struct arena a = { 0 };
	struct har har;

	ASSERT_EQ(read_har(&a,
			   ENTRY("{\"method\":\"GET\",\"url\":\"http://h/\",\"headers\":[{\"name\":"
				 "\"A\",\"value\":\"b\\nC: "
				 "d\"},{\"name\":\"B\",\"value\":\"b\\tc\"}]}"),
			   &har),
		  0);
	ASSERT_EQ(har.requests[0].nr_headers, 1);
	ASSERT_STR(har.requests[0].headers[0], "B: b\tc");
	ASSERT(!har.requests[0].whole);
	arena_fini(&a);
}

TEST(refuses_what_is_no_request)
{
	static const char *const bad[] = {
		"",
		"{}",
		"{\"log\":{\"entries\":{}}}",
		ENTRY("null"),
		ENTRY("{\"method\":\"\",\"url\":\"http://h/\"}"),
		ENTRY("{\"method\":\"GET\"}"),
		ENTRY("{\"method\":\"GET\",\"url\":\"http://h\"}"),
		ENTRY("{\"method\":\"GET\",\"url\":\"/path\"}"),
		ENTRY("{\"method\":\"GET\",\"url\":\"http://h/a b\"}"),
		ENTRY("{\"method\":\"GET\",\"url\":\"http://h/a\\r\\nX: y\"}"),
		ENTRY("{\"method\":\"GET\\r\\n\",\"url\":\"http://h/\"}"),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena a = { 0 };
		struct har har;

		ASSERT_EQ(read_har(&a, bad[i], &har), -EINVAL);
		arena_fini(&a);
	}
}

TEST(reads_what_a_corpus_writes)
{
	static const char alert[] =
		"{\"id\":\"a\",\"time\":\"2026-01-02T03:04:05Z\",\"rule\":{\"name\":\"R <\\\"\"},"
		"\"request\":{\"method\":\"GET\",\"path\":\"/a b%?#/../\xc3\xbc\",\"query\":"
		"\"x=%3D%26+1&y\",\"host\":\"h:1\"},\"input\":{\"source\":\"cookie\",\"name\":"
		"\"lang\",\"value\":\"../x\"}}";
	struct corpus c;
	struct arena a = { 0 };
	struct buf out = { 0 };
	struct har har;
	struct err err;

	ASSERT_EQ(corpus_init(&c, &err), 0);
	ASSERT_EQ(corpus_add(&c, TEXT(alert)), 0);
	ASSERT_EQ(corpus_add(&c, TEXT(alert)), 0);
	ASSERT_EQ(corpus_add(&c, TEXT("{\"id\":\"b\"}")), 0);
	ASSERT_EQ(c.nr, 1);
	ASSERT_EQ(c.left_out, 1);
	corpus_write(&out, &c, CORPUS_HAR);
	ASSERT_EQ(read_har(&a, out.data, &har), 0);
	ASSERT_EQ(har.nr, 1);
	ASSERT_STR(har.requests[0].target, "/a%20b%25%3F%23/../%C3%BC?x==%26%201&y=");
	ASSERT_STR(har.requests[0].headers[0], "Cookie: lang=../x");
	ASSERT_EQ(har.requests[0].nr_rules, 1);
	ASSERT(text_eq_str(har.requests[0].rules[0], "R <\""));
	ASSERT(har.requests[0].whole);
	buf_reset(&out);
	corpus_write(&out, &c, CORPUS_PARAMETERS);
	ASSERT_STR(out.data, "GET /a%20b%25%3F%23/../%C3%BC\tcookie\t\"lang\"\t\"../x\"\n"
			     "GET /a%20b%25%3F%23/../%C3%BC\tquery\t\"x\"\t\"=& 1\"\n"
			     "GET /a%20b%25%3F%23/../%C3%BC\tquery\t\"y\"\t\"\"\n");
	buf_fini(&out);
	corpus_fini(&c);
	arena_fini(&a);
}

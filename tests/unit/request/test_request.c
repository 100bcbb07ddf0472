// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/arena.h"
#include "base/util.h"
#include "request/request.h"
#include "test.h"

static struct event_request_value values[64];
static struct event_request in;
static struct request_opts opts;
static struct arena arena;
static struct alert_request out;
static struct ip_network proxies[4];

static void start(enum ev_request_kind kind)
{
	arena_fini(&arena);
	in = (struct event_request){ .kind = kind, .values = values };
	opts = (struct request_opts){ .proxies = proxies };
}

static void add_text(unsigned int field, struct text text, bool bytes)
{
	values[in.nr_values++] =
		(struct event_request_value){ .field = field, .bytes = bytes, .text = text };
}

static void add(unsigned int field, const char *s)
{
	add_text(field, (struct text){ s, strlen(s) },
		 in.kind == REQUEST_ASGI && field >= EV_REQ_HOST);
}

static void trust(const char *range)
{
	struct ip_network *net = &proxies[opts.nr_proxies++];
	struct text text = { range, strlen(range) };

	if (!ip_address_parse(text, net) && !ip_network_parse(text, net))
		abort();
}

static const struct alert_request *make(void)
{
	memset(&out, 0, sizeof(out));
	return request_make(&arena, &opts, &in, &out) ? &out : NULL;
}

TEST(nothing)
{
	start(0);
	add(EV_REQ_PATH, "/");
	ASSERT(!make());
}

TEST(wsgi)
{
	start(REQUEST_WSGI);
	add(EV_REQ_METHOD, "POST");
	add(EV_REQ_ROOT, "/shop");
	add(EV_REQ_PATH, "/caf\xc3\x83\xc2\xa9"); /* UTF-8 taken for Latin-1, as the str has it */
	add(EV_REQ_SERVER_NAME, "inside");
	add(EV_REQ_PEER, "::ffff:192.0.2.1");
	ASSERT(make());
	ASSERT_STR(out.method, "POST");
	ASSERT_STR(out.path, "/shop/caf\xc3\xa9");
	ASSERT_STR(out.query, "");
	ASSERT_STR(out.host, "inside");
	ASSERT_STR(out.remote_addr, "192.0.2.1");
	ASSERT(!out.user_agent && !out.session && !out.trace_id && !out.forwarded);
}

TEST(wsgi_text_that_is_no_utf8)
{
	start(REQUEST_WSGI);
	add(EV_REQ_PATH, "/\xc3\xa9"); /* one byte, 0xe9 */
	ASSERT(make());
	ASSERT_STR(out.path, "/\xc3\xa9");
	start(REQUEST_WSGI);
	add(EV_REQ_PATH, "/\xe2\x82\xac"); /* no byte at all: U+20AC */
	ASSERT(make());
	ASSERT_STR(out.path, "/\xe2\x82\xac");
}

TEST(nul_and_cut)
{
	start(REQUEST_WSGI);
	add_text(EV_REQ_PATH, TEXT("/static\0/../etc"), false);
	add(EV_REQ_QUERY, "caf\xc3\x83");
	values[1].cut = true;
	ASSERT(make());
	ASSERT_STR(out.path, "/static%00/../etc");
	ASSERT_STR(out.query, "caf…");
}

TEST(empty_path)
{
	start(REQUEST_WSGI);
	add(EV_REQ_PATH, "");
	add(EV_REQ_ROOT, "");
	ASSERT(make());
	ASSERT_STR(out.path, "/");
}

TEST(asgi_paths)
{
	static const char *const cases[][3] = { { "", "/a", "/a" },
						{ "/sub", "/a", "/sub/a" },
						{ "/sub", "/sub/a", "/sub/a" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start(REQUEST_ASGI);
		add(EV_REQ_ROOT, cases[i][0]);
		add(EV_REQ_PATH, cases[i][1]);
		ASSERT(make());
		ASSERT_STR(out.path, cases[i][2]);
	}
}

TEST(targets)
{
	static const char *const cases[][3] = {
		{ "/a/b?c=d", "/a/b", "c=d" },
		{ "/", "/", "" },
		{ "/a%20b%2Fc%C3%A4%00?x=%20?y", "/a b/c\xc3\xa4%00", "x=%20?y" },
		{ "/100%", "/100%", "" },
		{ "/%4", "/%4", "" },
		{ "/%4g%41", "/%4gA", "" },
		{ "http://shop.example:80/a?b", "/a", "b" },
		{ "http://shop.example", "/", "" },
		{ "http://shop.example?b", "/", "b" },
		{ "/go?to=http://a/b", "/go", "to=http://a/b" },
		{ "/http://a/b", "/http://a/b", "" },
		{ "*", "*", "" },
		{ "?", "/", "" },
		{ "", "/", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start(REQUEST_RAW);
		add(EV_REQ_TARGET, cases[i][0]);
		ASSERT(make());
		ASSERT_STR(out.path, cases[i][1]);
		ASSERT_STR(out.query, cases[i][2]);
	}
	start(REQUEST_RAW);
	ASSERT(make());
	ASSERT(!out.path);
}

TEST(headers_that_come_twice)
{
	start(REQUEST_ASGI);
	add(EV_REQ_PEER, "10.0.0.1");
	add(EV_REQ_FORWARDED_FOR, "198.51.100.1");
	add(EV_REQ_FORWARDED_FOR, "198.51.100.2");
	add(EV_REQ_COOKIE, "a=b");
	add(EV_REQ_COOKIE, "sessionid=x");
	trust("10.0.0.0/8");
	opts.plain_session = true;
	ASSERT(make());
	ASSERT_STR(out.remote_addr, "198.51.100.2");
	ASSERT_STR(out.forwarded, "198.51.100.1, 198.51.100.2");
	ASSERT_STR(out.session, "x");
}

/*
 * peer, header, its value, whom the client is taken for; 10.0.0.0/8 and 2001:db8::/32 are trusted
 */
static const struct {
	const char *peer;
	unsigned int field;
	const char *value, *client;
} clients[] = {
	{ "203.0.113.9", EV_REQ_FORWARDED_FOR, "1.1.1.1", "203.0.113.9" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "1.1.1.1", "1.1.1.1" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "9.9.9.9, 1.1.1.1", "1.1.1.1" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "9.9.9.9,1.1.1.1 , 10.2.3.4", "1.1.1.1" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "10.5.5.5, 10.2.3.4", "10.5.5.5" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "1.1.1.1, unknown", "10.0.0.1" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "1.1.1.1, unknown, 10.7.7.7", "10.7.7.7" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "", "10.0.0.1" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, ",,,", "10.0.0.1" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "1.1.1.1:8080", "1.1.1.1" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "[2001:db9::1]:443", "2001:db9::1" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "[2001:db9::1", "10.0.0.1" },
	{ "10.0.0.1", EV_REQ_FORWARDED_FOR, "2001:db9::1", "2001:db9::1" },
	{ "2001:db8::5", EV_REQ_FORWARDED_FOR, "::ffff:1.1.1.1", "1.1.1.1" },
	{ "10.0.0.1", EV_REQ_REAL_IP, "1.1.1.1", "1.1.1.1" },
	{ "10.0.0.1", EV_REQ_FORWARDED,
	  "for=9.9.9.9;proto=http, For=\"[2001:db9::7]:1\";by=10.0.0.2", "2001:db9::7" },
	{ "10.0.0.1", EV_REQ_FORWARDED, "proto=https", "10.0.0.1" },
	{ "10.0.0.1", EV_REQ_FORWARDED, "for=_hidden", "10.0.0.1" },
	{ "testclient", EV_REQ_FORWARDED_FOR, "1.1.1.1", "testclient" },
	{ "127.1", EV_REQ_FORWARDED_FOR, "1.1.1.1", "127.1" },
};

TEST(client)
{
	for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
		start(REQUEST_WSGI);
		add(EV_REQ_PEER, clients[i].peer);
		add(clients[i].field, clients[i].value);
		trust("10.0.0.0/8");
		trust("2001:db8::/32");
		ASSERT(make());
		ASSERT_STR(out.remote_addr, clients[i].client);
	}
}

TEST(no_peer)
{
	start(REQUEST_WSGI);
	add(EV_REQ_PEER, "");
	add(EV_REQ_FORWARDED_FOR, "1.1.1.1");
	ASSERT(make());
	ASSERT(!out.remote_addr);
	opts.trust_unix = true;
	ASSERT(make());
	ASSERT_STR(out.remote_addr, "1.1.1.1");
	/* a header whose end is missing names nobody */
	values[1].cut = true;
	ASSERT(make());
	ASSERT(!out.remote_addr);
}

TEST(sessions)
{
	start(REQUEST_WSGI);
	add(EV_REQ_COOKIE, "xsession=0; session=abc.def; sessionid=y");
	ASSERT(make());
	ASSERT_STR(out.session, "sha256:ebb3127bf5c7c4b4");
}

TEST(session_names)
{
	static const char *const mine[] = { "mine" };

	start(REQUEST_WSGI);
	add(EV_REQ_COOKIE, "sessionid=y; mine=\"quoted\"");
	opts.plain_session = true;
	ASSERT(make());
	ASSERT_STR(out.session, "y");
	opts.cookies = mine;
	opts.nr_cookies = 1;
	ASSERT(make());
	ASSERT_STR(out.session, "quoted");
	/* the last cookie of a cut header may be cut itself */
	values[0].cut = true;
	ASSERT(make());
	ASSERT(!out.session);
	start(REQUEST_WSGI);
	add(EV_REQ_COOKIE, "session; session=;;=; ");
	ASSERT(make());
	ASSERT(!out.session);
}

TEST(trace_ids)
{
	static const struct {
		const char *header;
		bool valid;
	} cases[] = {
		{ "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true },
		{ " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ", true },
		{ "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true },
		{ "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false },
		{ "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.", false },
		{ "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false },
		{ "00-00000000000000000000000000000000-00f067aa0ba902b7-01", false },
		{ "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false },
		{ "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false },
		{ "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		start(REQUEST_WSGI);
		add(EV_REQ_TRACEPARENT, cases[i].header);
		ASSERT(make());
		if (cases[i].valid)
			ASSERT_STR(out.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
		else
			ASSERT(!out.trace_id);
	}
}

TEST(memory_is_bounded)
{
	start(REQUEST_WSGI);
	add(EV_REQ_PATH, "/path");
	add(EV_REQ_PEER, "192.0.2.1");
	add(EV_REQ_COOKIE, "session=1");
	for (size_t limit = 1; limit < 1000; limit += 16) {
		arena_fini(&arena);
		arena = (struct arena){ .limit = limit };
		make(); /* fields may be missing; the sanitizers see to the rest */
	}
	arena_fini(&arena);
	arena.limit = 0;
}

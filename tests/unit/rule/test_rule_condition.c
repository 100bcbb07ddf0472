// SPDX-License-Identifier: GPL-2.0-only
/* What conditions let through. */
#include "test.h"

#include "condition.h"

struct condition_case {
	const char *condition;
	bool reported;
};

static void check_event(const struct condition_case *cases, size_t n, const struct event *ev,
			const struct alert_request *req)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_set_ struct rule_set set = { 0 };
		unsigned int basis = 0;

		ASSERT_EQ(parse(cases[i].condition, &set), 0);
		if (rule_condition_allows(&set.rules[0], ev, req, &basis) != cases[i].reported)
			TEST_FAIL("{%s} must%s report", cases[i].condition,
				  cases[i].reported ? "" : " not");
	}
}

#define CHECK(cases, ev, req) check_event(cases, ARRAY_SIZE(cases), ev, req)

TEST(phrude)
{
	static const struct condition_case cases[] = {
		{ "", true },
		{ "arg: {allow: [0.0.0.0]}", true },
		{ "arg: {allow: [passwd]}", false },
		{ "arg: {allow: [x, /etc/pass]}", false },
		{ "arg: {disallow: [passwd]}", true },
		{ "arg: {disallow: [0.0.0.0]}", true },
		/* disallow beats every allow, of whatever subject */
		{ "arg: {allow: [passwd], disallow: [passwd]}", true },
		{ "arg: {allow: [passwd]}, func: {disallow: [root]}", true },
		{ "arg: {allow: [passwd]}, func: {disallow: [roo]}", false },
		{ "func: {disallow: [nothing]}, request_path: {allow: [/shop]}", false },
		{ "func: {allow: [view]}", false },
		{ "func: {allow: [vie]}", true },
		{ "remote_addr: {allow: [203.0.113.9]}", false },
		{ "remote_addr: {allow: [203.0.113.90]}", true },
		{ "remote_addr: {allow: [203.0.113.]}", false },
		{ "request_path: {allow: [ssti]}", false },
		{ "request_path: {allow: [/getenv]}", true },
		/* what is not text holds its repr */
		{ "arg: {allow: [\"('10.1.2.3', 8080)\"]}", false },
		{ "arg: {allow: [None]}", false },
		{ "arg: {allow: [\"'shell': True\"]}", false },
		{ "arg: {allow: ['b''id']}", false },
		{ "arg: {allow: []}, func: {}, remote_addr: ", true },
	};
	static const struct condition_case unknown[] = {
		{ "remote_addr: {allow: [203.0.113.9]}", true },
		{ "request_path: {allow: [/]}", true },
		{ "request_path: {disallow: [/]}, arg: {allow: [passwd]}", false },
		{ "request_path: {only: [/other]}", true },
		{ "request_path: {allow: [{not: [/a]}]}", true },
	};
	static const struct alert_request empty = { .method = "GET" };

	CHECK(cases, &event, &request);
	CHECK(unknown, &event, NULL);
	CHECK(unknown, &event, &empty);
}

TEST(arguments)
{
	static const struct condition_case cases[] = {
		{ "arg.cmd: {allow: [passwd]}", false },
		{ "arg.none: {allow: [passwd]}", true },
		{ "arg.missing: {allow: [passwd], only: [passwd]}", true },
		{ "'arg.argv[0]': {allow: [{exact: sh}]}", false },
		{ "'arg.argv[2]': {allow: [{prefix: id}]}", false },
		{ "'arg.argv[3]': {allow: [{prefix: id}]}", true },
		{ "'arg.argv[-1]': {allow: [id]}", true },
		{ "'arg.cmd[0]': {allow: [c]}", true },
		{ "'arg.address[1]': {allow: [{ge: 8080}]}", false },
		{ "'arg.kw[shell]': {allow: [{exact: True}]}", false },
		{ "'arg.kw[other]': {allow: [True]}", true },
		{ "arg.raw: {allow: [{prefix: id}]}", false },
		{ "arg.raw: {allow: ['\\xff']}", false },
		{ "arg.empty: {allow: [{exact: ''}]}", false },
	};

	CHECK(cases, &event, NULL);
}

TEST(operators)
{
	static const struct condition_case cases[] = {
		{ "arg.cmd: {allow: [{exact: cat /etc/passwd}]}", false },
		{ "arg.cmd: {allow: [{exact: cat}]}", true },
		{ "arg.cmd: {allow: [{prefix: cat}]}", false },
		{ "arg.cmd: {allow: [{prefix: at}]}", true },
		{ "arg.cmd: {allow: [{suffix: passwd}]}", false },
		{ "arg.cmd: {allow: [{suffix: passw}]}", true },
		{ "arg.cmd: {allow: [{contains: t /}]}", false },
		{ "arg.cmd: {allow: [{glob: 'c?t *passwd'}]}", false },
		{ "arg.cmd: {allow: [{glob: '*'}]}", false },
		{ "arg.cmd: {allow: [{glob: '*/etc'}]}", true },
		{ "arg.cmd: {allow: [{glob: 'cat'}]}", true },
		{ "arg.cmd: {allow: [{regex: '^cat\\s+/(etc|root)/\\w+$'}]}", false },
		{ "arg.cmd: {allow: [{regex: '^at'}]}", true },
		{ "arg.path: {allow: [{under: /etc}]}", false },
		{ "arg.path: {allow: [{under: /etc/shadow}]}", false },
		{ "arg.path: {allow: [{under: /etc/sha}]}", true },
		{ "arg.path: {allow: [{under: /srv}]}", true },
		{ "arg.up: {allow: [{under: //etc/}]}", false },
		{ "arg.rel: {allow: [{under: /etc}]}", true },
		{ "arg.port: {allow: [{gt: 8079}]}", false },
		{ "arg.port: {allow: [{gt: 8080}]}", true },
		{ "arg.port: {allow: [{ge: 8080, le: 8080}]}", false },
		{ "arg.port: {allow: [{lt: 8080}]}", true },
		{ "arg.ratio: {allow: [{lt: 0}]}", false },
		{ "arg.cmd: {allow: [{lt: 0}, {ge: 0}]}", true },
		{ "arg.port: {allow: [{exact: 8080}]}", false },
		/* all operators of a pattern, any pattern of a list */
		{ "arg.cmd: {allow: [{prefix: cat, suffix: x}]}", true },
		{ "arg.cmd: {allow: [{prefix: x}, {suffix: passwd}]}", false },
		/* negation */
		{ "arg.cmd: {allow: [{not: ls}]}", false },
		{ "arg.cmd: {allow: [{not: cat}]}", true },
		{ "arg.cmd: {allow: [{prefix: cat, not: [{suffix: shadow}, x]}]}", false },
		{ "arg.cmd: {allow: [{prefix: cat, not: {suffix: passwd}}]}", true },
		{ "arg: {allow: [{not: passwd}]}", true },
		{ "arg.cmd: {allow: [{not: {not: cat}}]}", false },
		/* lists */
		{ "'arg.argv[0]': {allow: [$shells]}", false },
		{ "'arg.argv[0]': {allow: [x, {not: $more}]}", true },
		{ "'arg.argv[0]': {allow: [$more]}", false },
		{ "arg.cmd: {allow: [$shells, $none]}", true },
	};

	CHECK(cases, &event, NULL);
}

TEST(only)
{
	static const struct condition_case cases[] = {
		{ "arg.cmd: {only: [passwd]}", true },
		{ "arg.cmd: {only: [shadow]}", false },
		{ "arg.cmd: {only: [shadow], disallow: [passwd]}", false },
		{ "arg.cmd: {only: [passwd]}, func: {only: ['@<template>']}", true },
		{ "arg.cmd: {only: [passwd]}, func: {only: [other]}", false },
		{ "arg.cmd: {only: [passwd]}, func: {allow: [view]}", false },
	};

	CHECK(cases, &event, NULL);
}

TEST(callers)
{
	static const struct condition_case cases[] = {
		{ "func: {allow: [render@jinja2/environment.py]}", false },
		{ "func: {allow: [root@jinja2/environment.py]}", true },
		{ "func: {allow: ['@jinja2/environment.py']}", false },
		{ "func: {allow: [jinja2/environment.py]}", false },
		{ "func: {allow: [<template>]}", false },
		{ "func: {allow: [<string>]}", true },
		{ "func: {allow: [getenv@os.py]}", false },
		{ "func: {allow: [{function: render, file: jinja2/environment.py}]}", false },
		{ "func: {allow: [{function: root, file: jinja2/environment.py}]}", true },
		{ "func: {allow: [{function: {prefix: ren}, file: {glob: '*/jinja2/*'}}]}", false },
		{ "func: {allow: [{function: [a, view], not: {file: [x.py, y.py]}}]}", false },
		{ "func: {allow: [{function: view, not: {file: app.py}}]}", true },
		{ "func: {allow: [{not: {file: x.py}}]}", false },
		{ "func: {allow: [{not: {file: app.py}}]}", true },
		{ "func: {allow: [{prefix: vi}]}", false },
		{ "func: {allow: [{file: {under: /srv}}]}", false },
		{ "caller: {allow: [run]}", false },
		{ "caller: {allow: [getenv]}", true },
		{ "app_caller: {allow: [<template>]}", false },
		{ "app_caller: {allow: [view]}", true },
	};
	static const struct condition_case none[] = {
		{ "func: {allow: [a]}", true },
		{ "func: {only: [a]}", false },
		{ "caller: {only: [a]}", false },
		{ "app_caller: {allow: [{not: a}]}", false },
	};
	struct event ev = event;

	CHECK(cases, &event, NULL);
	ev.nr_frames = 0;
	CHECK(none, &ev, NULL);
}

/* By whom a caller was called. */
TEST(called_by)
{
	static const struct condition_case cases[] = {
		{ "func: {allow: [{function: root, called_by: render}]}", false },
		{ "func: {allow: [{function: root, called_by: [a, '@jinja2/environment.py']}]}",
		  false },
		{ "func: {allow: [{function: root, called_by: view}]}", true },
		{ "func: {allow: [{function: root, called_by: {not: view}}]}", false },
		{ "func: {allow: [{function: render, not: {called_by: view}}]}", true },
		/* nobody called the outermost one */
		{ "func: {allow: [{function: view, called_by: {function: {glob: '*'}}}]}", true },
		{ "func: {allow: [{function: view, called_by: {not: x}}]}", true },
		{ "func: {allow: [{function: view, not: {called_by: {function: {glob: '*'}}}}]}",
		  false },
		{ "caller: {allow: [{function: getenv, called_by: root}]}", true },
		{ "caller: {allow: [{function: run, called_by: getenv@os.py}]}", false },
		{ "app_caller: {allow: [{function: root, called_by: render}]}", false },
		/* who called those is not looked at */
		{ "func: {allow: [{function: root, called_by: {function: render, called_by: "
		  "view}}]}",
		  true },
		{ "func: {only: [{function: root, called_by: {function: render, called_by: x}}]}",
		  true },
	};
	/* Where callers in the middle were left out it is not known, ... */
	static const struct condition_case deep[] = {
		{ "func: {only: [{function: getenv, called_by: x}]}", true },
		{ "func: {only: [{function: run, called_by: x}]}", false },
		{ "func: {only: [{function: middle, called_by: x}]}", true },
		{ "func: {only: [{function: view, called_by: x}]}", false },
	};
	/* ... nor who called the last one of a stack that was cut. */
	static const struct condition_case cut[] = {
		{ "func: {allow: [{function: view, called_by: x}]}", true },
		{ "func: {allow: [{function: view, not: {called_by: x}}]}", true },
	};
	static struct event_frame between[] = {
		{ .function = TEXT("middle"), .file = TEXT("/srv/shop/tree.py") },
		{ .function = TEXT("other"), .file = TEXT("/srv/shop/tree.py") },
	};
	struct event ev = event;

	CHECK(cases, &event, NULL);
	ev.stack_cut = true;
	CHECK(cut, &ev, NULL);
	ev.stack_cut = false;
	ev.gap = 2;
	ev.skipped = 300;
	ev.between = between;
	ev.nr_between = ARRAY_SIZE(between);
	CHECK(deep, &ev, NULL);
}

TEST(application)
{
	static const struct {
		const char *file;
		bool application;
	} cases[] = {
		{ "/usr/lib/python3.11/os.py", false },
		{ "/usr/lib/python3/dist-packages/flask/app.py", false },
		{ "/opt/venv/lib/python3.12/site-packages/x.py", false },
		{ "/home/app/.pyenv/versions/3.13.0/lib/python3.13/json/__init__.py", false },
		{ "<frozen importlib._bootstrap>", false },
		{ "/srv/app.py", true },
		{ "/usr/lib/python311.zip/json/__init__.py", false },
		{ "/opt/python/lib/python3.14t/os.py", false },
		{ "/usr/lib64/python3.6/os.py", false },
		{ "/home/python3/app.py", true },
		{ "/srv/python/app/main.py", true },
		{ "/opt/python3.9/current/app.py", true },
		{ "/srv/lib/python/app.py", true },
		{ "/home/pythonista/app.py", true },
		{ "app.py", true },
		{ "<string>", true },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct event_frame frame = { .function = TEXT("f") };
		struct event ev = { .frames = &frame, .nr_frames = 1 };
		const struct condition_case c = { "app_caller: {allow: [f]}",
						  !cases[i].application };

		frame.file = (struct text){ cases[i].file, strlen(cases[i].file) };
		check_event(&c, 1, &ev, NULL);
		if (test_failed)
			TEST_FAIL("%s", cases[i].file);
	}
}

/* Of a deep stack callers in the middle are known by their functions. */
TEST(deep_stack)
{
	static struct event_frame between[] = {
		{ .function = TEXT("walk"), .file = TEXT("/usr/lib/python3.11/ast.py") },
		{ .function = TEXT("visit"), .file = TEXT("/srv/shop/tree.py") },
	};
	static const struct condition_case cases[] = {
		{ "func: {only: [other]}", false },
		{ "func: {only: [visit]}", true },
		{ "func: {allow: [visit]}", false },
		{ "func: {allow: [view], disallow: [walk]}", true },
		{ "func: {allow: [view], disallow: [other]}", false },
		{ "func: {only: [{not: walk}]}", false },
		{ "caller: {only: [run]}", true },
		/* the first of the application's is in the middle, before those outside */
		{ "app_caller: {only: [visit]}", true },
		{ "app_caller: {only: [root]}", false },
	};
	struct event ev = event;

	ev.gap = 2;
	ev.skipped = 300;
	ev.between = between;
	ev.nr_between = ARRAY_SIZE(between);
	CHECK(cases, &ev, NULL);
	/*
	 * More of them than an event brings along, and frames besides: no room is needed that is
	 * not there.
	 */
	ev.between = calloc(PHRUDE_BETWEEN_MAX, sizeof(*ev.between));
	ev.nr_between = PHRUDE_BETWEEN_MAX;
	ev.stack_cut = true;
	CHECK(((const struct condition_case[]){ { "func: {only: [other]}", true } }), &ev, NULL);
	free(ev.between);
}

/* Where what was cut could tell, the match is reported. */
TEST(cut)
{
	static const struct condition_case cases[] = {
		{ "arg.long: {allow: [upload]}", false },
		{ "arg.long: {allow: [{prefix: /tmp/}]}", false },
		{ "arg.long: {allow: [{prefix: /tmp/uploads/}]}", true },
		{ "arg.long: {only: [{prefix: /tmp/uploads/}]}", true },
		{ "arg.long: {only: [{prefix: /var/}]}", false },
		{ "arg.long: {allow: [{suffix: .png}]}", true },
		{ "arg.long: {allow: [upload], disallow: [/etc]}", true },
		{ "arg.long: {only: [{exact: /tmp/upload/x}]}", true },
		{ "arg.long: {only: [{exact: /var}]}", false },
		{ "arg.long: {allow: [{exact: /tmp/upload}]}", true },
		{ "arg.long: {allow: [{not: passwd}]}", true },
		{ "arg.long: {only: [{not: passwd}]}", true },
		{ "arg.long: {only: [{not: tmp}]}", false },
		{ "arg.long: {allow: [{glob: '/tmp/*'}]}", true },
		{ "arg.long: {only: [{glob: '/var/*'}]}", false },
		{ "arg.long: {allow: [{regex: upload}]}", true },
		{ "arg.lost: {allow: [a]}", true },
		{ "arg.lost: {only: [a]}", true },
		{ "arg.lost: {only: [{gt: 1}]}", true },
		{ "arg: {disallow: [nowhere], allow: [passwd]}", true },
	};
	static const struct condition_case stack[] = {
		{ "func: {allow: [view]}", false },
		{ "func: {allow: [other]}", true },
		{ "func: {only: [other]}", true },
		{ "func: {allow: [view], disallow: [other]}", true },
		{ "caller: {only: [other]}", false },
		{ "func: {allow: [{not: other}]}", true },
	};
	static const struct condition_case lost[] = {
		{ "arg.gone: {only: [a]}", true },
		{ "arg.gone: {disallow: [a]}, arg.cmd: {allow: [cat]}", true },
		{ "arg.cmd: {only: [x]}", false },
	};
	struct event ev = event;

	CHECK(cases, &event, NULL);
	ev.stack_cut = true;
	CHECK(stack, &ev, NULL);
	ev = event;
	ev.args_cut = true;
	CHECK(lost, &ev, NULL);
}

TEST(addresses)
{
	static const struct {
		const char *address, *pattern;
		bool fits;
	} cases[] = {
		{ "10.1.2.3", "10.0.0.0/8", true },
		{ "11.1.2.3", "10.0.0.0/8", false },
		{ "10.1.2.3", "0.0.0.0/0", true },
		{ "192.168.1.130", "192.168.1.128/25", true },
		{ "192.168.1.127", "192.168.1.128/25", false },
		{ "::ffff:10.1.2.3", "10.0.0.0/8", true },
		{ "::ffff:10.1.2.3", "10.1.2.3", true },
		{ "10.1.2.3", "'::/0'", true },
		{ "2001:db8::1", "0.0.0.0/0", false },
		{ "2001:db8::1", "'2001:db8::/32'", true },
		{ "2001:DB8:0::1", "'2001:db8::1'", true },
		{ "fe80::1%eth0", "'fe80::/10'", true },
		{ "[::1]", "'::1'", true },
		{ "127.0.0.1", "127.0.0.1", true },
		{ "127.0.0.10", "127.0.0.1", false },
		{ "127.0.0.1", "127.0.0.1/32", true },
		{ "unix:", "127.0.0.0/8", false },
		{ "unix:", "unix", true },
		{ "", "0.0.0.0/0", false },
		{ "10.1.2.3", "{prefix: 10.1.}", true },
		{ "10.1.2.3", "{not: 10.0.0.0/8}", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct alert_request req = { .remote_addr = cases[i].address };
		_cleanup_buf_ struct buf condition = { 0 };
		struct condition_case c = { .reported = !cases[i].fits };

		buf_printf(&condition, "remote_addr: {allow: [%s]}", cases[i].pattern);
		c.condition = condition.data;
		check_event(&c, 1, &event, &req);
		if (test_failed)
			TEST_FAIL("%s in %s", cases[i].address, cases[i].pattern);
	}
}

TEST(exceptions)
{
	static const struct condition_case cases[] = {
		{ "except: [{arg.cmd: [passwd], func: [view]}]", false },
		{ "except: [{arg.cmd: [passwd], func: [other]}]", true },
		{ "except: [{arg.cmd: [x]}, {func: [view], 'arg.argv[0]': [$shells]}]", false },
		{ "except: [{arg.cmd: [passwd]}], func: {disallow: [view]}", true },
		{ "except: [{arg.cmd: [passwd], request_path: [/]}]", true },
		{ "except: [{arg.cmd: []}]", true },
		{ "except: []", true },
	};

	CHECK(cases, &event, NULL);
}

/* An expression that would take forever answers neither yes nor no, and soon. */
TEST(runaway_regex)
{
	static const struct condition_case cases[] = {
		{ "arg.a: {allow: [{regex: '^(a+)+$'}]}", true },
		{ "arg.a: {only: [{regex: '^(a+)+$'}]}", true },
	};
	static char text[16384];
	struct event_arg arg = { TEXT("a"), { .type = VALUE_STR, .text = { text, sizeof(text) } } };
	struct event ev = { .args = &arg, .nr_args = 1 };

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = 'b';
	CHECK(cases, &ev, NULL);
}

/* A lone surrogate is no UTF-8. */
TEST(surrogates)
{
	static const struct condition_case cases[] = {
		{ "arg.a: {allow: [{regex: 'x$'}]}", false },
		{ "arg.a: {allow: [{glob: 'a?x'}]}", false },
	};
	struct event_arg arg = { TEXT("a"), STR("a\xed\xa0\x80x") };
	struct event ev = { .args = &arg, .nr_args = 1 };

	CHECK(cases, &ev, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/* Configurations in files: every mistake is said at its place. */
#include "config/config.h"

#include <errno.h>

#include "base/util.h"
#include "test.h"

/* It is none, and that is said of it: a line each, without the file's name. */
static void check(const char *text, const char *expected)
{
	_cleanup_buf_ struct buf said = { 0 }, messages = { 0 };
	struct config config;
	int ret = config_parse("/etc/p/c.yaml", text, strlen(text), &config, &messages);

	for (const char *s = expected, *end; *s; s = end + 1) {
		end = strchr(s, '\n');
		buf_printf(&said, "/etc/p/c.yaml%.*s\n", (int)(end - s), s);
	}
	if (ret != -EINVAL || !messages.data || !str_eq(messages.data, said.data))
		TEST_FAIL("%s gives %d:\n%s", text, ret, messages.data ?: "nothing");
	ASSERT_EQ(config.rules.count, 0);
	config_fini(&config);
}

TEST(mistakes)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "", ":1:1: the configuration is empty\n" },
		{ "- a\n", ":1:1: a configuration is a mapping (\"rules: ...\"), not a list\n" },
		{ "rule: x\n",
		  ":1:1: unknown key `rule` in a configuration; did you mean `rules`?\n" },
		{ "rules: x\nrules: y\n", ":2:1: key `rules` is given twice, first at line 1\n" },
		{ "rules: []\n", ":1:8: `rules` is empty\n" },
		{ "rules:\n", ":1:1: `rules` is empty\n" },
		{ "rules: { a: b }\n", ":1:8: `rules` must be text, not a mapping\n" },
		{ "output: [a]\n", ":1:9: `output` must be text, not a list\n" },
		{ "pid: [1, 0, x]\n", ":1:10: `pid` takes a process id, not \"0\"\n"
				      ":1:13: `pid` takes a process id, not \"x\"\n" },
		{ "no-arm: maybe\n",
		  ":1:9: `no-arm` must be true or false, not the text `maybe`\n" },
		{ "rate: fast\n",
		  ":1:7: `rate` takes matches a second, up to 10000000, or 0 for no "
		  "limit, not \"fast\"\n" },
		{ "mode: protect\n",
		  ":1:7: `mode: protect` is not supported yet: calls are detected, "
		  "not denied\n" },
		{ "mode: detekt\n", ":1:7: unknown mode `detekt`; did you mean `detect`?\n" },
		{ "targets: []\n", ":1:10: `targets` is empty: nothing is traced\n" },
		{ "targets: x\n", ":1:10: `targets` must be a list, not text\n" },
		{ "targets: [x, {}]\n",
		  ":1:11: a target is a mapping (\"name: ...\"), not text\n"
		  ":1:14: a target has a `name`\n"
		  ":1:14: a target has a `match`: `match: {}` is one that every process fits\n" },
		{ "targets: [{ name: a, match: { usr: x } }, { name: a, match: y }]\n",
		  ":1:31: unknown key `usr` in a match; did you mean `user`?\n"
		  ":1:51: there is a target \"a\" before this one\n"
		  ":1:61: a match is a mapping (\"user: www-data\"), not text\n" },
		{ "targets: [{ name: a, match: { user: nobody-of-that-name, unit: [] } }]\n",
		  ":1:37: `user` does not take `nobody-of-that-name`: there is no user "
		  "\"nobody-of-that-name\": a user who is unknown here is named by number\n"
		  ":1:64: `unit` is empty\n" },
		{ "targets: [{ name: a, match: { labels: { app: x } }, rules: y, mode: protect "
		  "}]\n",
		  ":1:69: `mode: protect` is not supported yet: calls are detected, not denied\n" },
		{ "targets: [{ name: a, match: { labels: [x, { a b: c, d: e*, d: f, g: {}, h: }, "
		  "{}] } }]\n",
		  ":1:40: `labels` takes a mapping (\"app: shop\"), not text\n"
		  ":1:45: `labels` does not take `a b`: the key of a label is of letters, digits, "
		  "-, _ and ., 63 at the most, behind a domain and a slash or not\n"
		  ":1:56: `labels` does not take `e*`: the value of a label is of letters, "
		  "digits, -, _ and ., 63 at the most, and no pattern\n"
		  ":1:60: label `d` is given twice\n"
		  ":1:69: the value of a label is text, or a list of texts, not a mapping (\"\" "
		  "is one that is empty)\n"
		  ":1:73: the value of a label is text, or a list of texts, not empty (\"\" is "
		  "one that is empty)\n"
		  ":1:79: `labels` takes a mapping (\"app: shop\"), not an empty one\n" },
		{ "targets: [{ name: a, match: { labels: } }, { name: b, match: { labels: { a: [], "
		  "b: [''] } } }]\n",
		  ":1:31: `labels` is empty\n"
		  ":1:77: label `a` has no values\n" },
		{ "targets: [{ name: a, match: {}, rules: [] }, { name: b, match: {}, rules: "
		  "[x, [y]] }]\n",
		  ":1:40: `rules` is empty: nothing is watched\n"
		  ":1:79: `rules` must be text, not a list\n" },
		{ "targets: [{ name: a, match: { namespace: [shop, a_b], pod: Shop, "
		  "container_name: a* } }]\n",
		  ":1:49: `namespace` does not take `a_b`: a name in Kubernetes is of small "
		  "letters, "
		  "digits and hyphens, 63 at the most, and no pattern\n"
		  ":1:60: `pod` does not take `Shop`: the name of a pod is of small letters, "
		  "digits, "
		  "hyphens and dots; *, ? and [] are understood\n"
		  ":1:82: `container_name` does not take `a*`: a name in Kubernetes is of small "
		  "letters, "
		  "digits and hyphens, 63 at the most, and no pattern\n" },
		{ "targets: [{ name: a, match: {} }]\npid: 1\nexclude: [{}]\n",
		  ":2:1: `pid` beside `targets`: there may be one of them\n"
		  ":3:11: an exclusion without a key leaves nothing\n" },
		{ "exclude: [{ user: root }]\n",
		  ":1:1: `exclude` without `targets` leaves nothing out: `targets` says what is "
		  "traced\n" },
		{ "deny: []\n", ":1:1: `deny` is not supported yet\n" },
		{ "rate_limit: {}\n", ":1:13: `rate_limit` has no `per_rule`\n" },
		{ "rate_limit: 10/s\n",
		  ":1:13: `rate_limit` must be a mapping, `{ per_rule: 10/s, burst: 100 }`, not "
		  "text\n" },
		{ "rate_limit:\n  per_rule: 10/d\n  burst: 0\n  brust: 1\n",
		  ":2:13: `per_rule` takes a number of alerts in a second, a minute or an hour, as "
		  "in 10/s, 5/m or 100/h, not `10/d`\n"
		  ":3:10: `burst` takes a number of alerts from 1 to 1000000, not `0`\n"
		  ":4:3: unknown key `brust` in `rate_limit`; did you mean `burst`?\n" },
		{ "rate-limit: 10/s\n", ":1:1: unknown key `rate-limit` in a configuration; did "
					"you mean `rate_limit`?\n" },
		{ "control: { sokcet: /run/x }\n",
		  ":1:10: `control` has no `socket`\n:1:12: unknown key `sokcet` in `control`; did "
		  "you mean `socket`?\n" },
		{ "redact: [x]\n",
		  ":1:9: `redact` is `false` or a mapping (\"defaults: true\"), not a list\n" },
		{ "redact: { default: true, patterns: ['(', {}] }\n",
		  ":1:11: unknown key `default` in `redact`; did you mean `defaults`?\n"
		  ":1:37: this is no regular expression (PCRE2): missing closing parenthesis, "
		  "behind its first 1 bytes\n"
		  ":1:42: `patterns` must be text, not a mapping\n" },
		{ "metrics: 127.0.0.1:9464\n",
		  ":1:10: `metrics` must be a mapping, `{ listen: ... }`, not text\n" },
		{ "metrics: {}\n", ":1:10: `metrics` has no `listen`\n" },
		{ "metrics: { listne: x }\n",
		  ":1:10: `metrics` has no `listen`\n:1:12: unknown key `listne` in `metrics`; did "
		  "you mean `listen`?\n" },
		{ "metrics: { listen: localhost }\n",
		  ":1:20: `metrics` takes an address, as 127.0.0.1:9464, or unix:PATH, not "
		  "\"localhost\"\n" },
		{ "outputs: []\n", ":1:1: `outputs` is empty\n" },
		{ "outputs: x\n", ":1:10: `outputs` must be a list, not text\n" },
		{ "outputs: [x]\n", ":1:11: an output must be a mapping, not text\n" },
		{ "outputs: [{ path: x }]\n", ":1:11: an output has no `type`\n" },
		{ "outputs: [{ type: file }]\n",
		  ":1:11: an output of type `file` has no `path`\n" },
		{ "outputs: [{ type: stdout, path: x }]\n",
		  ":1:27: an output of type `stdout` has no `path`\n" },
		{ "outputs: [{ type: kafka, topic: x, key: hots }]\n",
		  ":1:11: an output of type `kafka` has no `brokers`\n"
		  ":1:41: unknown key `hots`; did you mean `host`?\n" },
		{ "outputs: [{ type: kafka, brokers: b, topic: t, sasl: { mechanism: LOGIN, user: "
		  "u } }]\n",
		  ":1:54: `sasl` has no `password_file`\n"
		  ":1:67: unknown mechanism `LOGIN`; valid mechanisms are `SCRAM-SHA-512`, "
		  "`SCRAM-SHA-256` and `PLAIN`\n" },
		{ "outputs: [{ type: kafka, brokers: b, topic: t, sasl: { mechanism: PLAIN, user: "
		  "u, password_file: f } }]\n",
		  ":1:48: `PLAIN` would send the password for everybody to read: give a "
		  "`ca_file`, which turns on TLS\n" },
		{ "outputs: [{ type: kafka, brokers: b, topic: t, sasl: x }]\n",
		  ":1:54: `sasl` must be a mapping, `{ mechanism: SCRAM-SHA-512, user: ..., "
		  "password_file: ... }`, not text\n" },
		{ "outputs: [{ type: webhook, url: 'https://h', ca_file: c, sasl: { mechanism: "
		  "PLAIN, user: u, password_file: f } }]\n",
		  ":1:58: an output of type `webhook` has no `sasl`\n" },
		{ "outputs: [{ type: kafka, brokers: [], topic: t, url: 'http://h' }]\n",
		  ":1:35: `brokers` is empty\n"
		  ":1:49: an output of type `kafka` has no `url`\n" },
		{ "outputs: [{ type: webhook }, { type: console, url: 'https://u:p@h/' }]\n",
		  ":1:11: an output of type `webhook` has no `url`\n"
		  ":1:30: an output of type `console` has no `key_file`\n"
		  ":1:52: `url` is no URL of an output: a password belongs into a file: see "
		  "headers_file\n" },
		{ "outputs: [{ type: console, url: 'https://h', key_file: k, format: cef }]\n",
		  ":1:59: a console takes `json`, and no other format\n" },
		{ "outputs: [{ type: webhook, url: 'https://h', template: slack, format: text }]\n",
		  ":1:63: a template takes `json`, and no other format\n" },
		{ "outputs: [{ type: webhook, url: 'ftp://h', key_file: k }]\n",
		  ":1:33: `url` is no URL of an output: it begins with https:// or http://\n"
		  ":1:44: an output of type `webhook` has no `key_file`\n" },
		{ "outputs: [{ type: journald, spool: x }, { type: stdout, spool: { path: y, size: "
		  "1M } }]\n",
		  ":1:36: `spool` must be a mapping, `{ path: ..., size: ... }`, not text\n"
		  ":1:57: an output of type `stdout` has no `spool`\n" },
		{ "outputs: [{ type: journald, spool: { size: 12 } }, { type: syslog, address: "
		  "'udp://h:1', spool: { path: x, size: 1Q } }]\n",
		  ":1:36: a spool has no `path`\n"
		  ":1:44: `size` takes bytes from 256K to 1024G, as in 512M, not `12`\n"
		  ":1:114: `size` takes bytes from 256K to 1024G, as in 512M, not `1Q`\n" },
		{ "outputs: [{ type: journald, ca_file: x }]\n",
		  ":1:29: an output of type `journald` has no `ca_file`\n" },
		{ "outputs: [{ type: syslog, path: x }]\n",
		  ":1:11: an output of type `syslog` has no `address`\n"
		  ":1:27: an output of type `syslog` has no `path`\n" },
		{ "outputs: [{ type: syslog, address: 'tcp://host' }]\n",
		  ":1:36: `tcp://host` is no address of an output: it has no port: HOST:PORT\n" },
		{ "outputs: [{ type: stdout, address: 'udp://h:1', ca_file: x }]\n",
		  ":1:27: an output of type `stdout` has no `address`\n"
		  ":1:49: an output of type `stdout` has no `ca_file`\n" },
		{ "outputs: [{ type: sysloc }]\n",
		  ":1:19: unknown type `sysloc`; did you mean `syslog`?\n" },
		{ "outputs: [{ type: stdout, format: esc }]\n",
		  ":1:35: unknown format `esc`; did you mean `ecs`?\n" },
		{ "format: xml\n",
		  ":1:9: `format` takes json, text, ecs, ocsf, cef or otlp, not \"xml\"\n" },
		{ "outputs: [{ type: stdout, queue: 0 }]\n",
		  ":1:34: `queue` takes a number of alerts from 1 to 1000000, not `0`\n" },
		{ "outputs: [{ type: stdout, queue: 99999999999999999999999 }]\n",
		  ":1:34: `queue` takes a number of alerts from 1 to 1000000, not "
		  "`99999999999999999999999`\n" },
		{ "outputs: [{ type: stdout, levl: warn }]\n",
		  ":1:27: unknown key `levl` in an output; did you mean `level`?\n" },
		{ "outputs: [{ type: stdout }, { type: stdout }]\n",
		  ":1:29: two outputs of type `stdout`\n" },
		{ "outputs:\n- { type: file, path: x, name: n }\n- { type: file, path: x, name: n "
		  "}\n",
		  ":3:17: two outputs have this `path`\n:3:26: two outputs have this `name`\n" },
		{ "outputs: [{ type: file, path: x, rotate: 5 }, { type: stdout, rotate: { size: "
		  "1M } }]\n",
		  ":1:42: `rotate` must be a mapping, `{ size: 100M, age: 1d, keep: 7 }`, not "
		  "text\n"
		  ":1:63: an output of type `stdout` has no `rotate`\n" },
		{ "outputs: [{ type: file, path: x, rotate: { keep: 3 } }]\n",
		  ":1:42: `rotate` has neither `size` nor `age`: a file would never be rotated\n" },
		{ "outputs: [{ type: file, path: x, rotate: { size: 1, age: 1w, keep: 0 } }]\n",
		  ":1:50: `size` takes bytes from 1K to 1024G, as in 100M, not `1`\n"
		  ":1:58: `age` takes a time from 1s to 3660d, as in 30m, 12h or 1d, not `1w`\n"
		  ":1:68: `keep` takes a number of files from 1 to 1000, not `0`\n" },
		{ "outputs: [{ type: file, path: x, rotate: { size: 9999999999G, age: "
		  "99999999999d, "
		  "keep: 99999999999 } }]\n",
		  ":1:50: `size` takes bytes from 1K to 1024G, as in 100M, not `9999999999G`\n"
		  ":1:68: `age` takes a time from 1s to 3660d, as in 30m, 12h or 1d, not "
		  "`99999999999d`\n"
		  ":1:88: `keep` takes a number of files from 1 to 1000, not `99999999999`\n" },
		{ "outputs: [{ type: file, path: x, rotate: { size: 1M } }, { type: file, path: "
		  "x.2 }]\n",
		  ":1:72: the file of one output would be rotated to that of another\n" },
		{ "output: x\noutputs: [{ type: stdout }]\n",
		  ":1:1: `output` beside `outputs`: there may be one of them\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(cases[i].text, cases[i].said);
}

TEST(too_many_outputs)
{
	_cleanup_buf_ struct buf text = { 0 };

	buf_adds(&text, "outputs:\n");
	for (int i = 0; i < 17; i++)
		buf_printf(&text, "- { type: file, path: f%d }\n", i);
	check(text.data, ":18:3: more than 16 outputs\n");
}

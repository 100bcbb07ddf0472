// SPDX-License-Identifier: GPL-2.0-only
/* Records of live interpreters on their way to alerts, without a kernel side. */
#include "pipeline/owner.h"

TEST(captures_of_every_version)
{
	glob_t found;

	ASSERT_EQ(glob(FOLDER "*-frame.bin", 0, NULL, &found), 0);
	ASSERT(found.gl_pathc >= 5);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		start(RULE("one", "posonly", "") RULE("two", "Thing.method", "")
			      RULE("none", "absent", ""));
		load(found.gl_pathv[i]);
		ASSERT_EQ(feed(NULL), 0);
		ASSERT_STR(owner.alerts.data, "one: posonly <1> frame\ntwo: method <1> frame\n");
		ASSERT_EQ(pipeline.alerts, 2);
		ASSERT(owner.views >= 2);
		ASSERT_EQ(owner.views_ended, owner.views);
		ASSERT_STR(owner.python, "3.11.2");
		ASSERT_STR(owner.container, "3f2a9c");
		ASSERT(owner.kubernetes == &pod);
		end();
	}
	globfree(&found);
}

TEST(a_rule_is_told_of_by_one_kind)
{
	load(FOLDER "3.11-frame.bin");
	start(RULE("one", "posonly", "") RULE("two", "posonly", ""));
	owner.probes[0] = PROBE_CALL;
	feed(NULL);
	ASSERT_STR(owner.alerts.data, "two: posonly <1> frame\n");
	owner.any_probe = true;
	feed(NULL);
	ASSERT_EQ(owner.nr_alerts, 3);
	end();
}

TEST(no_more_than_wanted)
{
	load(FOLDER "3.11-frame.bin");
	start(RULE("one", "posonly", "") RULE("two", "posonly", "") RULE("three", "posonly", ""));
	pipeline.wanted = 2;
	feed(NULL);
	ASSERT(pipeline_has_enough(&pipeline));
	ASSERT_EQ(owner.nr_alerts, 2);
	/* What was not looked at is not dismissed. */
	ASSERT_EQ(owner.dismissed, 0);
	end();
}

static void set_digests(struct ev_match *head)
{
	head->digest_args = 1;
	head->digest_stack = 2;
}

TEST(the_host_is_named)
{
	char own[256] = "", name[sizeof(own) + 32];

	gethostname(own, sizeof(own) - 1);
	start(RULE("one", "posonly", ""));
	ASSERT_STR(pipeline.host, own);
	end();
	ASSERT_EQ(setenv("PHRUDE_HOST", "", 1), 0);
	start(RULE("one", "posonly", ""));
	ASSERT_STR(pipeline.host, own);
	end();
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	ASSERT_EQ(setenv("PHRUDE_HOST", name, 1), 0);
	start(RULE("one", "posonly", ""));
	ASSERT_EQ(strlen(pipeline.host), sizeof(pipeline.host) - 1);
	end();
	ASSERT_EQ(setenv("PHRUDE_HOST", "node-1", 1), 0);
	start(RULE("one", "posonly", ""));
	ASSERT_STR(pipeline.host, "node-1");
	end();
	unsetenv("PHRUDE_HOST");
}

/* Whoever takes an alert does not see its secrets. */
TEST(secrets_stay)
{
	static const uint8_t key[REDACT_KEY_SIZE];
	char *words[] = { (char *)"--token", (char *)"abc" };
	struct proc_facts facts = { .cmdline = words, .nr_cmdline = 2 };
	struct redact_opts opts = { .defaults = true, .key = key, .key_size = sizeof(key) };
	_cleanup_(redact_freep) struct redact *redact = NULL;
	struct err err;

	ASSERT_EQ(redact_new(&opts, &redact, &err), 0);
	load(FOLDER "3.11-frame.bin");
	start(RULE("one", "posonly", ""));
	owner.facts = &facts;
	feed(NULL);
	ASSERT_STR(owner.word, "abc");
	pipeline.redact = redact;
	feed(NULL);
	ASSERT(str_starts(owner.word, "[redacted:password:"));
	ASSERT_EQ(redact_count(redact), 1);
	ASSERT_STR(facts.cmdline[1], "abc");
	ASSERT_STR(owner.alerts.data, "one: posonly <1> frame\none: posonly <1> frame\n");
	end();
}

/* What conditions keep from being reported is dismissed by what they went by. */
TEST(verdicts_go_back)
{
	static const struct {
		const char *condition;
		size_t alerts, dismissed;
		uint64_t digest;
	} cases[] = {
		{ "{ arg: { allow: [1] } }", 0, 1, 1 },
		{ "{ func: { allow: [direct] } }", 0, 1, 2 },
		{ "{ func: { allow: [nobody] } }", 1, 0, 0 },
		{ "{ request_path: { allow: [/a] } }", 1, 0, 0 },
		/* Without a request in sight nothing is known of its text. */
		{ "{ arg: { only: [{ input: any }] } }", 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char yaml[512];

		load(FOLDER "3.11-frame.bin");
		snprintf(yaml, sizeof(yaml), "%s",
			 "- { name: one, func: posonly, file: captured.py, level: info, "
			 "value: { a: x }, condition: ");
		snprintf(yaml + strlen(yaml), sizeof(yaml) - strlen(yaml), "%s }\n",
			 cases[i].condition);
		start(yaml);
		/* The first record alone: others are of other functions. */
		size = ((struct ev_hdr *)records)->size;
		feed(set_digests);
		ASSERT_EQ(owner.nr_alerts, cases[i].alerts);
		ASSERT_EQ(owner.dismissed, cases[i].dismissed);
		ASSERT_EQ(owner.digest, cases[i].digest);
		end();
	}
}

/*
 * What rules of other targets would report is none of the process's alerts, and not dismissed, as
 * the kernel side would do so in their processes, too.
 */
TEST(rules_of_others)
{
	static const struct {
		const char *other;
		size_t dismissed;
	} cases[] = {
		{ "", 0 },
		{ ", condition: { func: { allow: [nobody] } }", 0 },
		{ ", condition: { func: { allow: [direct] } }", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char yaml[512];

		load(FOLDER "3.11-frame.bin");
		snprintf(yaml, sizeof(yaml),
			 "- { name: other, func: posonly, file: captured.py, level: info%s }\n"
			 "- { name: own, func: posonly, file: captured.py, level: info, "
			 "condition: { arg: { allow: [1] } } }\n",
			 cases[i].other);
		start(yaml);
		owner.first = 1;
		size = ((struct ev_hdr *)records)->size;
		feed(set_digests);
		ASSERT_EQ(owner.nr_alerts, 0);
		ASSERT_EQ(owner.dismissed, cases[i].dismissed);
		/* Callers were looked at. */
		ASSERT_EQ(owner.digest, cases[i].dismissed ? 2 : 0);
		end();
	}
}

/* Line tables are asked for again where they are missing, and give lines where they are there. */
TEST(line_numbers)
{
	/* Of 3.11: eight instructions without columns, on the line before. */
	static const uint8_t same_line[] = { 0xef, 0x00 };
	char record[sizeof(struct ev_linetable) + 200];
	struct ev_linetable head = { .len = 200 };
	struct arena arena = { 0 };
	struct event ev;

	load(FOLDER "3.11-frame.bin");
	size = ((struct ev_hdr *)records)->size;
	start(RULE("one", "posonly", ""));
	feed(NULL);
	ASSERT_EQ(owner.line, 0);
	ASSERT_EQ(pipeline.lines_unknown, 3);
	ASSERT_EQ(owner.forgotten, 3);
	ASSERT_EQ(event_decode(&arena, records, size, &ev, NULL), 0);
	ASSERT(ev.frames[0].firstlineno > 1);
	head.hdr.pid = ev.head.hdr.pid;
	head.linetable = ev.frames[0].linetable;
	head.signature = ev.frames[0].signature;
	memcpy(record, &head, sizeof(head));
	for (size_t i = 0; i < head.len; i++)
		record[sizeof(head) + i] = (char)same_line[i % 2];
	ASSERT_EQ(pipeline_linetable(&pipeline, record, sizeof(record)), 0);
	ASSERT_EQ(pipeline_linetable(&pipeline, record, sizeof(head)), -EPROTO);
	feed(NULL);
	ASSERT_EQ(owner.line, ev.frames[0].firstlineno);
	ASSERT_EQ(pipeline.lines_unknown, 5);
	ASSERT(!owner.forgot_all);
	end();
	/* What is held back keeps those that it had. */
	start_limited(RULE("one", "posonly", ""), &(struct limit_rate){ 3600 * 1000000000ULL, 1 });
	ASSERT_EQ(pipeline_linetable(&pipeline, record, sizeof(record)), 0);
	feed(NULL);
	feed(NULL);
	feed(NULL);
	lines_clear(pipeline.lines);
	owner.line = 0;
	ASSERT(pipeline_roll_up(&pipeline, INT64_MAX));
	ASSERT_EQ(owner.line, ev.frames[0].firstlineno);
	/* They are looked for once for all that follow. */
	ASSERT_EQ(pipeline.lines_unknown, 4);
	arena_fini(&arena);
	end();
}

TEST(too_many_line_tables)
{
	static char record[sizeof(struct ev_linetable) + 32768];
	struct ev_linetable head = { .len = 32768 };

	start(RULE("one", "posonly", ""));
	for (int i = 0; i < 300 && !owner.forgot_all; i++) {
		head.linetable = 64 * i;
		memcpy(record, &head, sizeof(head));
		ASSERT_EQ(pipeline_linetable(&pipeline, record, sizeof(record)), 0);
	}
	ASSERT(owner.forgot_all);
	end();
}

static void of_no_kind(struct ev_match *head)
{
	head->probe = 200;
}

TEST(records_that_are_none)
{
	load(FOLDER "3.11-frame.bin");
	size = ((struct ev_hdr *)records)->size;
	start(RULE("one", "posonly", ""));
	owner.any_probe = true;
	for (size_t n = 0; n < size; n++)
		ASSERT_EQ(pipeline_match(&pipeline, records, n, false), -EPROTO);
	owner.full = true;
	ASSERT_EQ(feed(NULL), -ENOMEM);
	owner.full = false;
	owner.nr_alerts = 0;
	ASSERT_EQ(feed(of_no_kind), -EPROTO);
	ASSERT_EQ(owner.nr_alerts, 0);
	end();
}

TEST(what_is_asked_comes_again)
{
	struct ev_match head;

	start(RULE("one", "posonly", ""));
	load(FOLDER "3.11-frame.bin");
	owner.asks = true;
	ASSERT_EQ(feed(NULL), -EAGAIN);
	ASSERT_EQ(owner.nr_alerts, 0);
	ASSERT_EQ(owner.dismissed, 0);
	for (size_t pos = 0; pos < size; pos += head.hdr.size) {
		memcpy(&head, records + pos, sizeof(head));
		ASSERT_EQ(pipeline_match(&pipeline, records + pos, head.hdr.size, true), 0);
	}
	ASSERT_EQ(owner.nr_alerts, 1);
	ASSERT_EQ(owner.views_ended, owner.views);
	end();
}

// SPDX-License-Identifier: GPL-2.0-only
/* Records of live interpreters (tests/unit/event/captures) on their way to alerts, without a kernel side. */
#include "pipeline/pipeline.h"

#include <errno.h>
#include <glob.h>

#include "base/util.h"
#include "probe/probe_kind.h"
#include "test.h"

#define FOLDER "tests/unit/event/captures/"
#define RULE(name, func, more)            \
	"- { name: " name ", func: " func \
	", file: captured.py, level: info, value: { a: \"<$func_args[a]>\" }" more " }\n"

/* What the pipeline's owner knows and was told. */
static struct {
	enum phrude_probe probes[8];
	bool any_probe, full, asks;
	struct buf alerts; /* a line each: rule, function, value, probe */
	size_t nr_alerts, views, views_ended, dismissed, forgotten;
	uint64_t digest;
	bool forgot_all;
	int line;				  /* of the first caller */
	char python[16], container[16], word[64]; /* word: the last one of the command line */
	const struct proc_facts *facts;
} owner;

static struct pipeline pipeline;
static struct rule_set rules;
static struct request_opts request;

static int view(void *ctx, const struct pipeline_match *match, struct target_view *out)
{
	struct event *ev = match->event;

	if (owner.asks && !match->again)
		return -EAGAIN;
	owner.views++;
	out->python = "3.11.2";
	out->probe_of_rule = owner.any_probe ? NULL : owner.probes;
	out->container = "3f2a9c";
	out->facts = owner.facts;
	if (!ev->qualname.s)
		ev->qualname = text_eq_str(ev->name, "method") ? TEXT("Thing.method") : ev->name;
	return owner.full ? -ENOMEM : 0;
}

static void view_end(void *ctx, struct target_view *out)
{
	owner.views_ended++;
}

static void take(void *ctx, const struct alert *alert)
{
	struct buf value = { 0 };

	owner.nr_alerts++;
	rule_value_expand(&alert->rule->values[0], alert->event, &value);
	buf_printf(&owner.alerts, "%s: %.*s %s %s\n", alert->rule->name,
		   (int)alert->event->name.len, alert->event->name.s, value.data, alert->probe);
	buf_fini(&value);
	if (alert->process.nr_cmdline)
		snprintf(owner.word, sizeof(owner.word), "%s",
			 alert->process.cmdline[alert->process.nr_cmdline - 1]);
	owner.line = alert->event->frames[0].line;
	snprintf(owner.python, sizeof(owner.python), "%s", alert->process.python);
	snprintf(owner.container, sizeof(owner.container), "%s", alert->process.container);
}

static void dismiss(void *ctx, uint64_t digest)
{
	owner.dismissed++;
	owner.digest = digest;
}

static void forget_table(void *ctx, pid_t pid, uint64_t table)
{
	owner.forgotten++;
}

static void forget_tables(void *ctx)
{
	owner.forgot_all = true;
}

static const struct pipeline_ops ops = {
	view, view_end, take, dismiss, forget_table, forget_tables
};

static void start(const char *yaml)
{
	struct buf messages = { 0 };

	memset(&owner, 0, sizeof(owner));
	if (rule_set_parse("rules.yaml", yaml, strlen(yaml), &rules, &messages)) {
		fputs(messages.data, stderr);
		abort();
	}
	for (size_t i = 0; i < ARRAY_SIZE(owner.probes); i++)
		owner.probes[i] = PROBE_FRAME;
	pipeline = (struct pipeline){ .ops = &ops, .rules = &rules, .request = &request };
	if (pipeline_init(&pipeline))
		abort();
}

static void end(void)
{
	pipeline_fini(&pipeline);
	rule_set_fini(&rules);
	buf_fini(&owner.alerts);
}

static char records[1 << 20];
static size_t size;

static void load(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (!f)
		abort();
	size = fread(records, 1, sizeof(records), f);
	fclose(f);
}

/* Feeds what was loaded, with changes; returns what the last record gave. */
static int feed(void (*change)(struct ev_match *head))
{
	int ret = 0;

	for (size_t pos = 0; pos < size;) {
		struct ev_match head;

		memcpy(&head, records + pos, sizeof(head));
		if (change) {
			change(&head);
			memcpy(records + pos, &head, sizeof(head));
		}
		ret = pipeline_match(&pipeline, records + pos, head.hdr.size, false);
		pos += head.hdr.size;
	}
	return ret;
}

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

/* Whoever takes an alert does not see its secrets. */
TEST(secrets_stay)
{
	static const uint8_t key[REDACT_KEY_SIZE];
	char *words[] = { (char *)"--token", (char *)"abc" };
	struct proc_facts facts = { .cmdline = words, .nr_cmdline = 2 };
	struct redact_opts opts = { .defaults = true, .key = key };
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

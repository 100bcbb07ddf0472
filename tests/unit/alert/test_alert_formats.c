// SPDX-License-Identifier: GPL-2.0-only
/*
 * The formats of others, byte by byte: tests/formats/golden has what is expected, and
 * tests/guards/formats.py holds that to the published schemas.  With RENEW_GOLDEN=1 in the
 * environment the files are written instead.
 */
#include "sample.h"

#include <cjson/cJSON.h>
#include <unistd.h>

#include "alert/alert_parts.h"
#include "kube/labels.h"

/* With both ways to go on behind the head. */
static void syslog(struct buf *out, const struct alert *a)
{
	alert_syslog(out, a, true);
	alert_brief(out, a);
}

static void syslog_cef(struct buf *out, const struct alert *a)
{
	alert_syslog(out, a, false);
	alert_cef(out, a);
}

static const struct {
	const char *name;
	void (*write)(struct buf *out, const struct alert *a);
} formats[] = { { "ecs", alert_ecs },	{ "ocsf", alert_ocsf }, { "cef", alert_cef },
		{ "otlp", alert_otlp }, { "syslog", syslog },	{ "syslogcef", syslog_cef } };

static struct buf out;

static const char *read_file(const char *path)
{
	static char text[64 * 1024];
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return f ? text : NULL;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		abort();
}

static void compare(const char *name, const struct alert *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		const char *expected;
		char path[128];

		buf_reset(&out);
		formats[i].write(&out, a);
		buf_addc(&out, '\n');
		snprintf(path, sizeof(path), "tests/formats/golden/%s.%s", name, formats[i].name);
		if (getenv("RENEW_GOLDEN"))
			write_file(path, out.data);
		expected = read_file(path);
		if (!expected || strcmp(expected, out.data))
			TEST_FAIL("%s should be:\n%sand is:\n%s", path, expected ?: "there\n",
				  out.data);
	}
}

static const struct input_found input = { INPUT_FROM_QUERY, TEXT("host"), TEXT("127.0.0.1; id"),
					  TEXT("key") };

static void fill(struct sample *s)
{
	sample_init(s);
	s->request = (struct alert_request){ .remote_addr = "2001:db8::9",
					     .method = "POST",
					     .path = "/ssti",
					     .query = "a=1&b=2",
					     .host = "shop.example",
					     .user_agent = "curl/8",
					     .session = "5f2c",
					     .trace_id = "4BF92F3577B34DA6A3CE929D0E0E4736" };
	s->alert.process.container = "3f2a9c";
	s->alert.input = &input;
}

TEST(everything_known)
{
	static const uint32_t digits[] = { 42 };
	struct event_arg args[5];
	struct sample s;

	fill(&s);
	memcpy(args, s.args, sizeof(s.args));
	args[3] = (struct event_arg){ TEXT("n"),
				      { .type = VALUE_INT, .integer = { digits, 1, true } } };
	args[4] = (struct event_arg){ TEXT("b"), { .type = VALUE_BOOL, .boolean = true } };
	s.event.args = args;
	s.event.nr_args = 5;
	s.event.module = TEXT("os");
	s.rule.id = (char *)"PY-7";
	s.rule.description = (char *)"Reads the environment";
	s.event.skipped = 3;
	s.event.gap = 1;
	s.alert.kubernetes = &sample_pod;
	compare("full", &s.alert);
}

/* Its files are not there: the cgroup alone says something. */
TEST(a_pod_without_a_name)
{
	struct kube_facts unnamed = { .pod_uid = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" };
	struct sample s;

	fill(&s);
	s.alert.kubernetes = &unnamed;
	compare("unnamed", &s.alert);
}

TEST(a_pod_with_labels)
{
	struct kube_labels *labels = kube_labels_new();
	struct kube_facts pod = sample_pod;
	struct sample s;

	ASSERT_EQ(kube_labels_add(labels, TEXT("app.kubernetes.io/name"), TEXT("shop")), 0);
	ASSERT_EQ(kube_labels_add(labels, TEXT("canary"), TEXT("")), 0);
	pod.labels = labels;
	fill(&s);
	s.alert.kubernetes = &pod;
	compare("labelled", &s.alert);
	kube_labels_unref(labels);
}

TEST(as_it_mostly_is)
{
	struct sample s;

	sample_init(&s);
	s.rule.level = RULE_LEVEL_ALERT;
	s.alert.action = "denied";
	compare("usual", &s.alert);
}

TEST(one_that_stands_for_others)
{
	struct sample s;

	sample_init(&s);
	sample_repeat(&s, 1234567);
	compare("repeated", &s.alert);
	buf_reset(&out);
	alert_journal(&out, &s.alert, TEXT("m"));
	ASSERT_HAS(out.data, "\nPHRUDE_COUNT=1234567\nPHRUDE_SINCE=2026-01-02T03:04:05.678901Z\n"
			     "PHRUDE_UNTIL=2026-01-02T03:04:15.678901Z\n");
}

TEST(nothing_known)
{
	struct rule rule = { .name = (char *)"*" };
	struct event event = { .stack_cut = true };
	struct alert a = { .rule = &rule, .event = &event, .probe = "arm", .action = "detect" };

	compare("nothing", &a);
}

static const char bad[] = "\x1b[2J\"|=\\ act=x\n\r\xed\xa0\x80\xff\xc2\x9b\xe2\x80\xae";

static void make_hostile(struct sample *s, const char **cmdline)
{
	struct text t = { bad, sizeof(bad) };

	fill(s);
	s->event.name = s->event.qualname = s->event.file = s->event.module = t;
	s->args[0] = (struct event_arg){ t, str_value(t) };
	s->args[2] = (struct event_arg){ TEXT("b"), { .type = VALUE_BYTES, .text = t } };
	s->frames[0].function = s->frames[0].file = t;
	s->rule.name = s->rule.id = s->rule.description = s->tags[0] = (char *)bad;
	s->request = (struct alert_request){ bad, bad, bad, bad, bad, bad, bad, bad, bad, NULL };
	s->alert.process.exe = s->alert.process.python = s->alert.process.container = bad;
	s->alert.process.cmdline = cmdline;
	s->alert.process.nr_cmdline = 1;
	s->alert.host = s->alert.id = bad;
}

TEST(hostile_text_everywhere)
{
	const char *cmdline[] = { bad };
	struct sample s;

	make_hostile(&s, cmdline);
	compare("hostile", &s.alert);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		cJSON *json;

		buf_reset(&out);
		formats[i].write(&out, &s.alert);
		ASSERT(!text_flaw(out.data, out.len));
		ASSERT(!strchr(out.data, '\n'));
		if (out.data[0] != '{')
			continue;
		/* Half a pair is what strict readers stop at. */
		for (const char *c = out.data; (c = strstr(c, "\\ud8")); c++)
			ASSERT(c[-1] == '\\');
		json = cJSON_Parse(out.data);
		ASSERT(json);
		cJSON_Delete(json);
	}
}

TEST(long_text_is_cut_between_characters)
{
	static char text[3 * 1800 + 1];
	struct sample s;

	for (size_t i = 0; i + 3 < sizeof(text); i += 3)
		memcpy(text + i, "\xe2\x82\xac", 4);
	fill(&s);
	s.args[0].value = str_value((struct text){ text, strlen(text) });
	s.rule.name = text;
	s.rule.id = NULL;
	s.alert.host = s.request.path = s.alert.process.exe = text;
	s.frames[0].function = (struct text){ text, strlen(text) };
	buf_reset(&out);
	alert_cef(&out, &s.alert);
	ASSERT_HAS(out.data, "€…|5|rt=");
	ASSERT_HAS(out.data, "€… act=");
	ASSERT(out.len < 24 * 1024);
	ASSERT(!text_flaw(out.data, out.len));
}

TEST(techniques)
{
	static const struct {
		const char *tag, *technique;
		size_t base;
	} cases[] = {
		{ "attack.T1059.006", "T1059.006", 5 },
		{ "attack.t1190", "t1190", 5 },
		{ "attack.execution", NULL, 0 },
		{ "CWE-78", NULL, 0 },
		{ "attack.T", NULL, 0 },
		{ "attack.T1059x", NULL, 0 },
		{ "attack.", NULL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t base = 0;
		struct text t = alert_technique(cases[i].tag, &base);

		ASSERT(cases[i].technique ? text_eq_str(t, cases[i].technique) : !t.s);
		if (t.s)
			ASSERT_EQ(base, cases[i].base);
	}
}

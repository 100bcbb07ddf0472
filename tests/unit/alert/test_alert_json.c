// SPDX-License-Identifier: GPL-2.0-only
#include "sample.h"

#include <cjson/cJSON.h>
#include <time.h>

#include "kube/labels.h"

static struct buf out;

static const char *written(const struct sample *s)
{
	buf_fini(&out);
	alert_json(&out, &s->alert);
	return out.data;
}

TEST(every_key_in_order)
{
	struct sample s;

	sample_init(&s);
	ASSERT_STR(written(&s),
		   "{\"id\":\"019b7ca9-8f2e-7e6b-8123-456789abcdef\","
		   "\"time\":\"2026-01-02T03:04:05.678901Z\",\"host\":\"app-7\","
		   "\"rule\":{\"name\":\"Access to Environment "
		   "Variable\",\"id\":null,\"level\":\"warn\","
		   "\"tags\":[\"attack.T1059.006\",\"CWE-78\"]},"
		   "\"function\":{\"name\":\"getenv\",\"qualname\":\"getenv\","
		   "\"file\":\"/usr/lib/python3.11/os.py\",\"module\":null,\"line\":772},"
		   "\"args\":{\"key\":\"CLOUD_SECRET_KEY\",\"default\":null,\"context\":\"CLASS:"
		   "Context\"},"
		   "\"value\":{\"key\":\"key CLOUD_SECRET_KEY\"},"
		   "\"callers\":[{\"function\":\"call\",\"file\":\"/srv/runtime.py\",\"line\":298},"
		   "{\"function\":\"<module>\",\"file\":\"/srv/app.py\",\"line\":null}],"
		   "\"request\":{\"remote_addr\":\"203.0.113.9\",\"method\":\"POST\",\"path\":\"/"
		   "ssti\","
		   "\"query\":\"\",\"host\":null,\"user_agent\":null,\"session\":null,\"trace_id\":"
		   "null},"
		   "\"process\":{\"pid\":1234,\"tid\":1235,\"ppid\":1,\"uid\":33,"
		   "\"exe\":\"/usr/bin/python3.11\",\"cmdline\":[\"python3\",\"app.py\"],"
		   "\"python\":\"3.11.2\",\"container\":null},"
		   "\"input\":null,\"probe\":\"usdt\",\"action\":\"detect\",\"truncated\":false}");
}

TEST(of_the_service)
{
	struct kube_facts unnamed = { .pod_uid = "0f1e2d3c4b5a69788796a5b4c3d2e1f0" };
	struct kube_labels *labels = kube_labels_new();
	struct kube_facts pod = sample_pod;
	struct sample s;

	sample_init(&s);
	s.alert.target = "shop";
	ASSERT_HAS(written(&s), ",\"target\":\"shop\",\"kubernetes\":null,\"rule\"");
	s.alert.kubernetes = &sample_pod;
	ASSERT_HAS(written(&s),
		   ",\"kubernetes\":{\"namespace\":\"shop\",\"pod\":\"shop-6c4f.a\","
		   "\"pod_uid\":\"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\",\"container\":\"app\","
		   "\"node\":\"node-1\",\"labels\":null},\"rule\"");
	pod.labels = labels;
	s.alert.kubernetes = &pod;
	ASSERT_HAS(written(&s), ",\"node\":\"node-1\",\"labels\":{}},\"rule\"");
	ASSERT_EQ(kube_labels_add(labels, TEXT("app.kubernetes.io/name"), TEXT("shop")), 0);
	ASSERT_EQ(kube_labels_add(labels, TEXT("canary"), TEXT("")), 0);
	ASSERT_HAS(written(&s),
		   ",\"labels\":{\"app.kubernetes.io/name\":\"shop\",\"canary\":\"\"}},\"rule\"");
	kube_labels_unref(labels);
	s.alert.kubernetes = &unnamed;
	ASSERT_HAS(written(&s),
		   ",\"kubernetes\":{\"namespace\":null,\"pod\":null,"
		   "\"pod_uid\":\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\",\"container\":null,"
		   "\"node\":null,\"labels\":null},\"rule\"");
	s.alert.target = NULL;
	ASSERT(!strstr(written(&s), "kubernetes"));
}

TEST(input)
{
	const struct input_found found = { INPUT_FROM_QUERY, TEXT("host"), TEXT("a\n;id"),
					   TEXT("key") };
	const struct input_found segment = { INPUT_FROM_PATH, { NULL, 0 }, TEXT("x"), TEXT("key") };
	const struct input_found nothing = { 0 };
	struct sample s;

	sample_init(&s);
	s.alert.input = &found;
	buf_fini(&out);
	alert_json(&out, &s.alert);
	ASSERT_HAS(out.data,
		   ",\"input\":{\"source\":\"query\",\"name\":\"host\",\"value\":\"a\\n;id\","
		   "\"arg\":\"key\"},\"probe\"");
	s.alert.input = &segment;
	buf_fini(&out);
	alert_json(&out, &s.alert);
	ASSERT_HAS(out.data, "\"input\":{\"source\":\"path\",\"name\":null,\"value\":\"x\",");
	s.alert.input = &nothing;
	buf_fini(&out);
	alert_json(&out, &s.alert);
	ASSERT_HAS(out.data, ",\"input\":null,");
}

TEST(one_that_stands_for_others)
{
	struct sample s;

	sample_init(&s);
	sample_repeat(&s, 18446744073709551615ULL);
	ASSERT_HAS(written(&s), ",\"truncated\":false,\"repeated\":{\"count\":18446744073709551615,"
				"\"since\":\"2026-01-02T03:04:05.678901Z\","
				"\"until\":\"2026-01-02T03:04:15.678901Z\"}}");
}

TEST(nothing_known)
{
	struct rule rule = { .name = (char *)"r" };
	struct event event = { .stack_cut = true };
	struct alert a = { .rule = &rule, .event = &event, .probe = "arm", .action = "detect" };

	buf_fini(&out);
	alert_json(&out, &a);
	ASSERT_STR(out.data,
		   "{\"id\":null,\"time\":\"1970-01-01T00:00:00.000000Z\",\"host\":null,"
		   "\"rule\":{\"name\":\"r\",\"id\":null,\"level\":\"info\",\"tags\":[]},"
		   "\"function\":{\"name\":null,\"qualname\":null,\"file\":null,\"module\":null,"
		   "\"line\":null},"
		   "\"args\":{},\"value\":{},\"callers\":[],\"request\":null,"
		   "\"process\":{\"pid\":null,\"tid\":null,\"ppid\":null,\"uid\":0,\"exe\":null,"
		   "\"cmdline\":null,\"python\":null,\"container\":null},"
		   "\"input\":null,\"probe\":\"arm\",\"action\":\"detect\",\"truncated\":true}");
}

TEST(hostile_text_everywhere)
{
	static const char bad[] = "\x1b[2J\"\\\n\xed\xa0\x80\xff\xc2\x9b";
	struct text t = { bad, sizeof(bad) };
	const char *cmdline[] = { bad };
	struct sample s;
	cJSON *json;

	sample_init(&s);
	s.event.name = s.event.qualname = s.event.file = s.event.module = t;
	s.args[0] = (struct event_arg){ t, str_value(t) };
	s.args[2] = (struct event_arg){ TEXT("b"), { .type = VALUE_BYTES, .text = t } };
	s.frames[0].function = s.frames[0].file = t;
	s.rule.name = s.rule.id = (char *)bad;
	s.request = (struct alert_request){ bad, bad, bad, bad, bad, bad, bad, bad, bad, NULL };
	s.alert.process.exe = s.alert.process.python = s.alert.process.container = bad;
	s.alert.process.cmdline = cmdline;
	s.alert.process.nr_cmdline = 1;
	s.alert.host = bad;
	written(&s);
	ASSERT(!text_flaw(out.data, out.len));
	ASSERT(!strchr(out.data, '\n'));
	json = cJSON_Parse(out.data);
	ASSERT(json);
	cJSON_Delete(json);
}

TEST(twenty_frames_take_microseconds)
{
	struct event_frame frames[20];
	struct sample s;
	clock_t before;
	double us;

	sample_init(&s);
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		frames[i] = (struct event_frame){
			.function = TEXT("full_dispatch_request"),
			.file = TEXT("/usr/lib/python3/dist-packages/flask/app.py"),
			.line = 1823
		};
	s.event.frames = frames;
	s.event.nr_frames = ARRAY_SIZE(frames);
	written(&s);
	before = clock();
	for (int i = 0; i < 1000; i++) {
		buf_reset(&out);
		alert_json(&out, &s.alert);
	}
	us = (double)(clock() - before) * 1e6 / CLOCKS_PER_SEC / 1000;
	/* under sanitizers and without optimisation; some 5 us in the program */
	ASSERT(us < 1000);
}

TEST(callers_that_are_left_out)
{
	struct sample s;

	sample_init(&s);
	s.event.gap = 1;
	s.event.skipped = 872;
	ASSERT_HAS(written(&s), "},{\"function\":\"…\",\"file\":null,\"line\":null},{");
}

TEST(a_cut_command_line_is_truncation)
{
	struct sample s;

	sample_init(&s);
	s.alert.process.cut = true;
	ASSERT_HAS(written(&s), "\"truncated\":true}");
}

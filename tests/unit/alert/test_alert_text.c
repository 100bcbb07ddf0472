// SPDX-License-Identifier: GPL-2.0-only
#include "sample.h"

static struct buf out;

static const char *written(const struct sample *s, bool color)
{
	buf_fini(&out);
	alert_text(&out, &s->alert, color);
	return out.data;
}

TEST(the_block)
{
	struct sample s;

	sample_init(&s);
	s.request.user_agent = "curl/8";
	ASSERT_STR(written(&s, false),
		   "2026-01-02 03:04:05.678901Z  WARN  Access to Environment Variable"
		   "  attack.T1059.006  CWE-78\n"
		   "  function  getenv  /usr/lib/python3.11/os.py:772\n"
		   "  args      key = 'CLOUD_SECRET_KEY'\n"
		   "            default = None\n"
		   "            context = CLASS:Context\n"
		   "  value     key: key CLOUD_SECRET_KEY\n"
		   "  callers   call  /srv/runtime.py:298\n"
		   "            <module>  /srv/app.py\n"
		   "  request   POST  /ssti  from 203.0.113.9\n"
		   "            user agent curl/8\n"
		   "  process   pid 1234  tid 1235  ppid 1  uid 33  python 3.11.2  "
		   "/usr/bin/python3.11\n"
		   "            $ python3 app.py\n"
		   "  seen      on app-7  by probe usdt  action detect  id "
		   "019b7ca9-8f2e-7e6b-8123-456789abcdef\n");
}

TEST(what_came_with_the_request)
{
	const struct input_found found = { INPUT_FROM_QUERY, TEXT("host"), TEXT("a;\033id"),
					   TEXT("key") };
	const struct input_found segment = { INPUT_FROM_PATH, { NULL, 0 }, TEXT("x"), TEXT("key") };
	struct sample s;

	sample_init(&s);
	s.alert.input = &found;
	ASSERT_HAS(written(&s, false), "\n  input     query host = 'a;\\x1bid'  in key\n  process");
	s.alert.input = &segment;
	ASSERT_HAS(written(&s, false), "\n  input     path = 'x'  in key\n");
}

TEST(one_that_stands_for_others)
{
	struct sample s;

	sample_init(&s);
	sample_repeat(&s, 1234);
	ASSERT_HAS(written(&s, false),
		   "  repeated  1234 alerts from 2026-01-02 03:04:05.678901Z to "
		   "2026-01-02 03:04:15.678901Z, of which this is the first\n  seen ");
	sample_repeat(&s, 1);
	ASSERT_HAS(written(&s, false), "  repeated  1 alert from ");
}

TEST(truncation_is_said)
{
	struct sample s;

	sample_init(&s);
	s.event.stack_cut = true;
	s.event.nr_frames = 1;
	s.alert.request = NULL;
	written(&s, false);
	ASSERT_HAS(out.data,
		   "  callers   call  /srv/runtime.py:298\n            … and others\n  process");
	ASSERT_HAS(out.data, "\n  truncated what ends in … was longer");
}

TEST(callers_that_are_left_out)
{
	struct sample s;

	sample_init(&s);
	s.event.gap = 1;
	s.event.skipped = 872;
	written(&s, false);
	ASSERT_HAS(out.data,
		   "  callers   call  /srv/runtime.py:298\n            … 872 more\n            ");
}

TEST(a_c_function_shows_its_module)
{
	struct sample s;

	sample_init(&s);
	s.event.file.s = NULL;
	s.event.module = TEXT("posix");
	s.event.name = s.event.qualname = TEXT("system");
	ASSERT_HAS(written(&s, false), "  function  posix.system\n");
}

TEST(a_pod)
{
	struct kube_facts known = sample_pod;
	struct sample s;

	sample_init(&s);
	s.alert.kubernetes = &known;
	ASSERT_HAS(written(&s, false), "\n  pod       shop/shop-6c4f.a/app  uid "
				       "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0  node "
				       "node-1\n  seen");
	*known.container = '\0';
	ASSERT_HAS(written(&s, false), "\n  pod       shop/shop-6c4f.a  uid ");
	*known.pod = *known.node = '\0';
	ASSERT_HAS(written(&s, false),
		   "\n  pod       uid 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0\n  seen");
}

TEST(nothing_known)
{
	struct rule rule = { .name = (char *)"r" };
	struct event event = { .line = 0 };
	struct event_frame frame = { .line = 0 };
	struct alert a = { .rule = &rule, .event = &event };

	event.frames = &frame;
	event.nr_frames = 1;
	buf_fini(&out);
	alert_text(&out, &a, false);
	ASSERT_STR(out.data, "1970-01-01 00:00:00.000000Z  INFO  r\n"
			     "  function  ?\n"
			     "  callers   ?  ?\n"
			     "  process   pid 0  uid 0\n");
}

TEST(hostile_text_everywhere)
{
	static const char bad[] = "\x1b[2J\r\n\xe2\x80\xae\xff\xc2\x9b";
	struct text t = { bad, sizeof(bad) };
	struct value list = { .type = VALUE_LIST };
	const char *cmdline[] = { bad };
	struct value item = str_value(t);
	struct sample s;
	size_t lines = 0;

	sample_init(&s);
	list.seq.items = &item;
	list.seq.count = 1;
	s.event.name = s.event.qualname = s.event.file = s.event.module = t;
	s.args[0] = (struct event_arg){ t, str_value(t) };
	s.args[1] = (struct event_arg){ TEXT("key"), list };
	s.args[2] = (struct event_arg){ TEXT("b"), { .type = VALUE_OBJECT, .text = t } };
	s.frames[0].function = s.frames[0].file = t;
	s.rule.name = s.rule.id = (char *)bad;
	s.request = (struct alert_request){ bad, bad, bad, bad, bad, bad, bad, bad, bad, NULL };
	s.alert.process.exe = s.alert.process.python = s.alert.process.container = bad;
	s.alert.process.cmdline = cmdline;
	s.alert.process.nr_cmdline = 1;
	s.alert.host = bad;
	written(&s, false);
	ASSERT(!text_flaw(out.data, out.len));
	ASSERT(!strstr(out.data, "\xe2\x80\xae"));
	for (size_t i = 0; i < out.len; i++)
		lines += out.data[i] == '\n';
	ASSERT_EQ(lines, 13); /* none forged */
}

TEST(colours)
{
	struct sample s;

	sample_init(&s);
	ASSERT_HAS(written(&s, true), "\033[33mWARN\033[0m");
	s.rule.level = RULE_LEVEL_ALERT;
	ASSERT_HAS(written(&s, true), "\033[1;31mALERT\033[0m");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* One alert with something in every field; tests change what they are about. */
#pragma once

#include "alert/alert.h"
#include "base/util.h"
#include "test.h"

struct sample {
	struct alert alert;
	struct rule rule;
	struct event event;
	struct alert_request request;
	struct event_arg args[3];
	struct event_frame frames[2];
	struct rule_value value;
	struct rule_piece pieces[2];
	char *tags[2];
	const char *cmdline[2];
};

static inline struct value str_value(struct text t)
{
	return (struct value){ .type = VALUE_STR, .text = t };
}

static const struct kube_facts sample_pod = {
	"shop", "shop-6c4f.a", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "app", "node-1", NULL
};

static inline void sample_init(struct sample *s)
{
	*s = (struct sample){
		.tags = { (char *)"attack.T1059.006", (char *)"CWE-78" },
		.cmdline = { "python3", "app.py" },
		.pieces = { { false, (char *)"key " }, { true, (char *)"key" } },
		.args = { { TEXT("key"), str_value(TEXT("CLOUD_SECRET_KEY")) },
			  { TEXT("default"), { .type = VALUE_NONE } },
			  { TEXT("context"), { .type = VALUE_OBJECT, .text = TEXT("Context") } } },
		.frames = { { .function = TEXT("call"),
			      .file = TEXT("/srv/runtime.py"),
			      .line = 298 },
			    { .function = TEXT("<module>"), .file = TEXT("/srv/app.py") } },
		.request = { .remote_addr = "203.0.113.9",
			     .method = "POST",
			     .path = "/ssti",
			     .query = "" },
	};
	s->value = (struct rule_value){ (char *)"key", s->pieces, 2 };
	s->rule = (struct rule){ .name = (char *)"Access to Environment Variable",
				 .tags = s->tags,
				 .nr_tags = 2,
				 .level = RULE_LEVEL_WARN,
				 .values = &s->value,
				 .nr_values = 1 };
	s->event = (struct event){ .name = TEXT("getenv"),
				   .qualname = TEXT("getenv"),
				   .file = TEXT("/usr/lib/python3.11/os.py"),
				   .line = 772,
				   .args = s->args,
				   .nr_args = 3,
				   .frames = s->frames,
				   .nr_frames = 2 };
	s->alert = (struct alert){ .id = "019b7ca9-8f2e-7e6b-8123-456789abcdef",
				   .time_ns = 1767323045678901234,
				   .host = "app-7",
				   .rule = &s->rule,
				   .event = &s->event,
				   .process = { .pid = 1234,
						.tid = 1235,
						.ppid = 1,
						.uid = 33,
						.exe = "/usr/bin/python3.11",
						.cmdline = s->cmdline,
						.nr_cmdline = 2,
						.python = "3.11.2" },
				   .request = &s->request,
				   .probe = "usdt",
				   .action = "detect" };
}

/* It stands for so many, of ten seconds. */
static inline void sample_repeat(struct sample *s, uint64_t count)
{
	s->alert.repeated =
		(struct alert_repeated){ count, s->alert.time_ns, s->alert.time_ns + 9999999999 };
}

/*
 * What is wrong with `len` bytes as UTF-8 text of one or more lines without control characters, or
 * NULL.
 */
static inline const char *text_flaw(const char *s, size_t len)
{
	for (size_t pos = 0; pos < len;) {
		unsigned char first = (unsigned char)s[pos];
		uint32_t ch = text_next(s, len, &pos);

		if (ch >= 0xd800 && ch <= 0xdfff)
			return "invalid UTF-8";
		if ((first < 0x20 && first != '\n') || (ch >= 0x7f && ch < 0xa0))
			return "a control character";
	}
	return NULL;
}

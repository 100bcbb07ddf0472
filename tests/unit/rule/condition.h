/* SPDX-License-Identifier: GPL-2.0-only */
/* A match in a request, for conditions to be judged with. */
#pragma once

#include "base/buf.h"
#include "base/util.h"
#include "bpf/abi/limits.h"
#include "event/event.h"
#include "event/request.h"
#include "input/input.h"
#include "rule/rule.h"

#define _cleanup_set_ __attribute__((cleanup(rule_set_fini)))

static int parse(const char *condition, struct rule_set *set)
{
	_cleanup_buf_ struct buf text = { 0 }, messages = { 0 };
	int err;

	buf_printf(&text,
		   "- {list: shells, items: [sh, bash]}\n"
		   "- {list: more, items: [$shells, {suffix: zsh}]}\n"
		   "- {list: none, items: []}\n"
		   "- {name: x, func: f, file: a.py, level: info, condition: {%s}}\n",
		   condition);
	err = rule_set_parse("r.yaml", text.data, text.len, set, &messages);
	if (err)
		fprintf(stderr, "%s", messages.data ? messages.data : "");
	return err;
}

#define STR(s)                                                   \
	{                                                        \
		.type = VALUE_STR, .text = {(s), sizeof(s) - 1 } \
	}

static const uint32_t digits_8080[] = { 8080 };
static struct value argv_items[] = { STR("sh"), STR("-c"), STR("id; ls") };
static struct value address_items[] = {
	STR("10.1.2.3"),
	{ .type = VALUE_INT, .integer = { digits_8080, 1, false } },
};
static struct value dict_items[] = { STR("shell"), { .type = VALUE_BOOL, .boolean = true } };

static struct event_arg args[] = {
	{ TEXT("cmd"), STR("cat /etc/passwd") },
	{ TEXT("path"), STR("/srv/static/..//../etc/./shadow") },
	{ TEXT("up"), STR("../../../etc/passwd") },
	{ TEXT("rel"), STR("etc/passwd") },
	{ TEXT("raw"), { .type = VALUE_BYTES, .text = TEXT("id\xff") } },
	{ TEXT("port"), { .type = VALUE_INT, .integer = { digits_8080, 1, false } } },
	{ TEXT("ratio"), { .type = VALUE_FLOAT, .number = -0.5 } },
	{ TEXT("argv"), { .type = VALUE_LIST, .seq = { argv_items, 3 } } },
	{ TEXT("address"), { .type = VALUE_TUPLE, .seq = { address_items, 2 } } },
	{ TEXT("kw"), { .type = VALUE_DICT, .seq = { dict_items, 2 } } },
	{ TEXT("none"), { .type = VALUE_NONE } },
	{ TEXT("long"), { .type = VALUE_STR, .cut = true, .text = TEXT("/tmp/upload") } },
	{ TEXT("lost"), { .type = VALUE_UNREADABLE } },
	{ TEXT("empty"), STR("") },
};

static struct event_frame frames[] = {
	{ .function = TEXT("run"), .file = TEXT("/usr/lib/python3.11/subprocess.py") },
	{ .function = TEXT("getenv"), .file = TEXT("<frozen os>") },
	{ .function = TEXT("root"), .file = TEXT("<template>") },
	{ .function = TEXT("render"),
	  .file = TEXT("/usr/lib/python3/dist-packages/jinja2/environment.py") },
	{ .function = TEXT("view"), .file = TEXT("/srv/shop/app.py") },
};

static const struct event event = {
	.args = args, .nr_args = ARRAY_SIZE(args), .frames = frames, .nr_frames = ARRAY_SIZE(frames)
};

static const struct alert_request request = { .remote_addr = "203.0.113.9", .path = "/shop/ssti" };

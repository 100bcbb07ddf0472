// SPDX-License-Identifier: GPL-2.0-only
/* A rule file may hold anything: either rules come of it or messages, and never both. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "event/event.h"
#include "event/request.h"
#include "rule/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A match with an argument of each kind that conditions tell apart, and callers. */
static void judge(const struct rule *rule, struct event *ev, uint8_t choice)
{
	static const uint32_t digits[] = { 4444 };
	static struct value items[] = {
		{ .type = VALUE_STR, .text = TEXT("sh") },
		{ .type = VALUE_INT, .integer = { digits, 1, true } },
	};
	const struct value values[] = {
		{ .type = VALUE_NONE },
		{ .type = VALUE_STR, .text = TEXT("/srv/a/../../etc/\xed\xa0\x80/passwd") },
		{ .type = VALUE_STR, .cut = true, .text = TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaab") },
		{ .type = VALUE_BYTES, .text = TEXT("id\xff\0;") },
		{ .type = VALUE_LIST, .seq = { items, 2 } },
		{ .type = VALUE_DICT, .seq = { items, 2 } },
		{ .type = VALUE_FLOAT, .number = -1.5 },
		{ .type = VALUE_UNREADABLE },
	};
	static struct event_frame frames[] = {
		{ .function = TEXT("run"), .file = TEXT("/usr/lib/python3.11/subprocess.py") },
		{ .function = TEXT("…"), .file = TEXT("/srv/…") },
		{ .function = TEXT("root"), .file = TEXT("<template>") },
		{ .function = TEXT(""), .file = { NULL, 0 } },
	};
	const struct alert_request requests[] = {
		{ .remote_addr = "::ffff:10.0.0.1", .path = "/a" },
		{ .remote_addr = "10.0.0.1, 2001:db8::1%1", .path = "" },
		{ .path = NULL },
	};
	unsigned int basis = 0;
	struct event_arg args[] = { { TEXT("key"), values[choice % ARRAY_SIZE(values)] },
				    { TEXT("cmd"), values[choice / 8 % ARRAY_SIZE(values)] } };

	ev->args = args;
	ev->nr_args = ARRAY_SIZE(args);
	ev->frames = frames;
	ev->nr_frames = choice % 5 ? ARRAY_SIZE(frames) : 0;
	ev->stack_cut = choice & 1;
	ev->names_cut = choice & 2;
	ev->args_cut = choice & 4;
	rule_condition_allows(rule, ev, choice % 4 == 3 ? NULL : &requests[choice % 4], &basis);
}

/* Everything that is done with a rule must bear what the reader let through. */
static void use_rule(const struct rule *rule, const struct rule *other)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct phrude_target_key keys[4];
	struct event_arg arg = { TEXT("key"), { .type = VALUE_NONE } };
	struct event ev = { .args = &arg, .nr_args = 1 };

	if (rule_target_keys(rule, keys, 4) == 0 && rule->place_kind != RULE_AUDIT)
		abort();
	if (rule->place_kind == RULE_AUDIT) /* has no function */
		return;
	rule_prefilter_bit(rule);
	ev.name = (struct text){ rule_func_name(rule), strlen(rule_func_name(rule)) };
	ev.qualname = (struct text){ rule->func, strlen(rule->func) };
	if (rule->place_kind == RULE_FILE)
		ev.file = (struct text){ rule->place, strlen(rule->place) };
	else
		ev.module = (struct text){ rule->place, strlen(rule->place) };
	if (!rule_matches(rule, &ev))
		abort();
	rule_matches(other, &ev);
	for (size_t i = 0; i < rule->nr_values; i++)
		rule_value_expand(&rule->values[i], &ev, &out);
	for (size_t i = 0; i < 256; i += 5)
		judge(rule, &ev, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf messages = { 0 };
	struct rule_set set;
	int err;

	err = rule_set_parse("fuzz", (const char *)data, size, &set, &messages);
	if (!err != !messages.len || (err && set.nr_rules))
		abort();
	for (size_t i = 0; i < set.nr_rules && i < 64; i++)
		use_rule(&set.rules[i], &set.rules[set.nr_rules - 1 - i]);
	rule_set_fini(&set);
	return 0;
}

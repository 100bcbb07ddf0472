// SPDX-License-Identifier: GPL-2.0-only
/*
 * What conditions went by.  What is not asked is not named: a match is dismissed for all that are
 * the same in what is.
 */
#include "test.h"

#include "condition.h"

/*
 * Judges a condition with "cat /etc/passwd" for `cmd`, in a request with this query; NULL: in none.
 */
static bool reported(const char *condition, const char *query, unsigned int *basis)
{
	struct event_request_value value = { .field = EV_REQ_QUERY };
	_cleanup_set_ struct rule_set set = { 0 };
	struct alert_request req = { .path = "/" };
	struct event ev = event;
	struct arena arena = { 0 };
	struct inputs inputs;
	bool result;

	*basis = 0;
	if (query) {
		value.text = (struct text){ query, strlen(query) };
		ev.request = (struct event_request){ REQUEST_WSGI, &value, 1 };
		inputs_init(&inputs, &arena, &ev);
		req.inputs = &inputs;
	}
	if (parse(condition, &set))
		return false;
	result = rule_condition_allows(&set.rules[0], &ev, query ? &req : NULL, basis);
	arena_fini(&arena);
	return result;
}

TEST(inputs)
{
	static const struct {
		const char *condition, *query;
		bool reported;
		unsigned int basis;
	} cases[] = {
		{ "arg.cmd: {only: [{input: shell}]}", "f=cat+/etc/passwd", true,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		{ "arg.cmd: {only: [{input: any}]}", "f=/etc/passwd", true,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		{ "arg: {only: [{input: any}]}", "f=/etc/passwd", true,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		{ "arg.cmd: {only: [{input: shell}]}", "f=/etc/passwd", false,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		{ "arg.cmd: {only: [{input: any}]}", "f=passwords", false,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		/*
		 * without a request in sight such a pattern does not fit, which another match may
		 * have
		 */
		{ "arg.cmd: {only: [{input: any}]}", NULL, false,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		{ "arg.cmd: {only: [{not: {input: any}}]}", NULL, true,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		{ "arg.cmd: {allow: [{input: any}]}", "f=/etc/passwd", false,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		{ "except: [{arg.cmd: [{input: any}]}]", "f=/etc/passwd", false,
		  RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		/* what was not captured is decided for reporting, in a request */
		{ "arg.lost: {only: [{input: any}]}", "f=x", true,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		{ "arg.lost: {only: [{input: any}]}", NULL, false,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		/* what excludes the arguments whatever came is all that is gone by */
		{ "arg.cmd: {only: [{input: any, prefix: rm}]}", "f=/etc/passwd", false,
		  RULE_BASIS_ARGS },
		{ "arg.cmd: {only: [{input: any, not: {suffix: wd}}]}", "f=/etc/passwd", false,
		  RULE_BASIS_ARGS },
		{ "arg.cmd: {only: [{input: any, prefix: cat}]}", "f=/etc/passwd", true,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
		{ "arg.cmd: {only: [{input: any}]}, func: {only: [other]}", "f=/etc/passwd", false,
		  RULE_BASIS_ARGS | RULE_BASIS_CALLERS },
		/* a statement means the same, whoever hands it over */
		{ "arg.cmd: {only: [{input: sql}]}", "f=passwords", false,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT },
		/* an allow on arguments decides nothing while a disallow on them is open */
		{ "arg.cmd: {allow: [cat]}, arg: {disallow: [{input: any}]}", "f=/etc/passwd", true,
		  RULE_BASIS_ARGS | RULE_BASIS_INPUT | RULE_BASIS_CALLERS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int basis;

		if (reported(cases[i].condition, cases[i].query, &basis) != cases[i].reported)
			TEST_FAIL("{%s}, %s: wrong verdict", cases[i].condition,
				  cases[i].query ? cases[i].query : "no request");
		if (basis != cases[i].basis)
			TEST_FAIL("{%s}: goes by %#x, not %#x", cases[i].condition, basis,
				  cases[i].basis);
	}
}

TEST(basis)
{
	static const struct {
		const char *condition;
		bool reported;
		unsigned int basis;
	} cases[] = {
		{ "", true, 0 },
		{ "arg.cmd: {allow: [passwd]}", false, RULE_BASIS_ARGS },
		{ "arg.cmd: {only: [shadow]}", false, RULE_BASIS_ARGS },
		{ "arg.cmd: {only: [shadow]}, func: {disallow: [root]}", false, RULE_BASIS_ARGS },
		{ "func: {allow: [view]}, arg.cmd: {allow: [passwd]}", false, RULE_BASIS_ARGS },
		{ "func: {disallow: [other]}, arg.cmd: {allow: [passwd]}", false,
		  RULE_BASIS_ARGS | RULE_BASIS_CALLERS },
		{ "func: {only: [other]}", false, RULE_BASIS_CALLERS },
		{ "caller: {allow: [run]}", false, RULE_BASIS_CALLERS },
		{ "app_caller: {allow: [root]}, request_path: {allow: [/]}", false,
		  RULE_BASIS_CALLERS },
		{ "func: {allow: [view]}, remote_addr: {disallow: [10.0.0.1]}", false,
		  RULE_BASIS_CALLERS | RULE_BASIS_REQUEST },
		{ "request_path: {allow: [/shop]}", false, RULE_BASIS_REQUEST },
		{ "except: [{arg.cmd: [passwd]}]", false, RULE_BASIS_ARGS },
		{ "except: [{arg.cmd: [shadow], func: [view]}, {arg.cmd: [passwd]}]", false,
		  RULE_BASIS_ARGS },
		{ "except: [{arg.cmd: [passwd], func: [view]}]", false,
		  RULE_BASIS_ARGS | RULE_BASIS_CALLERS },
		{ "except: [{remote_addr: [203.0.113.9]}]", false, RULE_BASIS_REQUEST },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_set_ struct rule_set set = { 0 };
		unsigned int basis = 0;

		ASSERT_EQ(parse(cases[i].condition, &set), 0);
		if (rule_condition_allows(&set.rules[0], &event, &request, &basis) !=
		    cases[i].reported)
			TEST_FAIL("{%s}: wrong verdict", cases[i].condition);
		if (!cases[i].reported && basis != cases[i].basis)
			TEST_FAIL("{%s}: goes by %#x, not %#x", cases[i].condition, basis,
				  cases[i].basis);
	}
}

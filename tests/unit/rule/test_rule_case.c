// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>

#include "base/util.h"
#include "rule/rule_case.h"

TEST(every_key)
{
	static const char text[] = "- rule: env\n"
				   "  name: a secret\n"
				   "  fires: import os\n"
				   "  setup: x = 1\n"
				   "  files: {a/b.py: '', c.txt: text}\n"
				   "  args: {key: SECRET, default: None}\n"
				   "  needs: [flask, jinja2]\n"
				   "  python: '>=3.9, <3.13'\n"
				   "- {rule: env, silent: pass}\n";
	struct rule_case_set set;
	struct buf messages = { 0 };
	const struct rule_case *c;

	ASSERT_EQ(rule_case_set_parse("t.yaml", text, sizeof(text) - 1, &set, &messages), 0);
	ASSERT_EQ(set.nr_cases, 2);
	c = &set.cases[0];
	ASSERT_STR(c->rule, "env");
	ASSERT_STR(c->name, "a secret");
	ASSERT(c->fires);
	ASSERT_STR(c->code, "import os");
	ASSERT_STR(c->setup, "x = 1");
	ASSERT_EQ(c->nr_files, 2);
	ASSERT_STR(c->files[0].name, "a/b.py");
	ASSERT_STR(c->files[0].text, "");
	ASSERT_EQ(c->nr_args, 2);
	ASSERT_STR(c->args[1].text, "None");
	ASSERT_EQ(c->nr_needs, 2);
	ASSERT_STR(c->python, ">=3.9, <3.13");
	ASSERT_STR(c->path, "t.yaml");
	ASSERT_EQ(c->line, 1);
	ASSERT(!set.cases[1].fires);
	rule_case_set_fini(&set);
	buf_fini(&messages);
}

TEST(errors)
{
	static const struct {
		const char *text, *messages;
	} cases[] = {
		{ "", "t.yaml:1:1: the file has no test cases\n" },
		{ "rule: x\n",
		  "t.yaml:1:1: a file of test cases is a list (\"- rule: ...\"), not a "
		  "mapping\n" },
		{ "- x\n", "t.yaml:1:3: a test case must be a mapping, not text\n" },
		{ "- {fires: a, silent: b}\n",
		  "t.yaml:1:3: the case has no `rule`\n"
		  "t.yaml:1:3: a case has either `fires` or `silent`, the Python that is run\n" },
		{ "- {rule: x}\n",
		  "t.yaml:1:3: a case has either `fires` or `silent`, the Python that is run\n" },
		{ "- {rule: x, silent: a, args: {b: c}}\n",
		  "t.yaml:1:24: `args` beside `silent`: there is no alert\n" },
		{ "- {rule: x, fire: a}\n",
		  "t.yaml:1:3: a case has either `fires` or `silent`, the Python that is run\n"
		  "t.yaml:1:13: unknown key `fire` in a test case; did you mean `fires`?\n" },
		{ "- {rule: x, fires: a, files: {../b: c}}\n",
		  "t.yaml:1:30: `../b` in `files` must be a path below the case's own "
		  "directory\n" },
		{ "- {rule: x, fires: a, python: 3.9}\n",
		  "t.yaml:1:31: `3.9` is no bound on versions, as `>=3.9,<3.13` is\n" },
		{ "- {rule: x, fires: a, python: '>=3.9,'}\n",
		  "t.yaml:1:31: `>=3.9,` is no bound on versions, as `>=3.9,<3.13` is\n" },
		{ "- {rule: x, fires: a, args: {b: [c]}}\n",
		  "t.yaml:1:33: what stands in `args` must be text, not a list\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule_case_set set;
		_cleanup_buf_ struct buf messages = { 0 };

		ASSERT_EQ(rule_case_set_parse("t.yaml", cases[i].text, strlen(cases[i].text), &set,
					      &messages),
			  -EINVAL);
		ASSERT_STR(messages.data, cases[i].messages);
	}
}

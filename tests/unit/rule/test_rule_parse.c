// SPDX-License-Identifier: GPL-2.0-only
/* What well-formed rule files hold. */
#include "test.h"

#include <errno.h>

#include "base/buf.h"
#include "base/util.h"
#include "rule/rule.h"

#define _cleanup_set_ __attribute__((cleanup(rule_set_fini)))

static int parse(const char *text, struct rule_set *set)
{
	_cleanup_buf_ struct buf messages = { 0 };
	int err = rule_set_parse("r.yaml", text, strlen(text), set, &messages);

	if (err)
		fprintf(stderr, "%s", messages.data ? messages.data : "");
	return err;
}

TEST(every_key)
{
	_cleanup_set_ struct rule_set set = { 0 };
	const struct rule *r;

	ASSERT_EQ(parse("# the rules of a shop\n"
			"- name: Access to Environment Variable\n"
			"  func: getenv\n"
			"  file: os.py\n"
			"  value:\n"
			"    key: \"$func_args[key]\"\n"
			"    \"zu sehen\": 'got $func_args[key] or $func_args[default]!'\n"
			"    a: $HOME\n"
			"  level: warn\n"
			"  id: 17\n"
			"  description: >\n"
			"    Keys leave\n"
			"    this way.\n"
			"  tags: [attack.T1552.007, CWE-78]\n"
			"  enabled: yes\n",
			&set),
		  0);
	ASSERT_EQ(set.nr_rules, 1);
	r = &set.rules[0];
	ASSERT_STR(r->name, "Access to Environment Variable");
	ASSERT_STR(r->func, "getenv");
	ASSERT_EQ(r->place_kind, RULE_FILE);
	ASSERT_STR(r->place, "os.py");
	ASSERT_EQ(r->level, RULE_LEVEL_WARN);
	ASSERT_STR(r->id, "17");
	ASSERT_STR(r->description, "Keys leave this way.\n");
	ASSERT_EQ(r->nr_tags, 2);
	ASSERT_STR(r->tags[0], "attack.T1552.007");
	ASSERT_STR(r->tags[1], "CWE-78");
	ASSERT(r->enabled);
	ASSERT_STR(r->path, "r.yaml");
	ASSERT_EQ(r->line, 2);
	ASSERT_EQ(r->column, 3);

	/* in the file's order */
	ASSERT_EQ(r->nr_values, 3);
	ASSERT_STR(r->values[0].label, "key");
	ASSERT_EQ(r->values[0].nr_pieces, 1);
	ASSERT(r->values[0].pieces[0].is_arg);
	ASSERT_STR(r->values[0].pieces[0].text, "key");
	ASSERT_STR(r->values[1].label, "zu sehen");
	ASSERT_EQ(r->values[1].nr_pieces, 5);
	ASSERT(!r->values[1].pieces[0].is_arg);
	ASSERT_STR(r->values[1].pieces[0].text, "got ");
	ASSERT(r->values[1].pieces[3].is_arg);
	ASSERT_STR(r->values[1].pieces[3].text, "default");
	ASSERT_STR(r->values[1].pieces[4].text, "!");
	ASSERT_STR(r->values[2].label, "a");
	ASSERT_STR(r->values[2].pieces[0].text, "$HOME");
}

TEST(least_keys)
{
	_cleanup_set_ struct rule_set set = { 0 };

	ASSERT_EQ(parse("- {name: x, func: system, module: posix, level: alert}", &set), 0);
	ASSERT_EQ(set.nr_rules, 1);
	ASSERT_EQ(set.rules[0].place_kind, RULE_MODULE);
	ASSERT_STR(set.rules[0].place, "posix");
	ASSERT(!set.rules[0].id);
	ASSERT(!set.rules[0].description);
	ASSERT_EQ(set.rules[0].nr_tags, 0);
	ASSERT_EQ(set.rules[0].nr_values, 0);
	ASSERT(set.rules[0].enabled);
}

TEST(order_and_disabled)
{
	_cleanup_set_ struct rule_set set = { 0 };

	ASSERT_EQ(parse("- {name: a, func: f, file: x.py, level: info}\n"
			"- {name: b, func: f, file: x.py, level: info, enabled: false}\n"
			"- {name: c, func: f, file: x.py, level: info, enabled: true}\n",
			&set),
		  0);
	ASSERT_EQ(set.nr_rules, 2);
	ASSERT_STR(set.rules[0].name, "a");
	ASSERT_STR(set.rules[1].name, "c");
}

TEST(accepted)
{
	static const char *const cases[] = {
		/* a condition that demands nothing */
		"- {name: x, func: f, file: a.py, level: info, condition: }",
		"- {name: x, func: f, file: a.py, level: info, condition: {}}",
		"- {name: x, func: f, file: a.py, level: info, condition: {arg: , func: {allow: "
		"[]}, "
		"request_path: {allow: , disallow: []}, remote_addr: {}}}",
		/* nothing where a container may be */
		"- {name: x, func: f, file: a.py, level: info, tags: , value: }",
		"- {name: x, func: f, file: a.py, level: info, tags: [], value: {}}",
		/* names as CPython writes them */
		"- {name: x, func: <lambda>, file: <string>, level: info}",
		"- {name: x, func: outer.<locals>.inner, file: a.py, level: info}",
		/* other spellings of a file */
		"\xef\xbb\xbf- name: x\r\n  func: f\r\n  file: a.py\r\n  level: info\r\n",
		"%YAML 1.1\n---\n- {name: x, func: f, file: a.py, level: info}\n...\n",
		"- {name: !!str x, func: !!str yes, file: a.py, level: info, enabled: !!bool on}",
		"- {name: 'null', func: \"true\", file: a.py, level: info}",
		"- {name: x, func: f, file: a.py, level: info, value: {a: '$', b: "
		"'$$func_args[k]', c: 'a[0] $ [1] ${x}'}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_set_ struct rule_set set = { 0 };

		if (parse(cases[i], &set) || set.nr_rules != 1)
			TEST_FAIL("case %zu: %zu rules from %s", i, set.nr_rules, cases[i]);
		ASSERT_STR(set.rules[0].path, "r.yaml");
	}
}

TEST(aliases)
{
	_cleanup_set_ struct rule_set set = { 0 };

	ASSERT_EQ(parse("- name: a\n"
			"  func: &f open\n"
			"  file: &p io.py\n"
			"  level: info\n"
			"  tags: &t [one, two]\n"
			"  value: &v {k: '$func_args[file]'}\n"
			"- {name: b, func: *f, file: *p, level: warn, tags: *t, value: *v}\n",
			&set),
		  0);
	ASSERT_EQ(set.nr_rules, 2);
	ASSERT_STR(set.rules[1].func, "open");
	ASSERT_STR(set.rules[1].place, "io.py");
	ASSERT_EQ(set.rules[1].nr_tags, 2);
	ASSERT_STR(set.rules[1].tags[1], "two");
	ASSERT_STR(set.rules[1].values[0].pieces[0].text, "file");
}

TEST(many_rules)
{
	_cleanup_set_ struct rule_set set = { 0 };
	_cleanup_buf_ struct buf text = { 0 };

	for (int i = 0; i < 1000; i++)
		buf_printf(&text, "- {name: r%d, func: f, file: a.py, level: info}\n", i);
	ASSERT_EQ(parse(text.data, &set), 0);
	ASSERT_EQ(set.nr_rules, 1000);
	ASSERT_STR(set.rules[999].name, "r999");
	ASSERT_EQ(set.rules[999].line, 1000);
}

TEST(level_names)
{
	ASSERT_STR(rule_level_name(RULE_LEVEL_INFO), "info");
	ASSERT_STR(rule_level_name(RULE_LEVEL_WARN), "warn");
	ASSERT_STR(rule_level_name(RULE_LEVEL_ALERT), "alert");
}

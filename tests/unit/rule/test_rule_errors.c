// SPDX-License-Identifier: GPL-2.0-only
/* Every sentence that a wrong rule file can draw, with its position. */
#include "test.h"

#include <errno.h>

#include "base/buf.h"
#include "base/util.h"
#include "rule/rule.h"

struct error_case {
	const char *text;
	const char *messages;
};

/* Returns what rule_set_parse() does. */
static int parse(const char *text, size_t len, struct buf *messages)
{
	struct rule_set set;
	int err = rule_set_parse("r.yaml", text, len, &set, messages);

	rule_set_fini(&set);
	return err;
}

static void check_cases(const struct error_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct error_case *c = &cases[i];
		_cleanup_buf_ struct buf messages = { 0 };
		int err = parse(c->text, strlen(c->text), &messages);

		if (err != -EINVAL)
			TEST_FAIL("case %zu: returned %d for:\n%s", i, err, c->text);
		if (!messages.data || !str_eq(messages.data, c->messages))
			TEST_FAIL("case %zu:\n%s\n--- is:\n%s--- expected:\n%s", i, c->text,
				  messages.data ? messages.data : "", c->messages);
	}
}

TEST(keys)
{
	static const struct error_case cases[] = {
		{ "- name: x\n  func: f\n  file: a.py\n  levle: info\n",
		  "r.yaml:1:3: rule `x` has no `level`\n"
		  "r.yaml:4:3: unknown key `levle` in a rule; did you mean `level`?\n" },
		{ "- {name: x, function: f, file: a.py, level: info}\n",
		  "r.yaml:1:3: rule `x` has no `func`\n"
		  "r.yaml:1:13: unknown key `function` in a rule; did you mean `func`?\n" },
		{ "- {name: x, func: f, file: a.py, level: info, severity: 3}\n",
		  "r.yaml:1:47: unknown key `severity` in a rule; valid keys are `name`, `func`, "
		  "`file`, `module`, `audit`, "
		  "`level`, `value`, `condition`, `id`, `description`, `tags` and `enabled`\n" },
		{ "- {name: x, func: f, file: a.py, level: info, <<: {}}\n",
		  "r.yaml:1:47: unknown key `<<` in a rule; valid keys are `name`, `func`, `file`, "
		  "`module`, `audit`, "
		  "`level`, `value`, `condition`, `id`, `description`, `tags` and `enabled`\n" },
		{ "- name: x\n  func: f\n  file: a.py\n  level: info\n  name: y\n",
		  "r.yaml:5:3: key `name` is given twice, first at line 1\n" },
		{ "- {name: x, func: f, file: a.py, level: info, [a]: b}\n",
		  "r.yaml:1:47: a key of a rule must be text, not a list\n" },
		{ "- level: info\n",
		  "r.yaml:1:3: the rule has no `name`\n"
		  "r.yaml:1:3: the rule has none of `file`, `module` and `audit`\n"
		  "r.yaml:1:3: the rule has no `func`\n" },
		{ "- {name: x, func: f, file: a.py, module: os, level: info}\n",
		  "r.yaml:1:34: `module` beside `file`: a rule has exactly one of `file`, `module` "
		  "and `audit`\n" },
		{ "- {name: x, audit: os.system, func: f, level: info}\n",
		  "r.yaml:1:31: `func` beside `audit`: an audit event has no function\n" },
		{ "- {name: x, audit: os system, level: info}\n",
		  "r.yaml:1:20: `os system` in `audit` is not a name: it holds ` `\n" },
		/* é is two bytes, one column */
		{ "- {name: \"é\", fnuc: f, file: a.py, level: info}\n",
		  "r.yaml:1:3: rule `é` has no `func`\n"
		  "r.yaml:1:15: unknown key `fnuc` in a rule; did you mean `func`?\n" },
	};

	check_cases(cases, ARRAY_SIZE(cases));
}

#define RULE_WITH(entry) "- {name: x, func: f, file: a.py, level: info, " entry "}\n"

TEST(values)
{
	static const struct error_case cases[] = {
		{ "- {name: x, func: f, file: a.py, level: wran}\n",
		  "r.yaml:1:41: unknown level `wran`; did you mean `warn`?\n" },
		{ "- {name: x, func: f, file: a.py, level: INFO}\n",
		  "r.yaml:1:41: unknown level `INFO`; did you mean `info`?\n" },
		{ "- {name: x, func: f, file: a.py, level: 7}\n",
		  "r.yaml:1:41: unknown level `7`; valid levels are `info`, `warn` and `alert`\n" },
		{ "- name: x\n  func:\n  file: ''\n  level: ~\n",
		  "r.yaml:2:3: `func` is empty\n"
		  "r.yaml:3:9: `file` is empty\n"
		  "r.yaml:4:3: `level` is empty\n" },
		{ "- {name: [x], func: {a: b}, file: a.py, level: '  '}\n",
		  "r.yaml:1:10: `name` must be text, not a list\n"
		  "r.yaml:1:21: `func` must be text, not a mapping\n"
		  "r.yaml:1:48: `level` is empty\n" },
		{ "- {name: \"a\\0b\", func: f, file: a.py, level: info}\n",
		  "r.yaml:1:10: `name` holds a NUL character\n" },
		{ "- {name: x, func: a..b, file: a.py, level: info}\n",
		  "r.yaml:1:19: `a..b` in `func` has an empty part beside a dot\n" },
		{ "- {name: x, func: .b, file: a.py, level: info}\n",
		  "r.yaml:1:19: `.b` in `func` has an empty part beside a dot\n" },
		{ "- {name: x, func: b., file: a.py, level: info}\n",
		  "r.yaml:1:19: `b.` in `func` has an empty part beside a dot\n" },
		{ "- {name: x, func: getenv(), file: a.py, level: info}\n",
		  "r.yaml:1:19: `getenv()` in `func` is not a name: it holds `(`\n" },
		{ "- {name: x, func: f, module: a b, level: info}\n",
		  "r.yaml:1:30: `a b` in `module` is not a name: it holds ` `\n" },
		{ "- {name: x, func: f, file: lib/, level: info}\n",
		  "r.yaml:1:28: `lib/` in `file` ends in a slash: it must name a file\n" },
		{ RULE_WITH("enabled: maybe"),
		  "r.yaml:1:56: `enabled` must be true or false, not the text `maybe`\n" },
		{ RULE_WITH("enabled: 'true'"),
		  "r.yaml:1:56: `enabled` must be true or false, not the text `true`\n" },
		{ RULE_WITH("tags: CWE-78"), "r.yaml:1:53: `tags` must be a list, not text\n" },
		{ RULE_WITH("tags: [a, [b], '', {c: d}]"),
		  "r.yaml:1:57: a tag must be text, not a list\n"
		  "r.yaml:1:62: `tags` is empty\n"
		  "r.yaml:1:66: a tag must be text, not a mapping\n" },
		{ RULE_WITH("id: ''"), "r.yaml:1:51: `id` is empty\n" },
		{ RULE_WITH("description: ''"), "r.yaml:1:60: `description` is empty\n" },
		{ RULE_WITH("id: !py/x a"), "r.yaml:1:51: YAML tag `!py/x` is not supported\n" },
		{ RULE_WITH("tags: !t [a]"), "r.yaml:1:53: YAML tag `!t` is not supported\n" },
		/* one line whatever the file holds */
		{ "- {name: x, func: f, file: a.py, level: \"a\\n\\e[1m\"}\n",
		  "r.yaml:1:41: unknown level `a\\n\\x1b[1m`; valid levels are `info`, `warn` and "
		  "`alert`\n" },
	};

	check_cases(cases, ARRAY_SIZE(cases));
}

TEST(templates)
{
	static const struct error_case cases[] = {
		{ RULE_WITH("value: text"), "r.yaml:1:54: `value` must be a mapping, not text\n" },
		{ RULE_WITH("value: {k: '$func_args[key'}"),
		  "r.yaml:1:58: template of `k`: `$func_args[` without a `]`\n" },
		{ RULE_WITH("value: {k: 'a $func_args[] b'}"),
		  "r.yaml:1:58: template of `k`: `$func_args[]` names no argument\n" },
		{ RULE_WITH("value: {k: '$func_args[a $func_args[b]'}"),
		  "r.yaml:1:58: template of `k`: `a $func_args[b` is not the name of an "
		  "argument\n" },
		{ RULE_WITH("value: {k: '$func_args.key'}"),
		  "r.yaml:1:58: template of `k`: `$func_args` lacks its `[NAME]`\n" },
		{ RULE_WITH("value: {k: 'x $func_arg[key]'}"),
		  "r.yaml:1:58: template of `k`: unknown reference `$func_arg`; only "
		  "`$func_args[NAME]` is known\n" },
		{ RULE_WITH("value: {k: a, k: b}"),
		  "r.yaml:1:61: label `k` is given twice in `value`\n" },
		{ RULE_WITH("value: {k: [a], l: '', m: , [n]: o}"),
		  "r.yaml:1:58: `k` must be text, not a list\n"
		  "r.yaml:1:66: `l` is empty\n"
		  "r.yaml:1:70: `m` is empty\n"
		  "r.yaml:1:75: a label in `value` must be text, not a list\n" },
		{ RULE_WITH("value: {'': a, ~: b}"), "r.yaml:1:55: a label in `value` is empty\n"
						     "r.yaml:1:62: a label in `value` is empty\n" },
	};

	check_cases(cases, ARRAY_SIZE(cases));
}

TEST(conditions)
{
	static const struct error_case cases[] = {
		{ RULE_WITH("condition: [arg]"),
		  "r.yaml:1:58: `condition` must be a mapping, not a list\n" },
		{ RULE_WITH("condition: {args: {allow: [a]}}"),
		  "r.yaml:1:59: unknown key `args` in `condition`; did you mean `arg`?\n" },
		{ RULE_WITH("condition: {remote_addr: {alow: [a]}}"),
		  "r.yaml:1:73: unknown key `alow` in `remote_addr`; did you mean `allow`?\n" },
		{ RULE_WITH("condition: {arg: [a], func: {allow: b}}"),
		  "r.yaml:1:64: `arg` must be a mapping, not a list\n"
		  "r.yaml:1:83: `allow` must be a list, not text\n" },
		{ RULE_WITH("condition: {arg: {allow: [a, [b], '']}}"),
		  "r.yaml:1:76: `allow` must be text, not a list\n"
		  "r.yaml:1:81: `allow` is empty\n" },
		{ RULE_WITH("condition: {arg.: {allow: [a]}, arg.a: {allow: [b]}, "
			    "arg.a: {only: [c]}, arg.b: {alow: [x]}}"),
		  "r.yaml:1:59: unknown key `arg.` in `condition`; did you mean `arg`?\n"
		  "r.yaml:1:100: key `arg.a` is given twice, first at line 1\n"
		  "r.yaml:1:128: unknown key `alow` in `arg.b`; did you mean `allow`?\n" },
		{ RULE_WITH("condition: {'arg.a[': {}, 'arg.[0]': {}, 'arg.a b': {}}"),
		  "r.yaml:1:59: `arg.a[` names no argument: write `arg.NAME` or "
		  "`arg.NAME[INDEX]`\n"
		  "r.yaml:1:73: `arg.[0]` names no argument: write `arg.NAME` or "
		  "`arg.NAME[INDEX]`\n"
		  "r.yaml:1:88: `arg.a b` names no argument: write `arg.NAME` or "
		  "`arg.NAME[INDEX]`\n" },
		{ RULE_WITH("condition: {except: [{}, a, {arg: {allow: [b]}}, {except: []}]}"),
		  "r.yaml:1:68: a case of `except` must be a mapping of subjects to lists, not "
		  "empty\n"
		  "r.yaml:1:72: a case of `except` must be a mapping of subjects to lists, not "
		  "text\n"
		  "r.yaml:1:81: `arg` must be a list, not a mapping\n"
		  "r.yaml:1:97: unknown key `except` in a case of `except`; valid keys are `arg`, "
		  "`arg.NAME`, `func`, `caller`, `app_caller`, `remote_addr` and "
		  "`request_path`\n" },
	};

	check_cases(cases, ARRAY_SIZE(cases));
}

#define PATTERNS(subject, list) RULE_WITH("condition: {" subject ": {allow: " list "}}")

TEST(inputs)
{
	static const struct error_case cases[] = {
		{ PATTERNS("arg.a", "[{input: shel}]"),
		  "r.yaml:1:83: unknown kind of input `shel`; did you mean `shell`?\n" },
		{ PATTERNS("arg", "[{input: [shell]}]"),
		  "r.yaml:1:81: `input` must be text, not a list\n" },
		{ PATTERNS("request_path", "[{input: any}]"),
		  "r.yaml:1:83: `input` does not go with this subject: it is for arguments\n" },
		{ PATTERNS("caller", "[{not: {input: any}}]"),
		  "r.yaml:1:83: `input` does not go with this subject: it is for arguments\n" },
	};

	check_cases(cases, ARRAY_SIZE(cases));
}

TEST(patterns)
{
	static const struct error_case cases[] = {
		{ PATTERNS("arg", "[{prefx: a}, {}, {regex: '('}, {glob: [a]}]"),
		  "r.yaml:1:74: unknown key `prefx` in a pattern; did you mean `prefix`?\n"
		  "r.yaml:1:85: a pattern without an operator\n"
		  "r.yaml:1:97: `(` is no regular expression: missing closing parenthesis, behind "
		  "its first 1 bytes\n"
		  "r.yaml:1:110: `glob` must be text, not a list\n" },
		{ PATTERNS("arg", "[{gt: big}, {le: 1e999}, {under: etc}, {contains: ''}]"),
		  "r.yaml:1:78: `gt` takes a number, not `big`\n"
		  "r.yaml:1:89: `le` takes a number, not `1e999`\n"
		  "r.yaml:1:105: `under` takes a path from the root, which `etc` is not\n"
		  "r.yaml:1:122: `contains` is empty\n" },
		{ PATTERNS("arg", "[{file: a.py}, {not: []}, {not: {fil: b}}]"),
		  "r.yaml:1:74: `file` does not go with this subject: it is for callers\n"
		  "r.yaml:1:93: `not` is empty\n"
		  "r.yaml:1:105: unknown key `fil` in a pattern; did you mean `file`?\n" },
		{ PATTERNS("arg", "[{called_by: f}]"),
		  "r.yaml:1:74: `called_by` does not go with this subject: it is for callers\n" },
		{ PATTERNS("func", "[{called_by: []}]"), "r.yaml:1:86: `called_by` is empty\n" },
		{ PATTERNS("func", "[{gt: 1}, f@, {file: {gt: 1}}]"),
		  "r.yaml:1:75: `gt` does not go with this subject: it is for texts\n"
		  "r.yaml:1:83: `f@` names no file behind the `@`\n"
		  "r.yaml:1:95: `gt` does not go with this subject: it is for texts\n" },
		{ PATTERNS("remote_addr", "[10.0.0.0/33, 10.0.0.0/8, 300.1.1.1, fe80::/10]"),
		  "r.yaml:1:81: `10.0.0.0/33` is no range of addresses, as `192.0.2.0/24` or "
		  "`2001:db8::/32` are\n" },
	};

	check_cases(cases, ARRAY_SIZE(cases));
}

TEST(lists)
{
	static const struct error_case cases[] = {
		{ "- list: internal\n  items: [a]\n" PATTERNS("arg", "[$intrnal, $other]"),
		  "r.yaml:3:73: there is no list `$intrnal`; did you mean `$internal`?\n"
		  "r.yaml:3:83: there is no list `$other`; text that looks so is written "
		  "`{contains: $other}`\n" },
		{ "- list: a b\n  items: [a]\n- list: c\n- list: c\n  items: x\n  itmes: []\n",
		  "r.yaml:1:9: `a b` is not a name for a list: letters, digits, `_` and `-` are\n"
		  "r.yaml:3:3: the list has no `items`\n"
		  "r.yaml:4:3: there is a list `c` already at r.yaml:3:3\n"
		  "r.yaml:5:10: `items` must be a list, not text\n"
		  "r.yaml:6:3: unknown key `itmes` in a list; did you mean `items`?\n" },
		{ "- {list: a, items: [$b]}\n- {list: b, items: [$a]}\n" PATTERNS("arg", "[$a]"),
		  "r.yaml:2:21: list `a` holds itself\n" },
		/* said where it stands, however often it is used */
		{ "- {list: a, items: [{gt: x}]}\n" PATTERNS("arg", "[$a, $a]"),
		  "r.yaml:1:26: `gt` takes a number, not `x`\n" },
	};

	check_cases(cases, ARRAY_SIZE(cases));
}

#define GOOD "- {name: good, func: f, file: a.py, level: info}\n"

TEST(documents)
{
	static const struct error_case cases[] = {
		{ "", "r.yaml:1:1: the file has no rules\n" },
		{ "# nothing\n", "r.yaml:1:1: the file has no rules\n" },
		{ "---\n", "r.yaml:2:1: the file has no rules\n" },
		{ "[]\n", "r.yaml:1:1: the file has no rules\n" },
		{ "rules:\n- name: x\n",
		  "r.yaml:1:1: a rule file is a list of rules (\"- name: ...\"), not a mapping\n" },
		{ "hello\n",
		  "r.yaml:1:1: a rule file is a list of rules (\"- name: ...\"), not text\n" },
		{ "- text\n-\n- []\n", "r.yaml:1:3: a rule must be a mapping, not text\n"
				       "r.yaml:2:2: a rule must be a mapping, not empty\n"
				       "r.yaml:3:3: a rule must be a mapping, not a list\n" },
		{ GOOD "---\n- name: y\n",
		  "r.yaml:2:1: a second YAML document: there may be one in a file\n" },
		/* what stands before a syntax error is checked, what it cuts is not */
		{ "- {name: x, func: f, file: a.py, level: inof}\n- name: y\n  func: [a\n- name: "
		  "z\n",
		  "r.yaml:1:41: unknown level `inof`; did you mean `info`?\n"
		  "r.yaml:4:7: invalid YAML: did not find expected ',' or ']', while parsing a "
		  "flow sequence that starts at line 3\n" },
		{ "- name: x\n\tfunc: f\n",
		  "r.yaml:2:1: invalid YAML: found a tab character that violates indentation, "
		  "while scanning a plain scalar that starts at line 1\n" },
		{ "- name: a: b\n",
		  "r.yaml:1:10: invalid YAML: mapping values are not allowed in this context\n" },
		{ "- *none\n", "r.yaml:1:3: alias `*none` has no anchor before it\n" },
		{ "- &a [*a]\n", "r.yaml:1:7: alias `*a` stands inside its own anchor\n" },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n",
		  "r.yaml:1:33: nested more than 32 levels deep\n" },
		/* characters */
		{ "- {name: x, func: f, file: a.py, level: inof}\n- name: \"\xff\"\n",
		  "r.yaml:1:41: unknown level `inof`; did you mean `info`?\n"
		  "r.yaml:2:10: not valid UTF-8: byte 0xff\n" },
		{ "- name: \xed\xa0\x80\n", "r.yaml:1:9: not valid UTF-8: byte 0xed\n" },
		{ GOOD "\r\n# \xc3\xa9\x01\n",
		  "r.yaml:3:4: character U+0001 is not allowed in YAML\n" },
		{ "\xef\xbb\xbf- name: x\r\n  func: f\r\n  file: a.py\r\n  level: inof\r\n",
		  "r.yaml:4:10: unknown level `inof`; did you mean `info`?\n" },
	};

	check_cases(cases, ARRAY_SIZE(cases));
}

TEST(nul)
{
	static const char utf16[] = "\xff\xfe-\0", nul[] = GOOD "# \0 x";
	_cleanup_buf_ struct buf messages = { 0 };

	ASSERT_EQ(parse(utf16, sizeof(utf16) - 1, &messages), -EINVAL);
	ASSERT_EQ(parse(nul, sizeof(nul) - 1, &messages), -EINVAL);
	ASSERT_STR(messages.data, "r.yaml:1:1: not valid UTF-8: byte 0xff\n"
				  "r.yaml:2:3: character U+0000 is not allowed in YAML\n");
}

TEST(names)
{
	static const struct error_case cases[] = {
		{ GOOD GOOD, "r.yaml:2:10: rule name `good` is used already at r.yaml:1:10\n" },
		/* a disabled rule's name is taken, too, and so is a wrong one's */
		{ "- {name: good, func: f, file: a.py, level: info, enabled: no}\n" GOOD,
		  "r.yaml:2:10: rule name `good` is used already at r.yaml:1:10\n" },
		{ "- {name: good, func: f, file: a.py, level: inof}\n" GOOD,
		  "r.yaml:1:44: unknown level `inof`; did you mean `info`?\n"
		  "r.yaml:2:10: rule name `good` is used already at r.yaml:1:10\n" },
		{ "- &a {name: good, func: f, file: a.py, level: info}\n- *a\n",
		  "r.yaml:1:13: rule name `good` is used already at r.yaml:1:13\n" },
	};

	check_cases(cases, ARRAY_SIZE(cases));
}

/* One rule whose `key` is `n` times `unit`, then the suffix. */
static int parse_long(const char *key, const char *unit, size_t n, const char *suffix,
		      struct buf *messages)
{
	_cleanup_buf_ struct buf text = { 0 };

	buf_printf(&text, "- {name: x, level: info, %s, %s: '",
		   str_eq(key, "func") ? "file: a.py" : "func: f", key);
	while (n--)
		buf_adds(&text, unit);
	buf_printf(&text, "%s'}\n", suffix);
	return parse(text.data, text.len, messages);
}

TEST(lengths)
{
	static const struct {
		const char *key, *unit, *suffix;
		size_t n;
		const char *message; /* the end of it; NULL: none */
	} cases[] = {
		{ "func", "é", "", 128, NULL },
		{ "func", "é", "", 129,
		  "` in `func` has 129 characters, the most that can be matched is 128\n" },
		{ "func", "C.", "f", 127, NULL },
		{ "func", "C.", "f", 128,
		  "` in `func` has 257 characters, the most that can be matched is 256\n" },
		{ "file", "é", ".py", 252, NULL },
		{ "file", "é", ".py", 253,
		  "` in `file` has 256 characters, the most that can be matched is 255\n" },
		{ "module", "m", "", 256, NULL },
		{ "module", "m", "", 257,
		  "` in `module` has 257 characters, the most that can be matched is 256\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf messages = { 0 };
		int err = parse_long(cases[i].key, cases[i].unit, cases[i].n, cases[i].suffix,
				     &messages);

		if (!cases[i].message) {
			ASSERT_EQ(err, 0);
			ASSERT_EQ(messages.len, 0);
			continue;
		}
		ASSERT_EQ(err, -EINVAL);
		ASSERT_HAS(messages.data, cases[i].message);
		/* quoted in part only */
		ASSERT_HAS(messages.data, "…`");
		ASSERT(messages.len < 400);
	}
}

/* `head`, then `unit` n times, then `tail`. */
static int parse_repeated(const char *head, const char *unit, size_t n, const char *tail,
			  struct buf *messages)
{
	_cleanup_buf_ struct buf text = { 0 };

	buf_adds(&text, head);
	while (n--)
		buf_adds(&text, unit);
	buf_adds(&text, tail);
	return parse(text.data, text.len, messages);
}

TEST(bounds)
{
	_cleanup_buf_ struct buf bomb = { 0 }, messages = { 0 };
	size_t lines = 0;

	/* a0 is 10 texts, each next level ten of the one before: 10^20 in the end */
	buf_adds(&bomb, "- &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 20; i++) {
		buf_printf(&bomb, "- &a%d [", i);
		for (int j = 0; j < 10; j++)
			buf_printf(&bomb, "%s*a%d", j ? ", " : "", i - 1);
		buf_adds(&bomb, "]\n");
	}
	ASSERT_EQ(parse(bomb.data, bomb.len, &messages), -EINVAL);
	ASSERT_HAS(messages.data, ": too much data, aliases written out: more than 64 MiB\n");

	buf_reset(&messages);
	ASSERT_EQ(parse_repeated("", "- &a x\n", 1025, "", &messages), -EINVAL);
	ASSERT_HAS(messages.data, "r.yaml:1025:3: more than 1024 anchors\n");

	buf_reset(&messages);
	ASSERT_EQ(parse_repeated("", "- x\n", 1005, "", &messages), -EINVAL);
	for (const char *p = messages.data; *p; p++)
		lines += *p == '\n';
	ASSERT_EQ(lines, 1001);
	ASSERT_HAS(messages.data, "r.yaml:1000:3: a rule must be a mapping, not text\n"
				  "r.yaml: and 5 more errors\n");

	buf_reset(&messages);
	ASSERT_EQ(parse_repeated("- {name: x, func: f, file: a, level: info, value: {", "l: m, ",
				 65, "}}", &messages),
		  -EINVAL);
	ASSERT_STR(messages.data, "r.yaml:1:51: `value` has 65 labels, the most is 64\n");
}

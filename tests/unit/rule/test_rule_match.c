// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/buf.h"
#include "base/util.h"
#include "event/event.h"
#include "rule/rule.h"

static struct text as_text(const char *s)
{
	return (struct text){ s, s ? strlen(s) : 0 };
}

TEST(files)
{
	static const struct {
		const char *pattern, *file;
		bool fits;
	} cases[] = {
		{ "os.py", "/usr/lib/python3.11/os.py", true },
		{ "os.py", "os.py", true },
		{ "os.py", "./os.py", true },
		{ "os.py", "/usr/lib/posos.py", false },
		{ "os.py", "/usr/lib/os.pyc", false },
		{ "os.py", "s.py", false },
		{ "os.py", "", false },
		{ "urllib3/connection.py", "/site-packages/urllib3/connection.py", true },
		{ "urllib3/connection.py", "urllib3/connection.py", true },
		{ "urllib3/connection.py", "/site-packages/myurllib3/connection.py", false },
		{ "urllib3/connection.py", "/connection.py", false },
		/* from the root: the whole path */
		{ "/a/b.py", "/a/b.py", true },
		{ "/a/b.py", "/c/a/b.py", false },
		{ "/a/b.py", "/c//a/b.py", false },
		{ "/a/b.py", "a/b.py", false },
		/* frozen modules */
		{ "os.py", "<frozen os>", true },
		{ "lib/os.py", "<frozen os>", false },
		{ "/os.py", "<frozen os>", false },
		{ "s.py", "<frozen os>", false },
		{ "os", "<frozen os>", false },
		{ "importlib/_bootstrap.py", "<frozen importlib._bootstrap>", true },
		{ "_bootstrap.py", "<frozen importlib._bootstrap>", true },
		{ "bootstrap.py", "<frozen importlib._bootstrap>", false },
		{ "importlib._bootstrap.py", "<frozen importlib._bootstrap>", false },
		{ "x/importlib/_bootstrap.py", "<frozen importlib._bootstrap>", false },
		{ "importlib.py", "<frozen importlib>", true },
		{ "importlib/__init__.py", "<frozen importlib>", true },
		{ "a/b/__init__.py", "<frozen a.b>", true },
		{ "b/__init__.py", "<frozen a.b>", true },
		{ "a/__init__.py", "<frozen a.b>", false },
		{ "<frozen os>", "<frozen os>", true },
		{ "<frozen os>", "/usr/lib/python3.10/os.py", false },
		{ "<frozen os>", "<frozen posos>", false },
		{ "os.py", "<frozen os", false },
		{ "os.py", "<frozen >", false },
		{ ".py", "<frozen >", false },
		/* names that are no files */
		{ "<string>", "<string>", true },
		{ "<stdin>", "<stdin>", true },
		{ "<template>", "<template>", true },
		{ "<string>", "<stdin>", false },
		{ "string", "<string>", false },
		/* a backslash is a character */
		{ "b.py", "C:\\a\\b.py", false },
		{ "a\\b.py", "/x/a\\b.py", true },
		{ "é.py", "/x/é.py", true },
		{ "", "/x", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (rule_file_matches(cases[i].pattern, as_text(cases[i].file)) != cases[i].fits)
			TEST_FAIL("%s must%s fit %s", cases[i].file, cases[i].fits ? "" : " not",
				  cases[i].pattern);
	}
	ASSERT(!rule_file_matches("os.py", (struct text){ 0 }));
}

TEST(events)
{
	static const struct {
		const char *func;
		enum rule_place kind;
		const char *place;
		const char *name, *qualname, *file, *module;
		bool fits, cut;
	} cases[] = {
		{ "getenv", RULE_FILE, "os.py", "getenv", "getenv", "/l/os.py", NULL, true, false },
		{ "getenv", RULE_FILE, "os.py", "getenv", "Any.getenv", "/l/os.py", NULL, true,
		  false },
		{ "getenv", RULE_FILE, "os.py", "getenvb", "getenv", "/l/os.py", NULL, false,
		  false },
		{ "getenv", RULE_FILE, "os.py", NULL, "getenv", "/l/os.py", NULL, false, false },
		{ "getenv", RULE_FILE, "os.py", "getenv", "getenv", "/l/so.py", NULL, false,
		  false },
		{ "getenv", RULE_FILE, "os.py", "getenv", "getenv", NULL, "os.py", false, false },
		/* Class.method */
		{ "Popen.__init__", RULE_FILE, "s.py", "__init__", "Popen.__init__", "s.py", NULL,
		  true, false },
		{ "Popen.__init__", RULE_FILE, "s.py", "__init__", "a.Popen.__init__", "s.py", NULL,
		  true, false },
		{ "Popen.__init__", RULE_FILE, "s.py", "__init__", "f.<locals>.Popen.__init__",
		  "s.py", NULL, true, false },
		{ "Popen.__init__", RULE_FILE, "s.py", "__init__", "MyPopen.__init__", "s.py", NULL,
		  false, false },
		{ "Popen.__init__", RULE_FILE, "s.py", "__init__", "__init__", "s.py", NULL, false,
		  false },
		{ "Popen.__init__", RULE_FILE, "s.py", "__init__", NULL, "s.py", NULL, true,
		  false },
		{ "Popen.__init__", RULE_FILE, "s.py", "wait", NULL, "s.py", NULL, false, false },
		{ "f.<locals>.g", RULE_FILE, "s.py", "g", "f.<locals>.g", "s.py", NULL, true,
		  false },
		{ "<lambda>", RULE_FILE, "s.py", "<lambda>", "f.<locals>.<lambda>", "s.py", NULL,
		  true, false },
		/* C functions */
		{ "system", RULE_MODULE, "posix", "system", NULL, NULL, "posix", true, false },
		{ "system", RULE_MODULE, "posix", "system", NULL, NULL, "nt", false, false },
		{ "system", RULE_MODULE, "posix", "system", NULL, NULL, "x.posix", false, false },
		{ "system", RULE_MODULE, "posix", "system", NULL, NULL, NULL, true, false },
		{ "system", RULE_MODULE, "posix", "system", NULL, "posix", NULL, false, false },
		{ "socket.connect", RULE_MODULE, "_socket", "connect", "socket.connect", NULL,
		  "_socket", true, false },
		{ "socket.connect", RULE_MODULE, "_socket", "connect", "other.connect", NULL,
		  "_socket", false, false },
		/* what was cut may be anything that begins so */
		{ "getenv", RULE_FILE, "os.py", "getenv", "getenv", "/very/long…", NULL, true,
		  true },
		{ "getenv", RULE_FILE, "os.py", "get…", "getenv", "/l/os.py", NULL, true, true },
		{ "getenv", RULE_FILE, "os.py", "put…", "getenv", "/l/os.py", NULL, false, true },
		{ "getenv", RULE_FILE, "os.py", "getenv", "getenv", "/l/so.py", NULL, false, true },
		{ "A.getenv", RULE_FILE, "os.py", "getenv", "B.C…", "/l/os.py", NULL, true, true },
		{ "getenv", RULE_FILE, "os.py", "getenv", "getenv", "/very/long…", NULL, false,
		  false },
		/* not supported, so it never fits */
		{ NULL, RULE_AUDIT, "os.system", "os.system", NULL, NULL, NULL, false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule rule = {
			.func = (char *)cases[i].func,
			.place_kind = cases[i].kind,
			.place = (char *)cases[i].place,
		};
		struct event ev = {
			.name = as_text(cases[i].name),
			.qualname = as_text(cases[i].qualname),
			.file = as_text(cases[i].file),
			.module = as_text(cases[i].module),
			.names_cut = cases[i].cut,
		};

		if (rule_matches(&rule, &ev) != cases[i].fits)
			TEST_FAIL("case %zu must%s fit", i, cases[i].fits ? "" : " not");
	}
}

TEST(methods_of_unknown_class)
{
	static const struct {
		const char *shown, *arg;
		bool cut, fits;
	} cases[] = {
		{ "template_string", "template_string", false, true },
		{ "template_string", "token_type", false, false },
		{ "template_string", "token_type", true, true },
		{ "template_string", NULL, false, true },
		{ NULL, "token_type", false, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rule_piece pieces[] = { { .is_arg = false, .text = (char *)"token_type" },
					       { .is_arg = true, .text = (char *)cases[i].shown } };
		struct rule_value value = { .pieces = pieces, .nr_pieces = cases[i].shown ? 2 : 1 };
		struct rule rule = { .func = (char *)"Template.__init__",
				     .place_kind = RULE_FILE,
				     .place = (char *)"base.py",
				     .values = &value,
				     .nr_values = 1 };
		struct event_arg arg = { .name = as_text(cases[i].arg) };
		struct event ev = { .name = as_text("__init__"),
				    .file = as_text("/l/base.py"),
				    .args = &arg,
				    .nr_args = cases[i].arg ? 1 : 0,
				    .args_cut = cases[i].cut };

		if (rule_matches(&rule, &ev) != cases[i].fits)
			TEST_FAIL("case %zu must%s fit", i, cases[i].fits ? "" : " not");
		ev.qualname = as_text("Template.__init__");
		ASSERT(rule_matches(&rule, &ev));
	}
}

TEST(func_names)
{
	static const struct {
		const char *func, *name;
	} cases[] = {
		{ "getenv", "getenv" },
		{ "Popen.__init__", "__init__" },
		{ "<lambda>", "<lambda>" },
		{ "outer.<locals>.inner", "inner" },
		{ "f.<locals>.<lambda>", "<lambda>" },
		{ NULL, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ASSERT_STR(rule_func_name(&(struct rule){ .func = (char *)cases[i].func }),
			   cases[i].name);
}

TEST(templates)
{
	static const struct {
		const char *template, *text;
	} cases[] = {
		{ "$func_args[key]", "SECRET" },
		{ "<$func_args[key]>", "<SECRET>" },
		{ "$func_args[key]$func_args[n]", "SECRETNone" },
		{ "a $func_args[absent] b", "a  b" },
		{ "$func_args[absent]", "" },
		{ "$$func_args[key]$", "$SECRET$" },
		{ "plain", "plain" },
		{ "100 $ [x]", "100 $ [x]" },
		{ "$func_args[flag] é", "True é" },
	};
	struct event_arg args[] = {
		{ TEXT("key"), { .type = VALUE_STR, .text = TEXT("SECRET") } },
		{ TEXT("n"), { .type = VALUE_NONE } },
		{ TEXT("flag"), { .type = VALUE_BOOL, .boolean = true } },
	};
	struct event ev = { .args = args, .nr_args = ARRAY_SIZE(args) };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf text = { 0 }, messages = { 0 }, out = { 0 };
		__attribute__((cleanup(rule_set_fini))) struct rule_set set = { 0 };

		buf_printf(&text, "- {name: x, func: f, file: a, level: info, value: {k: '%s'}}",
			   cases[i].template);
		ASSERT_EQ(rule_set_parse("r", text.data, text.len, &set, &messages), 0);
		buf_addc(&out, '|');
		rule_value_expand(&set.rules[0].values[0], &ev, &out);
		ASSERT_STR(out.data + 1, cases[i].text);
	}
}

TEST(globs)
{
	static const struct {
		const char *pattern, *text;
		bool fits;
	} cases[] = {
		{ "os.system", "os.system", true },
		{ "os.system", "os.systems", false },
		{ "os.system", "os.syste", false },
		{ "ctypes.*", "ctypes.dlopen", true },
		{ "ctypes.*", "ctypes.", true },
		{ "ctypes.*", "ctypes", false },
		{ "*", "", true },
		{ "*", "import", true },
		{ "*.connect", "a.b.connect", true },
		{ "*.connect", "a.b.connects", false },
		{ "a*b*c", "a1b2b3c", true },
		{ "a*b*c", "a1b2b3", false },
		{ "os.pu?env", "os.putenv", true },
		{ "?", "é", true },
		{ "?", "", false },
		{ "a**b", "ab", true },
		{ "", "", true },
		{ "", "x", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (rule_glob_matches(cases[i].pattern, as_text(cases[i].text)) != cases[i].fits)
			TEST_FAIL("%s, %s", cases[i].pattern, cases[i].text);
	}
}

TEST(audit_events)
{
	struct event event = { .head.probe = PROBE_AUDIT, .name = TEXT("os.system") };
	struct event call = { .head.probe = PROBE_DIRECT,
			      .name = TEXT("system"),
			      .module = TEXT("os") };
	struct rule audit = { .place_kind = RULE_AUDIT, .place = (char *)"os.*" };
	struct rule module = { .place_kind = RULE_MODULE,
			       .place = (char *)"os",
			       .func = (char *)"system" };

	ASSERT(rule_matches(&audit, &event));
	ASSERT(!rule_matches(&audit, &call));
	ASSERT(!rule_matches(&module, &event));
	ASSERT(rule_matches(&module, &call));
}

// SPDX-License-Identifier: GPL-2.0-only
#include "event/path.h"

#include "base/util.h"
#include "build.h"

#define STR(literal) ((struct value){ .type = VALUE_STR, .text = TEXT(literal) })

/*
 * What pathlib had in the slots of a path, and what str() made of it afterwards; of PATH_RAW the
 * list, else drive, root and the list.
 */
static const struct {
	unsigned int form;
	const char *parts[8];
	const char *text;
} told[] = {
	/* 3.13 */
	{ PATH_RAW, { NULL }, "." },
	{ 0, { "", "" }, "." },
	{ PATH_RAW, { "" }, "." },
	{ 0, { "", "" }, "." },
	{ PATH_RAW, { "." }, "." },
	{ 0, { "", "" }, "." },
	{ PATH_RAW, { "/" }, "/" },
	{ 0, { "", "/" }, "/" },
	{ PATH_RAW, { "//" }, "//" },
	{ 0, { "", "//" }, "//" },
	{ PATH_RAW, { "///" }, "/" },
	{ 0, { "", "/" }, "/" },
	{ PATH_RAW, { "//a/b" }, "//a/b" },
	{ 0, { "", "//", "a", "b" }, "//a/b" },
	{ PATH_RAW, { "///a" }, "/a" },
	{ 0, { "", "/", "a" }, "/a" },
	{ PATH_RAW, { "/etc/shadow" }, "/etc/shadow" },
	{ 0, { "", "/", "etc", "shadow" }, "/etc/shadow" },
	{ PATH_RAW, { "etc//./x/" }, "etc/x" },
	{ 0, { "", "", "etc", "x" }, "etc/x" },
	{ PATH_RAW, { "a", "b" }, "a/b" },
	{ 0, { "", "", "a", "b" }, "a/b" },
	{ PATH_RAW, { "/a", "/b" }, "/b" },
	{ 0, { "", "/", "b" }, "/b" },
	{ PATH_RAW, { "a", "../b" }, "a/../b" },
	{ 0, { "", "", "a", "..", "b" }, "a/../b" },
	{ PATH_RAW, { "a/", "b" }, "a/b" },
	{ 0, { "", "", "a", "b" }, "a/b" },
	{ PATH_RAW, { "a", "", "" }, "a" },
	{ 0, { "", "", "a" }, "a" },
	{ PATH_RAW, { "", "b" }, "b" },
	{ 0, { "", "", "b" }, "b" },
	{ PATH_RAW, { "café/日本", "x" }, "café/日本/x" },
	{ 0, { "", "", "café", "日本", "x" }, "café/日本/x" },
	{ PATH_RAW, { "a\\b" }, "a\\b" },
	{ 0, { "", "", "a\\b" }, "a\\b" },
	{ PATH_RAW | PATH_WINDOWS, { NULL }, "." },
	{ PATH_WINDOWS, { "", "" }, "." },
	{ PATH_RAW | PATH_WINDOWS, { "" }, "." },
	{ PATH_WINDOWS, { "", "" }, "." },
	{ PATH_RAW | PATH_WINDOWS, { "c:" }, "c:" },
	{ PATH_WINDOWS, { "c:", "" }, "c:" },
	{ PATH_RAW | PATH_WINDOWS, { "c:/" }, "c:\\" },
	{ PATH_WINDOWS, { "c:", "\\" }, "c:\\" },
	{ PATH_RAW | PATH_WINDOWS, { "c:x" }, "c:x" },
	{ PATH_WINDOWS, { "c:", "", "x" }, "c:x" },
	{ PATH_RAW | PATH_WINDOWS, { "c:/x", "y" }, "c:\\x\\y" },
	{ PATH_WINDOWS, { "c:", "\\", "x", "y" }, "c:\\x\\y" },
	{ PATH_RAW | PATH_WINDOWS, { "c:x", "C:y" }, "C:x\\y" },
	{ PATH_WINDOWS, { "C:", "", "x", "y" }, "C:x\\y" },
	{ PATH_RAW | PATH_WINDOWS, { "c:/x", "d:y" }, "d:y" },
	{ PATH_WINDOWS, { "d:", "", "y" }, "d:y" },
	{ PATH_RAW | PATH_WINDOWS, { "c:/x", "/y" }, "c:\\y" },
	{ PATH_WINDOWS, { "c:", "\\", "y" }, "c:\\y" },
	{ PATH_RAW | PATH_WINDOWS, { "/x" }, "\\x" },
	{ PATH_WINDOWS, { "", "\\", "x" }, "\\x" },
	{ PATH_RAW | PATH_WINDOWS, { "\\\\server\\share" }, "\\\\server\\share\\" },
	{ PATH_WINDOWS, { "\\\\server\\share", "\\" }, "\\\\server\\share\\" },
	{ PATH_RAW | PATH_WINDOWS, { "//server/share", "x" }, "\\\\server\\share\\x" },
	{ PATH_WINDOWS, { "\\\\server\\share", "\\", "x" }, "\\\\server\\share\\x" },
	{ PATH_RAW | PATH_WINDOWS, { "\\\\server" }, "\\\\server" },
	{ PATH_WINDOWS, { "\\\\server", "" }, "\\\\server" },
	{ PATH_RAW | PATH_WINDOWS, { "\\\\?\\UNC\\server\\share" }, "\\\\?\\UNC\\server\\share\\" },
	{ PATH_WINDOWS, { "\\\\?\\UNC\\server\\share", "\\" }, "\\\\?\\UNC\\server\\share\\" },
	{ PATH_RAW | PATH_WINDOWS, { "\\\\?\\unc\\s\\h\\x" }, "\\\\?\\unc\\s\\h\\x" },
	{ PATH_WINDOWS, { "\\\\?\\unc\\s\\h", "\\", "x" }, "\\\\?\\unc\\s\\h\\x" },
	{ PATH_RAW | PATH_WINDOWS, { "\\\\.\\dev" }, "\\\\.\\dev" },
	{ PATH_WINDOWS, { "\\\\.\\dev", "" }, "\\\\.\\dev" },
	{ PATH_RAW | PATH_WINDOWS, { "\\\\?\\c:\\x" }, "\\\\?\\c:\\x" },
	{ PATH_WINDOWS, { "\\\\?\\c:", "\\", "x" }, "\\\\?\\c:\\x" },
	{ PATH_RAW | PATH_WINDOWS, { "a:b" }, "a:b" },
	{ PATH_WINDOWS, { "a:", "", "b" }, "a:b" },
	{ PATH_RAW | PATH_WINDOWS, { "./c:x" }, ".\\c:x" },
	{ PATH_WINDOWS, { "", "", "c:x" }, ".\\c:x" },
	{ PATH_RAW | PATH_WINDOWS, { "x/c:y", "z" }, "x\\c:y\\z" },
	{ PATH_WINDOWS, { "", "", "x", "c:y", "z" }, "x\\c:y\\z" },
	{ PATH_RAW | PATH_WINDOWS, { "é:x" }, "é:x" },
	{ PATH_WINDOWS, { "é:", "", "x" }, "é:x" },
	{ PATH_RAW | PATH_WINDOWS, { "a/./b//" }, "a\\b" },
	{ PATH_WINDOWS, { "", "", "a", "b" }, "a\\b" },
	/* 3.8 */
	{ PATH_ANCHORED, { "", "" }, "." },
	{ PATH_ANCHORED, { "", "" }, "." },
	{ PATH_ANCHORED, { "", "" }, "." },
	{ PATH_ANCHORED, { "", "/", "/" }, "/" },
	{ PATH_ANCHORED, { "", "//", "//" }, "//" },
	{ PATH_ANCHORED, { "", "/", "/" }, "/" },
	{ PATH_ANCHORED, { "", "//", "//", "a", "b" }, "//a/b" },
	{ PATH_ANCHORED, { "", "/", "/", "a" }, "/a" },
	{ PATH_ANCHORED, { "", "/", "/", "etc", "shadow" }, "/etc/shadow" },
	{ PATH_ANCHORED, { "", "", "etc", "x" }, "etc/x" },
	{ PATH_ANCHORED, { "", "", "a", "b" }, "a/b" },
	{ PATH_ANCHORED, { "", "/", "/", "b" }, "/b" },
	{ PATH_ANCHORED, { "", "", "a", "..", "b" }, "a/../b" },
	{ PATH_ANCHORED, { "", "", "a", "b" }, "a/b" },
	{ PATH_ANCHORED, { "", "", "a" }, "a" },
	{ PATH_ANCHORED, { "", "", "b" }, "b" },
	{ PATH_ANCHORED, { "", "", "café", "日本", "x" }, "café/日本/x" },
	{ PATH_ANCHORED, { "", "", "a\\b" }, "a\\b" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "", "" }, "." },
	{ PATH_ANCHORED | PATH_WINDOWS, { "", "" }, "." },
	{ PATH_ANCHORED | PATH_WINDOWS, { "c:", "", "c:" }, "c:" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "c:", "\\", "c:\\" }, "c:\\" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "c:", "", "c:", "x" }, "c:x" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "c:", "\\", "c:\\", "x", "y" }, "c:\\x\\y" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "C:", "", "C:", "y" }, "C:y" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "d:", "", "d:", "y" }, "d:y" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "c:", "\\", "c:\\", "y" }, "c:\\y" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "", "\\", "\\", "x" }, "\\x" },
	{ PATH_ANCHORED | PATH_WINDOWS,
	  { "\\\\server\\share", "\\", "\\\\server\\share\\" },
	  "\\\\server\\share\\" },
	{ PATH_ANCHORED | PATH_WINDOWS,
	  { "\\\\server\\share", "\\", "\\\\server\\share\\", "x" },
	  "\\\\server\\share\\x" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "", "\\", "\\", "server" }, "\\server" },
	{ PATH_ANCHORED | PATH_WINDOWS,
	  { "\\\\?\\UNC\\server\\share", "\\", "\\\\?\\UNC\\server\\share\\" },
	  "\\\\?\\UNC\\server\\share\\" },
	{ PATH_ANCHORED | PATH_WINDOWS,
	  { "\\\\?\\", "", "\\\\?\\", "unc", "s", "h", "x" },
	  "\\\\?\\unc\\s\\h\\x" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "\\\\.\\dev", "\\", "\\\\.\\dev\\" }, "\\\\.\\dev\\" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "\\\\?\\c:", "\\", "\\\\?\\c:\\", "x" }, "\\\\?\\c:\\x" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "a:", "", "a:", "b" }, "a:b" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "", "", "c:x" }, "c:x" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "", "", "x", "c:y", "z" }, "x\\c:y\\z" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "", "", "é:x" }, "é:x" },
	{ PATH_ANCHORED | PATH_WINDOWS, { "", "", "a", "b" }, "a\\b" },
};

/* The text of a path, with what is missing of it. */
static const char *made(unsigned int form, const struct value *fields, size_t n, bool cut)
{
	struct buf out = { 0 };
	struct value v;

	arena_fini(&arena);
	if (path_value(&arena, form, fields, n, cut, &v))
		return "no memory";
	value_str(&out, &v);
	snprintf(shown, sizeof(shown), "%s", out.data ? out.data : "");
	buf_fini(&out);
	return shown;
}

static struct value list_of(struct value *items, size_t n, bool cut)
{
	return (struct value){ .type = VALUE_LIST, .cut = cut, .seq = { items, n } };
}

TEST(as_python_has_it)
{
	for (size_t i = 0; i < ARRAY_SIZE(told); i++) {
		struct value items[8], fields[3];
		size_t n = 0, n_fields = told[i].form & PATH_RAW ? 0 : 2;

		while (n < ARRAY_SIZE(items) && told[i].parts[n]) {
			const char *s = told[i].parts[n];

			items[n++] = (struct value){ .type = VALUE_STR, .text = { s, strlen(s) } };
		}
		for (size_t j = 0; j < n_fields; j++)
			fields[j] = items[j];
		fields[n_fields] = list_of(items + n_fields, n - n_fields, false);
		ASSERT_STR(made(told[i].form, fields, n_fields + 1, false), told[i].text);
	}
}

TEST(what_was_cut)
{
	struct value items[] = { STR("a"), STR("b"), STR("c") }, parts[3] = { STR(""), STR("/") },
		     raw;

	items[1].cut = true;
	/* Only its beginning is known. */
	parts[2] = list_of(items, 3, false);
	ASSERT_STR(made(0, parts, 3, false), "/a/b…");
	items[1].cut = false;
	parts[2] = list_of(items, 2, true);
	ASSERT_STR(made(0, parts, 3, false), "/a/b…");
	parts[2] = list_of(items, 0, true);
	ASSERT_STR(made(0, parts, 3, false), "/…");
	parts[1] = STR("");
	ASSERT_STR(made(0, parts, 3, false), "…");
	/* Another argument that is missing may begin at the root. */
	raw = list_of(items, 2, true);
	ASSERT_STR(made(PATH_RAW, &raw, 1, false), "…");
	ASSERT_STR(made(PATH_RAW | PATH_WINDOWS, &raw, 1, false), "…");
	/* One that does, and is there, makes up for what was cut before it. */
	items[0].cut = true;
	items[2] = STR("/c");
	raw = list_of(items, 3, false);
	ASSERT_STR(made(PATH_RAW, &raw, 1, false), "/c");
	raw = list_of(items, 2, false);
	ASSERT_STR(made(PATH_RAW, &raw, 1, false), "a…");
	ASSERT_STR(made(PATH_RAW | PATH_WINDOWS, &raw, 1, false), "…");
	ASSERT_STR(made(PATH_RAW, &raw, 1, true), "…");
	ASSERT_STR(made(PATH_RAW, &raw, 0, true), "…");
	raw = (struct value){ .type = VALUE_DEEP };
	ASSERT_STR(made(PATH_RAW, &raw, 1, false), "…");
}

TEST(what_is_no_path)
{
	struct value items[] = { STR("a"), { .type = VALUE_NONE } },
		     fields[3] = { STR(""), STR(""), list_of(items, 2, false) };

	ASSERT_STR(made(0, fields, 3, false), "<unreadable>");
	fields[2] = list_of(items, 1, false);
	ASSERT_STR(made(0, fields, 3, false), "a");
	ASSERT_STR(made(0, fields, 2, false), "<unreadable>");
	ASSERT_STR(made(PATH_RAW, fields, 3, false), "<unreadable>");
	ASSERT_STR(made(PATH_RAW, fields, 1, false), "<unreadable>");
	ASSERT_STR(made(0, NULL, 0, false), "<unreadable>");
	fields[1] = (struct value){ .type = VALUE_UNSET };
	ASSERT_STR(made(0, fields, 3, false), "<unreadable>");
}

TEST(in_a_record)
{
	start(PROBE_DIRECT, CALLEE_C);
	put_name(SEC_NAME, "open");
	put_aux(SEC_POSARG, 0);
	put_aux(VAL_PATH, PATH_RAW);
	put(VAL_LIST);
	put_str("/etc");
	put_str("shadow");
	put(VAL_END);
	put(VAL_END);
	put_aux(SEC_POSARG, 1);
	put(VAL_LIST);
	put_aux(VAL_PATH, PATH_ANCHORED);
	put_str("");
	put_str("/");
	put(VAL_LIST);
	put_str("/");
	put_str("bin");
	put_str("cat");
	put(VAL_END);
	put(VAL_END);
	put_str("x");
	put(VAL_END);
	put_aux(SEC_POSARG, 2);
	put_aux(VAL_PATH, PATH_RAW);
	put_node(VAL_END, NODE_CUT, 0, "", 0);
	put(SEC_STACK_END);
	ASSERT(decode() == 0);
	ASSERT_STR(args(), "0='/etc/shadow', 1=['/bin/cat', 'x'], 2=…");
	ASSERT(ev.args[0].value.type == VALUE_STR && !ev.args[0].value.cut);
	ASSERT(event_is_truncated(&ev));
}

TEST(a_record_that_ends_inside)
{
	start(PROBE_DIRECT, CALLEE_C);
	put_name(SEC_NAME, "open");
	put_aux(SEC_POSARG, 0);
	put_aux(VAL_PATH, 0);
	put_str("");
	ASSERT(decode() == -EPROTO);
	b.head.cut = EV_CUT_SPACE;
	ASSERT(decode() == 0);
	ASSERT_STR(args(), "0=…");
}

// SPDX-License-Identifier: GPL-2.0-only
#include "event/signature.h"

#include <errno.h>

#include "base/buf.h"
#include "test.h"

static struct arena arena;
static char shown[2048];

/* The parameters as Python would print them, or the error. */
static const char *parse_cut(const char *name, const char *doc, bool cut)
{
	static const char *const stars[] = { [PARAM_VARARGS] = "*",
					     [PARAM_KWONLY] = "!",
					     [PARAM_VARKW] = "**",
					     [PARAM_POSONLY] = "/" };
	struct param params[16];
	struct buf out = { 0 };
	size_t count;
	int ret;

	arena_fini(&arena);
	ret = signature_parse(&arena, (struct text){ name, strlen(name) },
			      (struct text){ doc, strlen(doc) }, cut, params, 16, &count);
	if (ret)
		return ret == -ENOENT ? "ENOENT" : ret == -ENOSPC ? "ENOSPC" : "?";
	for (size_t i = 0; i < count; i++) {
		const char *star = stars[params[i].kind];

		if (i)
			buf_addc(&out, ' ');
		buf_adds(&out, star ? star : "");
		buf_add(&out, params[i].name.s, params[i].name.len);
		if (params[i].has_value) {
			buf_addc(&out, '=');
			value_repr(&out, &params[i].value);
		}
	}
	snprintf(shown, sizeof(shown), "%s", out.data ? out.data : "");
	buf_fini(&out);
	return shown;
}

static const char *parse(const char *name, const char *doc)
{
	return parse_cut(name, doc, false);
}

TEST(kinds)
{
	ASSERT_STR(parse("f", "f()\n--\n\n"), "");
	ASSERT_STR(parse("f", "f($module, /)\n--\n\nText (more)"), "");
	ASSERT_STR(parse("f", "f($self, a, b=1, /, c=2, *, d, e=None)\n--\n\n"),
		   "/a /b=1 c=2 !d !e=None");
	ASSERT_STR(parse("f", "f($type, a, *args, k, **kw)\n--\n\n"), "a *args !k **kw");
	ASSERT_STR(parse("f", "f(\n  a,\n  b=(1,\n 2),\n)\n--\n"), "a b='(1,\\n 2)'");
	ASSERT_STR(parse("collections.deque", "deque(iterable=(), maxlen=None)\n--\n\n"),
		   "iterable=() maxlen=None");
}

TEST(defaults)
{
	ASSERT_STR(
		parse("f", "f(a=True, b=False, c=-1, d=0, e=1.5, f=-1e-05, g=1073741824)\n--\n\n"),
		"a=True b=False c=-1 d=0 e=1.5 f=-1e-05 g=1073741824");
	ASSERT_STR(parse("f", "f(a='x, y)', b=\"it's\", c=b'', d='', e='\\n', f='\\x00')\n--\n\n"),
		   "a='x, y)' b=\"it's\" c=b'' d='' e='\\n' f=\"'\\\\x00'\"");
	ASSERT_STR(
		parse("f", "f(a=<unrepresentable>, b=sys.maxsize, c=[1, {2: 3}], d=0o777)\n--\n\n"),
		"a='<unrepresentable>' b='sys.maxsize' c='[1, {2: 3}]' d='0o777'");
	ASSERT_STR(
		parse("f", "f(a=18446744073709551615, b=, c=007, d=18446744073709551616)\n--\n\n"),
		"a=18446744073709551615 b='' c='007' d='18446744073709551616'");
}

TEST(none)
{
	ASSERT_STR(parse("f", "g(a)\n--\n\n"), "ENOENT");
	ASSERT_STR(parse("f", "f"), "ENOENT");
	ASSERT_STR(parse("", "(a)\n--\n\n"), "ENOENT");
	ASSERT_STR(parse("f", "f(a)\n\n--\n\n"), "ENOENT");
	ASSERT_STR(parse("f", "f(a)\n--\nx"), "ENOENT");
	ASSERT_STR(parse("f", "f(a) -> b"), "ENOENT");
	ASSERT_STR(parse("f", "f([a])\n--\n\n"), "ENOENT");
	ASSERT_STR(parse("f", "f(a))\n--\n\n"), "ENOENT");
	ASSERT_STR(parse("f", "f(a='x)\n--\n\n"), "ENOENT");
	ASSERT_STR(parse("f", "f(a, $self)\n--\n\n"), "ENOENT");
	ASSERT_STR(parse("f", "f(**kw, a)\n--\n\n"), "ENOENT");
	ASSERT_STR(parse("f", "f(*, a, *, b)\n--\n\n"), "ENOENT");
	ASSERT_STR(parse("f", "f(a,,b)\n--\n\n"), "ENOENT");
	ASSERT_STR(parse("f", "f(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q)\n--\n\n"), "ENOSPC");
}

TEST(cut_docstrings)
{
	ASSERT_STR(parse_cut("f", "f($module, a, b=1, cc", true), "a b=1");
	ASSERT_STR(parse_cut("f", "f($module, a, b=(1, 2", true), "a");
	ASSERT_STR(parse_cut("f", "f($module, a, b='x, ", true), "a");
	ASSERT_STR(parse_cut("f", "f([a]) -> b, c, ", true), "ENOENT");
	ASSERT_STR(parse_cut("f", "f(a, ", false), "ENOENT");
}

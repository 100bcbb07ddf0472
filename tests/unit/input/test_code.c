// SPDX-License-Identifier: GPL-2.0-only
/* Source of Python, of templates, and markup. */
#include "marked.h"

TEST(code_attacks)
{
	static const struct marked_case cases[] = {
		ATTACK("‹2*f()›"),
		ATTACK("‹__import__('os').system('id')›"),
		ATTACK("‹secret›"),
		ATTACK("x='‹';import os;'›'"),
		ATTACK("u.‹__class__.__mro__›"),
		ATTACK("f(‹1) or g(2›)"),
		ATTACK("'''‹''' + f() + '''›'''"),
		ATTACK("x = '‹it's›'"),
		ATTACK("x = ‹f(1)›"),
		ATTACK("x = ‹a.b›"),
		ATTACK("x = 1 ‹if a else b›"),
		ATTACK("x = \"‹\" + a + \"›\""),
		ATTACK("x = r'‹' or f('›'"),
		ATTACK("x = 1 # ‹a\nimport os›"),
		ATTACK("‹\x80\x04\x95\x0f.›"),
		ATTACK("‹import os›"),
		ATTACK("‹[x for x in ().__class__.__bases__]›\n"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_code);
}

TEST(code_harmless)
{
	static const struct marked_case cases[] = {
		CLEAN("f()"),
		CLEAN("‹2*(3+4)›"),
		CLEAN("‹2 ** 10 - 1›"),
		CLEAN("‹1.5e3›"),
		CLEAN("‹True›"),
		CLEAN("‹[1, 2, \"a\", None]›"),
		CLEAN("‹\"a b\"›"),
		CLEAN("x='‹import os›'"),
		CLEAN("u.name == '‹__class__›'"),
		CLEAN("f(‹1, 2›)"),
		CLEAN("'''‹it's›'''"),
		CLEAN("x = \"‹it's›\""),
		CLEAN("x = '‹a; b(c).d›'"),
		CLEAN("x = f(‹name›)"),
		CLEAN("x = 1 # ‹a, b(c)›"),
		CLEAN("x = -‹5›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_code);
}

TEST(formats)
{
	static const struct marked_case cases[] = {
		ATTACK("‹{0.__class__}›"),
		ATTACK("‹{item.__init__.__globals__[key]}›"),
		ATTACK("Dear {user.name}, it's ‹{user._meta}›"),
		ATTACK("{user‹.__class__›}"),
		ATTACK("‹{a[__x]}›"),
		ATTACK("{a:{‹b.__c›}}"),
		ATTACK("‹{{{0.__class__}}}›"),
		CLEAN("{0.__class__}"),
		CLEAN("{‹item›._id}"),
		CLEAN("{item.‹__class__›}"),
		CLEAN("‹{0.name:>5}›"),
		CLEAN("‹{{0.__class__}}›"),
		CLEAN("‹a.__class__›"),
		CLEAN("{0} ‹x._y›"),
		CLEAN("‹{a}} b._c›"),
		CLEAN("‹{a.›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_format);
}

TEST(templates)
{
	static const struct marked_case cases[] = {
		ATTACK("Hi ‹{{7*7}}›"),
		ATTACK("‹{% import os %}›"),
		ATTACK("‹{% include '/etc/passwd' %}›"),
		ATTACK("‹${7*7}›"),
		ATTACK("‹<%= 7*7 %>›"),
		ATTACK("‹#{7*7}›"),
		ATTACK("Hi ‹a {{config}} b›"),
		ATTACK("Hi {‹{7*7}}›"),
		ATTACK("{{ x.‹a.b› }}"),
		ATTACK("{{ ‹a}}{{b› }}"),
		ATTACK("{# ‹a #}{{b}}› #}"),
		CLEAN("Hi {{ x }}"),
		CLEAN("Hi ‹a b, c.d(e)›"),
		CLEAN("Hi ‹{x}›, {{ y }}"),
		CLEAN("{{ ‹name› }}"),
		CLEAN("{{ x }} ‹it's; 5 > 4›"),
		CLEAN("‹{›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_template);
}

TEST(markup_attacks)
{
	static const struct marked_case cases[] = {
		ATTACK("<p>‹<svg onload=x>›"),
		ATTACK("<p>‹<svg onload=x>›</p>"),
		ATTACK("<p>‹<script>x</script>›</p>"),
		ATTACK("<p>‹<ScRiPt>x</sCrIpT>›</p>"),
		ATTACK("<p>‹<iframe srcdoc=x>›</p>"),
		ATTACK("<p>‹<img src=x onerror=alert(1)>›</p>"),
		ATTACK("<p>‹<img/src='x'/onerror=alert(1)>›</p>"),
		ATTACK("<p>‹<a href=javascript:x>›</p>"),
		ATTACK("<p>‹<b onclick = 'x'>›</p>"),
		ATTACK("<input value=\"‹\" onfocus=x autofocus ›\">"),
		ATTACK("<input value='‹' onfocus=x ›'>"),
		ATTACK("<input value=‹x onfocus=y›>"),
		ATTACK("<input value=‹x><b›>"),
		ATTACK("<script>var a='‹';x();'›'</script>"),
		ATTACK("<script>var a=‹x()›</script>"),
		ATTACK("<script>var a='‹</script><svg onload=x>›'</script>"),
		ATTACK("<title>‹</title><svg onload=x>›</title>"),
		ATTACK("<style>‹</style><svg onload=x>›</style>"),
		ATTACK("<textarea>‹</textarea><script>x</script>›</textarea>"),
		ATTACK("<a href=\"‹javascript:x›\">"),
		ATTACK("<a href=\"‹java\tscript:x›\">"),
		ATTACK("<a href=\"‹ JavaScript:x›\">"),
		ATTACK("<meta http-equiv=refresh content=\"0;url=‹javascript:x›\">"),
		ATTACK("<!-- ‹--><svg onload=x>› -->"),
		ATTACK("‹<svg onload=x>›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_html);
}

TEST(markup_harmless)
{
	static const struct marked_case cases[] = {
		CLEAN("<script>f()</script>"),
		CLEAN("<p>‹a<3›"),
		CLEAN("<p>‹<img src=x/onerror=alert(1)>›"), /* is all one value */
		CLEAN("<p>‹a < b, c > d›</p>"),
		CLEAN("<p>‹<b>bold</b>›</p>"),
		CLEAN("<p>‹<scriptlike›  </p>"),
		CLEAN("<p>&lt;script&gt;x&lt;/script&gt;</p>"),
		CLEAN("<input value=\"‹' onfocus=x›\">"),
		CLEAN("<script>var a='‹a;x()›'</script>"),
		CLEAN("<script>var a=\"‹it's›\"; var b = '‹x›'</script>"),
		CLEAN("<title>‹<svg onload=x>›</title>"),
		CLEAN("<style>a{color:‹red›}</style>"),
		CLEAN("<a href=\"‹/java›\">"),
		CLEAN("<a href=\"/?q=‹javascript:x›\">"),
		CLEAN("<a href=\"‹https://shop.example/?a=b&c=d›\">"),
		CLEAN("<meta content=\"‹javascript›\">"),
		CLEAN("{\"a\": \"‹<svg onload=x>›\"}"),
		CLEAN("  [\"‹<svg onload=x>›\"]"),
		CLEAN("<!-- ‹<svg onload=x>› -->"),
		CLEAN("plain ‹text -- it's \"quoted\"›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_html);
}

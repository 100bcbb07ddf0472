// SPDX-License-Identifier: GPL-2.0-only
#include "event/value.h"

#include <math.h>
#include <time.h>

#include "base/buf.h"
#include "base/util.h"
#include "bpf/abi/limits.h"
#include "test.h"

typedef void (*writer_fn)(struct buf *out, const struct value *v);

static const char *show(writer_fn fn, struct value v)
{
	static char copies[4][1024];
	static unsigned int next;
	char *copy = copies[next++ % 4];
	struct buf out = { 0 };

	fn(&out, &v);
	snprintf(copy, sizeof(copies[0]), "%s", out.data ? out.data : "");
	buf_fini(&out);
	return copy;
}

static const char *repr(struct value v)
{
	return show(value_repr, v);
}

static const char *json(struct value v)
{
	return show(value_json, v);
}

#define STR(literal) ((struct value){ .type = VALUE_STR, .text = TEXT(literal) })
#define BYTES(literal) ((struct value){ .type = VALUE_BYTES, .text = TEXT(literal) })

static struct value number(double x)
{
	return (struct value){ .type = VALUE_FLOAT, .number = x };
}

static struct value integer(bool negative, const uint32_t *digits, uint32_t ndigits)
{
	return (struct value){ .type = VALUE_INT, .integer = { digits, ndigits, negative } };
}

#define INT(negative, ...)                                   \
	integer(negative, (const uint32_t[]){ __VA_ARGS__ }, \
		ARRAY_SIZE(((const uint32_t[]){ __VA_ARGS__ })))

TEST(str_repr)
{
	ASSERT_STR(repr(STR("")), "''");
	ASSERT_STR(repr(STR("it's")), "\"it's\"");
	ASSERT_STR(repr(STR("it's \"so\"")), "'it\\'s \"so\"'");
	ASSERT_STR(repr(STR("\"")), "'\"'");
	ASSERT_STR(repr(STR("a\\b\t\n\r\x01\x7f")), "'a\\\\b\\t\\n\\r\\x01\\x7f'");
	ASSERT_STR(repr(STR("\0")), "'\\x00'");
	ASSERT_STR(repr(STR("é€😀")), "'é€😀'");
	ASSERT_STR(repr(STR("\u00a0\u00ad\xc2\x85\u2028\u202e\ufeff\uffff")),
		   "'\\xa0\\xad\\x85\\u2028\\u202e\\ufeff\\uffff'");
	ASSERT_STR(repr(STR("\U000e0001\U0010ffff")), "'\\U000e0001\\U0010ffff'");
	ASSERT_STR(repr(STR("\xed\xa0\xbd")), "'\\ud83d'");
	ASSERT_STR(repr(STR("\xff")), "'\\udcff'");
}

TEST(bytes_repr)
{
	ASSERT_STR(repr(BYTES("")), "b''");
	ASSERT_STR(repr(BYTES("a'b")), "b\"a'b\"");
	ASSERT_STR(repr(BYTES("\\\n\x7f\xc3\xa9")), "b'\\\\\\n\\x7f\\xc3\\xa9'");
}

TEST(float_repr)
{
	static const struct {
		double x;
		const char *repr;
	} cases[] = {
		{ 0.0, "0.0" },
		{ -0.0, "-0.0" },
		{ 1.0, "1.0" },
		{ 0.1, "0.1" },
		{ -1.5, "-1.5" },
		{ 100.0, "100.0" },
		{ 123456.789, "123456.789" },
		{ 1e15, "1000000000000000.0" },
		{ 1e16, "1e+16" },
		{ 9999999999999998.0, "9999999999999998.0" },
		{ 12345678901234567890.0, "1.2345678901234567e+19" },
		{ 0.0001, "0.0001" },
		{ 0.00012345, "0.00012345" },
		{ 0.00001, "1e-05" },
		{ 1.5e-7, "1.5e-07" },
		{ 1e100, "1e+100" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 2.0 / 3, "0.6666666666666666" },
		{ 5e-324, "5e-324" },
		{ 2.2250738585072014e-308, "2.2250738585072014e-308" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		/* a power of two, whose neighbour below is nearer than the one above */
		{ 0x1p-44, "5.684341886080802e-14" },
		{ 9007199254740992.0, "9007199254740992.0" },
		{ NAN, "nan" },
		{ INFINITY, "inf" },
		{ -INFINITY, "-inf" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ASSERT_STR(repr(number(cases[i].x)), cases[i].repr);
}

TEST(int_repr)
{
	ASSERT_STR(repr(integer(false, NULL, 0)), "0");
	ASSERT_STR(repr(INT(true, 1)), "-1");
	ASSERT_STR(repr(INT(false, 0, 1)), "1073741824");
	/* 10**18 - 1, 10**18, 10**36, 2**90 */
	ASSERT_STR(repr(INT(false, 660865023, 931322574)), "999999999999999999");
	ASSERT_STR(repr(INT(false, 660865024, 931322574)), "1000000000000000000");
	ASSERT_STR(repr(INT(false, 0, 0, 0, 1)), "1237940039285380274899124224");
	ASSERT_STR(repr(INT(false, 0, 221150272, 1016099163, 807793566)),
		   "1000000000000000000000000000000000000");
}

TEST(a_large_int_is_quick)
{
	static uint32_t digits[PHRUDE_DIGITS_MAX];
	struct buf out = { 0 };
	struct value v = integer(false, digits, ARRAY_SIZE(digits));
	clock_t before;
	double ms;

	for (size_t i = 0; i < ARRAY_SIZE(digits); i++)
		digits[i] = 0x3fffffff;
	before = clock();
	value_repr(&out, &v);
	ms = (double)(clock() - before) * 1000 / CLOCKS_PER_SEC;
	/* 2**122880 - 1 */
	ASSERT_EQ(out.len, 36991);
	ASSERT(memcmp(out.data, "36801641469288514928", 20) == 0);
	ASSERT_STR(out.data + out.len - 20, "11188842254146994175");
	buf_fini(&out);
	/* a fraction of this without sanitizers */
	ASSERT(ms < 500);
}

TEST(containers)
{
	struct value items[] = { STR("a"), INT(false, 1), STR("b\"'"), { .type = VALUE_NONE } };
	struct value v = { .type = VALUE_LIST, .seq = { items, 4 } };

	ASSERT_STR(repr(v), "['a', 1, 'b\"\\'', None]");
	v.type = VALUE_DICT;
	ASSERT_STR(repr(v), "{'a': 1, 'b\"\\'': None}");
	ASSERT_STR(json(v), "\"{'a': 1, 'b\\\"\\\\'': None}\"");
	v.cut = true;
	ASSERT_STR(repr(v), "{'a': 1, 'b\"\\'': None, …}");
	v = (struct value){ .type = VALUE_TUPLE, .seq = { items, 1 } };
	ASSERT_STR(repr(v), "('a',)");
	v.cut = true;
	ASSERT_STR(repr(v), "('a', …)");
	v.seq.count = 0;
	ASSERT_STR(repr(v), "(…)");
	v = (struct value){ .type = VALUE_SET, .seq = { items, 2 } };
	ASSERT_STR(repr(v), "{'a', 1}");
	v.type = VALUE_FROZENSET;
	ASSERT_STR(repr(v), "frozenset({'a', 1})");
	v.seq.count = 0;
	ASSERT_STR(repr(v), "frozenset()");
	v.type = VALUE_SET;
	ASSERT_STR(repr(v), "set()");
	v.type = VALUE_DICT;
	ASSERT_STR(repr(v), "{}");
	v = (struct value){ .type = VALUE_CYCLE, .of = VALUE_TUPLE };
	ASSERT_STR(repr(v), "(...)");
}

TEST(what_is_cut)
{
	struct value inner = { .type = VALUE_DEEP };
	struct value middle = { .type = VALUE_TUPLE, .seq = { &inner, 1 } };
	struct value outer = { .type = VALUE_LIST, .seq = { &middle, 1 } };

	ASSERT(value_is_cut(&outer));
	inner.type = VALUE_UNSET;
	ASSERT(!value_is_cut(&outer));
	inner.cut = true;
	ASSERT(value_is_cut(&outer));
}

TEST(as_a_rule_sees_it)
{
	struct value v = STR("a'\n");

	ASSERT_STR(show(value_str, v), "a'\n");
	v.cut = true;
	ASSERT_STR(show(value_str, v), "a'\n…");
	ASSERT_STR(show(value_str, BYTES("a")), "b'a'");
	ASSERT_STR(show(value_str, INT(true, 5)), "-5");
}

TEST(json_scalars)
{
	struct value v = { .type = VALUE_BOOL, .boolean = true };

	ASSERT_STR(json(v), "true");
	ASSERT_STR(json((struct value){ .type = VALUE_NONE }), "null");
	ASSERT_STR(json((struct value){ .type = VALUE_UNSET }), "null");
	ASSERT_STR(json((struct value){ .type = VALUE_UNREADABLE }), "\"<unreadable>\"");
	ASSERT_STR(json((struct value){ .type = VALUE_DEEP }), "\"…\"");
	ASSERT_STR(json(number(1.0)), "1.0");
	ASSERT_STR(json(number(1e16)), "1e+16");
	ASSERT_STR(json(number(NAN)), "\"nan\"");
	ASSERT_STR(json(number(-INFINITY)), "\"-inf\"");
	ASSERT_STR(json(INT(true, 7)), "-7");
	ASSERT_STR(json(INT(false, 0, 1 << 23)), "9007199254740992");
	ASSERT_STR(json(INT(false, 1, 1 << 23)), "\"9007199254740993\"");
	ASSERT_STR(json(INT(true, 1, 1 << 23)), "\"-9007199254740993\"");
	v = INT(true, 0xabc);
	v.cut = true;
	ASSERT_STR(json(v), "\"-0xabc…\"");
}

TEST(json_text)
{
	struct value v = STR("a\"\\\n\x01é\xed\xa0\x80\xff\0z");

	ASSERT_STR(json(v), "\"a\\\"\\\\\\n\\u0001é\\ud800\\udcff\\u0000z\"");
	v.cut = true;
	ASSERT_STR(json(v), "\"a\\\"\\\\\\n\\u0001é\\ud800\\udcff\\u0000z…\"");
	ASSERT_STR(json(BYTES("\"'\xff")), "\"b'\\\"\\\\'\\\\xff'\"");
	v = (struct value){ .type = VALUE_OBJECT, .text = TEXT("Con\"text\n") };
	ASSERT_STR(json(v), "\"CLASS:Con\\\"text\\\\n\"");
	ASSERT_STR(repr(v), "CLASS:Con\"text\\n");
}

// SPDX-License-Identifier: GPL-2.0-only
/* What is shown of text that somebody else wrote. */
#include "test.h"

#include "base/buf.h"
#include "base/text.h"

static struct buf out;

static const char *terminal(const char *s)
{
	buf_reset(&out);
	text_terminal(&out, (struct text){ s, strlen(s) });
	return out.data;
}

static const char *json(const char *s)
{
	buf_reset(&out);
	text_json(&out, (struct text){ s, strlen(s) });
	return out.data;
}

static const char *one(uint32_t ch)
{
	static struct buf text;

	buf_reset(&text);
	text_put(&text, ch);
	return text.data;
}

TEST(ordinary_text_stays)
{
	static const char text[] =
		"/srv/app/naïve \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x90\x8d.py: a\\b";

	ASSERT_STR(terminal(text), text);
}

TEST(nothing_moves_the_cursor)
{
	ASSERT_STR(terminal("a\nb\r\tc\x1b[2J\x7f\xc2\x9b"), "a\\nb\\r\\tc\\x1b[2J\\x7f\\x9b");
	ASSERT_STR(terminal("\xff\xed\xa0\x80"), "\\udcff\\ud800");
}

TEST(what_reorders_or_hides)
{
	static const uint32_t chars[] = {
		0xad,	 0x34f,	  0x61c,   0x115f,  0x180e,  0x200b,  0x200d, 0x200e,
		0x200f,	 0x2028,  0x2029,  0x202a,  0x202e,  0x2060,  0x2066, 0x2069,
		0x206f,	 0x3164,  0xfe0f,  0xfeff,  0xffa0,  0xfff9,  0x80,   0x9f,
		0x1d173, 0xe0000, 0xe0001, 0xe0041, 0xe007f, 0xe01ef,
	};

	for (size_t i = 0; i < sizeof(chars) / sizeof(*chars); i++) {
		char expected[40];

		snprintf(expected, sizeof(expected),
			 chars[i] > 0xffff ? "\\U%08x"
			 : chars[i] < 0xa0 ? "\\x%02x"
					   : "\\u%04x",
			 chars[i]);
		ASSERT_STR(terminal(one(chars[i])), expected);
		json(one(chars[i]));
		for (size_t k = 0; k < out.len; k++)
			ASSERT(out.data[k] >= 0x20 && out.data[k] < 0x7f);
	}
}

TEST(their_neighbours_stay)
{
	static const uint32_t chars[] = { 0xac,	  0xae,	  0x61b,  0x61d,   0x200a,  0x2010, 0x2027,
					  0x202f, 0x205f, 0x2070, 0xfdff,  0xfe10,  0xfefe, 0xff00,
					  0xffef, 0xfffc, 0xfffd, 0x1f600, 0xdffff, 0xe1000 };

	for (size_t i = 0; i < sizeof(chars) / sizeof(*chars); i++) {
		char text[8];

		snprintf(text, sizeof(text), "%s", one(chars[i]));
		ASSERT_STR(terminal(text), text);
	}
}

TEST(json_and_yaml)
{
	ASSERT_STR(json("\xd8\x9c\xf3\xa0\x81\x81"), "\"\\u061c\\udb40\\udc41\"");
	ASSERT_STR(json("\xe2\x80\x8d\xf0\x9f\x98\x80"), "\"\\u200d\xf0\x9f\x98\x80\"");
	buf_reset(&out);
	text_yaml(&out, TEXT("\xd8\x9c\xf3\xa0\x81\x81\""));
	ASSERT_STR(out.data, "\"\\u061c\\U000e0041\\\"\"");
}

TEST(a_line_is_one_line)
{
	buf_reset(&out);
	text_line(&out, "file %s, %d", "a\nphrude-trace: summary: hits 0\x1b[1A", 5);
	text_line(&out, "next");
	ASSERT_STR(out.data, "file a\\nphrude-trace: summary: hits 0\\x1b[1A, 5\nnext\n");
}

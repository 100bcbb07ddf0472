// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "test.h"

#include "console/hook.h"
#include "console/mail.h"
#include "console/when.h"

TEST(takes_addresses)
{
	static const char *const bad[] = { "",	    "a",       "@b",	"a@",	       "a@b@c",
					   "a b@c", "a@b\r\n", "<a@b>", "a@b\xc3\xbc", "\"a\"@b" };
	struct arena arena = { 0 };
	const char *to[MAIL_TO_MAX];
	struct err err;
	size_t nr;

	ASSERT_EQ(mail_read_addresses(" ann@example.org , bob@b", &arena, to, &nr, &err), 0);
	ASSERT_EQ(nr, 2);
	ASSERT_STR(to[0], "ann@example.org");
	ASSERT_STR(to[1], "bob@b");
	ASSERT_EQ(mail_read_addresses("a@b,", &arena, to, &nr, &err), -EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ASSERT_EQ(mail_check_address(bad[i], &err), -EINVAL);
	arena_fini(&arena);
}

TEST(takes_no_more_addresses_than_there_is_room_for)
{
	struct arena arena = { 0 };
	const char *to[MAIL_TO_MAX];
	struct buf list = { 0 };
	struct err err;
	size_t nr;

	for (size_t i = 0; i < MAIL_TO_MAX; i++)
		buf_adds(&list, i ? ",a@b" : "a@b");
	ASSERT_EQ(mail_read_addresses(list.data, &arena, to, &nr, &err), 0);
	ASSERT_EQ(nr, MAIL_TO_MAX);
	buf_adds(&list, ",a@b");
	ASSERT_EQ(mail_read_addresses(list.data, &arena, to, &nr, &err), -EINVAL);
	buf_fini(&list);
	arena_fini(&arena);
}

TEST(takes_servers)
{
	struct err err;

	ASSERT_EQ(mail_check_url("smtp://mail.example.org:587", &err), 0);
	ASSERT_EQ(mail_check_url("smtps://[2001:db8::1]:465", &err), 0);
	ASSERT_EQ(mail_check_url("smtp://", &err), -EINVAL);
	ASSERT_EQ(mail_check_url("https://mail.example.org", &err), -EINVAL);
	ASSERT_EQ(mail_check_url("smtp://a:b@mail.example.org", &err), -EINVAL);
	ASSERT_EQ(mail_check_url("smtp://mail.example.org/x", &err), -EINVAL);
}

TEST(writes_a_mail)
{
	struct mail_settings s = { .from = "console@example.org", .to = "ann@example.org" };
	struct mail mail = { .id = "one",
			     .subject = "Alerts",
			     .time = 1795858376 * WHEN_SECOND,
			     .text = TEXT(
				     "a line that is longer than what fits into one of base64, "
				     "which has 57 bytes\n"),
			     .html = TEXT("") };
	struct buf out = { 0 };

	mail_write(&out, &s, &mail);
	ASSERT_STR(out.data,
		   "Date: Sat, 28 Nov 2026 09:32:56 +0000\r\n"
		   "From: phrude-console <console@example.org>\r\nTo: ann@example.org\r\n"
		   "Subject: Alerts\r\nMessage-ID: <one@example.org>\r\n"
		   "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
		   "Content-Type: multipart/alternative; boundary=\"=_phrude-console-part\"\r\n\r\n"
		   "--=_phrude-console-part\r\nContent-Type: text/plain; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: base64\r\n\r\n"
		   "YSBsaW5lIHRoYXQgaXMgbG9uZ2VyIHRoYW4gd2hhdCBmaXRzIGludG8gb25lIG9mIGJhc2U2NCwg"
		   "\r\nd2hpY2ggaGFzIDU3IGJ5dGVzCg==\r\n"
		   "--=_phrude-console-part\r\nContent-Type: text/html; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: base64\r\n\r\n"
		   "--=_phrude-console-part--\r\n");
	buf_fini(&out);
}

TEST(a_chat_takes_text_as_text)
{
	struct buf out = { 0 }, longer = { 0 };

	hook_put_slack(&out, TEXT("<!channel> & `x`\n"));
	ASSERT_STR(out.data, "{\"text\":\"&lt;!channel&gt; &amp; 'x'\\n\"}");
	/* Cut before the character that does not fit as a whole. */
	for (size_t i = 0; i < HOOK_SLACK_MAX - 1; i++)
		buf_addc(&longer, 'x');
	buf_adds(&longer, "\xc3\xbc!");
	buf_reset(&out);
	hook_put_slack(&out, (struct text){ longer.data, longer.len });
	ASSERT_EQ(out.len, strlen("{\"text\":\"\\n...\"}") + HOOK_SLACK_MAX - 1);
	buf_fini(&out);
	buf_fini(&longer);
}

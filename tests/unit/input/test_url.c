// SPDX-License-Identifier: GPL-2.0-only
/* URLs, and hosts alone. */
#include "input/input_host.h"
#include "marked.h"

TEST(attacks)
{
	static const struct marked_case cases[] = {
		ATTACK("http://‹0x7f.1›/"),
		ATTACK("http://‹127.0.0.1›/"),
		ATTACK("http://‹169.254.169.254›/latest/meta-data"),
		ATTACK("‹http://169.254.169.254/latest/meta-data›"),
		ATTACK("‹http://[::ffff:169.254.169.254]/›"),
		ATTACK("http://‹[::ffff:169.254.169.254]›/"),
		ATTACK("http://‹[::1]›/"),
		ATTACK("‹http://localhost:6379/›"),
		ATTACK("http://‹localhost›:6379/"),
		ATTACK("http://‹0›:8080/"),
		ATTACK("http://‹2130706433›/"),
		ATTACK("http://‹169.254.43518›/"),
		ATTACK("http://‹025177524776›/"),
		ATTACK("http://‹metadata.google.internal›/"),
		ATTACK("‹http://user:pw@10.0.0.5:80/x›"),
		ATTACK("http://‹①②⑦.⓪.⓪.①›/"),
		ATTACK("http://‹１２７.0.0.1›/"),
		ATTACK("http://‹[64:ff9b::a9fe:a9fe]›/"),
		ATTACK("http://api‹.evil.io/›x"),
		ATTACK("http://api‹.evil.io›/x"),
		ATTACK("http://api‹@10.0.0.1/›"),
		ATTACK("http://api.x‹:80#@10.0.0.1›"),
		ATTACK("http://‹evil.io/?›.api.x/"),
		ATTACK("‹file:///etc/passwd›"),
		ATTACK("‹file:/etc/passwd›"),
		ATTACK("‹gopher://x.io:6379/_a›"),
		ATTACK("‹10.0.0.9›"),
		ATTACK("‹localhost›"),
		ATTACK("‹//127.0.0.1/x›"),
		ATTACK("http://api.x:80‹@203.0.113.5/x›"),
		ATTACK("http://api.x/users/‹../admin›/profile"),
		ATTACK("http://api.x/users/‹1/../../admin›"),
		ATTACK("http://api.x/users/‹..%2f..%2fadmin›"),
		ATTACK("http://api.x/users/‹%2e%2E/admin›"),
		ATTACK("http://api.x/users/‹..›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_url);
}

TEST(harmless)
{
	static const struct marked_case cases[] = {
		CLEAN("http://127.0.0.1/"),
		CLEAN("http://cdn.x/‹127.1›"),
		CLEAN("http://api/‹evil.io/›x"),
		CLEAN("http://api/?u=‹@10.0.0.1/›"),
		CLEAN("http://api/?u=‹http://10.0.0.1/›"),
		CLEAN("http://api.x/‹a#b›"),
		CLEAN("http://api.x/‹0›"),
		CLEAN("https://proxy.x/?u=‹http%3A%2F%2F10.0.0.1›"),
		CLEAN("http://api.x/files/‹a..b/c›"),
		CLEAN("/‹a/b›"),
		CLEAN("http://api.x/users/‹a../b›"),
		CLEAN("http://api.x/compare/‹v1..v2›"),
		CLEAN("http://api.x/?f=‹../x›"),
		CLEAN("http://api.x/../‹a.b/c›"),
		SUSPECT("http://‹example.com›/"),
		SUSPECT("‹https://example.com/a?b=c›"),
		SUSPECT("‹https://example.com/a/../b›"),
		SUSPECT("http://‹[2606:4700::1111]›/"),
		SUSPECT("http://‹tenant-1›.api.x/"),
		SUSPECT("‹8.8.8.8›"),
		SUSPECT("‹http://b\xc3\xbc"
			"cher.example/›"),
	};

	check_marked(cases, ARRAY_SIZE(cases), input_judge_url);
}

TEST(hosts)
{
	static const char *const inside[] = { "127.0.0.1",
					      "127.1",
					      "0177.0.0.1",
					      "10.255.0.1",
					      "172.16.0.1",
					      "172.31.255.255",
					      "192.168.1.1",
					      "100.64.0.1",
					      "0",
					      "::",
					      "::1",
					      "[::1]",
					      "fe80::1%eth0",
					      "fd00::1",
					      "2002:7f00:1::",
					      "LOCALHOST",
					      "a.localhost",
					      "localhost.",
					      "x.internal",
					      "169.254.169.254.",
					      "224.0.0.1",
					      "168.63.129.16" };
	static const char *const outside[] = { "8.8.8.8",
					       "172.32.0.1",
					       "192.169.0.1",
					       "100.128.0.1",
					       "2001:4860::8888",
					       "example.com",
					       "localhost.example.com",
					       "2002:808:808::",
					       "",
					       "127.0.0.1.nip.io",
					       "::ffff:8.8.8.8",
					       "11.0.0.1" };

	for (size_t i = 0; i < ARRAY_SIZE(inside); i++) {
		if (!input_host_is_inside((struct text){ inside[i], strlen(inside[i]) }))
			TEST_FAIL("%s is inside", inside[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		if (input_host_is_inside((struct text){ outside[i], strlen(outside[i]) }))
			TEST_FAIL("%s is outside", outside[i]);
	}
}

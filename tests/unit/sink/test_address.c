// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include <errno.h>

#include "base/util.h"
#include "sink/address.h"

static struct address a;
static struct err err;

TEST(addresses)
{
	static const struct {
		const char *text;
		enum address_way way;
		const char *path, *host, *port;
	} cases[] = {
		{ "unix:/dev/log", ADDRESS_UNIX, "/dev/log", "", "" },
		{ "udp://127.0.0.1:514", ADDRESS_UDP, "", "127.0.0.1", "514" },
		{ "tcp://log.example:601", ADDRESS_TCP, "", "log.example", "601" },
		{ "tls://[2001:db8::1]:6514", ADDRESS_TLS, "", "2001:db8::1", "6514" },
		{ "tcp://h:00080", ADDRESS_TCP, "", "h", "80" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (address_parse(cases[i].text, &a, &err))
			TEST_FAIL("%s: %s", cases[i].text, err.msg);
		ASSERT_EQ(a.way, cases[i].way);
		ASSERT_STR(a.path, cases[i].path);
		ASSERT_STR(a.host, cases[i].host);
		ASSERT_STR(a.port, cases[i].port);
	}
}

TEST(mistakes)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "", "begins with" },
		{ "/dev/log", "begins with" },
		{ "http://x:1", "begins with" },
		{ "unix:dev/log", "begins with /" },
		{ "tcp://", "has no port" },
		{ "tcp://host", "has no port" },
		{ "tcp://:514", "has no host" },
		{ "tcp://host:", "a number" },
		{ "tcp://host:0", "a number" },
		{ "tcp://host:65536", "a number" },
		{ "tcp://host:99999999999999999999", "a number" },
		{ "tcp://host: 5", "a number" },
		{ "tcp://host:5x", "a number" },
		{ "tcp://2001:db8::1:514", "brackets" },
		{ "tcp://[2001:db8::1]", "has no port" },
		{ "tcp://[2001:db8::1", "has no port" },
		{ "tcp://user@host:5", "brackets" },
		{ "tcp://host/path:5", "brackets" },
	};
	char text[600] = "unix:/";

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (address_parse(cases[i].text, &a, &err) != -EINVAL ||
		    !strstr(err.msg, cases[i].said))
			TEST_FAIL("%s: %s", cases[i].text, err.msg);
	}
	memset(text + 6, 'a', 150);
	ASSERT_EQ(address_parse(text, &a, &err), -EINVAL);
	memcpy(text, "tcp://", 6);
	memset(text + 6, 'a', 400);
	strcpy(text + 406, ":1");
	ASSERT_EQ(address_parse(text, &a, &err), -EINVAL);
}

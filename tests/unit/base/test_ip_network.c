// SPDX-License-Identifier: GPL-2.0-only
#include "test.h"

#include "base/buf.h"
#include "base/ip_network.h"

static bool parse(const char *s, struct ip_network *out)
{
	struct text text = { s, strlen(s) };

	return strchr(s, '/') ? ip_network_parse(text, out) : ip_address_parse(text, out);
}

TEST(each_address_has_one_form)
{
	static const char *const forms[][2] = {
		{ "203.0.113.9", "203.0.113.9" },
		{ "::ffff:203.0.113.9", "203.0.113.9" },
		{ "[2001:DB8:0:0::1]", "2001:db8::1" },
		{ "fe80::1%eth0", "fe80::1" },
		{ "10.1.2.3/8", "10.0.0.0/8" },
		{ "10.1.2.3/13", "10.0.0.0/13" },
		{ "10.255.2.3/13", "10.248.0.0/13" },
		{ "10.1.2.3/32", "10.1.2.3" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "2001:db8:ffff::1/33", "2001:db8:8000::/33" },
		{ "::/0", "::/0" },
		{ "::1/128", "::1" },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct ip_network net, again;
		struct buf out = { 0 };

		ASSERT(parse(forms[i][0], &net));
		ip_network_put(&out, &net);
		ASSERT_STR(out.data, forms[i][1]);
		ASSERT(parse(out.data, &again));
		ASSERT_EQ(again.bits, net.bits);
		ASSERT(ip_network_holds(&net, &again));
		buf_fini(&out);
	}
}

TEST(what_is_none_is_refused)
{
	static const char *const wrong[] = {
		"",	    "10.0.0.0/33", "::/129", "10.0.0.0/",   "10.0.0.0/8x",
		"1.2.3.4;", "a",	   "1.2.3",  "10.0.0.0/-1", "1.2.3.4%eth0"
	};
	struct ip_network net;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ASSERT(!parse(wrong[i], &net));
}

TEST(a_network_holds_its_addresses)
{
	struct ip_network net, inside, outside;

	ASSERT(parse("192.0.2.128/25", &net));
	ASSERT(parse("192.0.2.129", &inside));
	ASSERT(parse("192.0.2.127", &outside));
	ASSERT(ip_network_holds(&net, &inside));
	ASSERT(!ip_network_holds(&net, &outside));
}

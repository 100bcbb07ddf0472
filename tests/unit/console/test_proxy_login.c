// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "test.h"

#include "console/proxy_login.h"

TEST(only_listed_addresses_name_users)
{
	struct proxy_login p = { 0 };
	struct err err;

	ASSERT_EQ(proxy_login_set_from(&p, "10.0.0.0/8, 192.0.2.7,2001:db8::/32", &err), 0);
	ASSERT_EQ(p.nr_from, 3);
	ASSERT(!proxy_login_trusts(&p, "10.1.2.3"));
	ASSERT_EQ(proxy_login_set_header(&p, "X-Remote-User", &err), 0);
	ASSERT(proxy_login_trusts(&p, "10.1.2.3"));
	ASSERT(proxy_login_trusts(&p, "::ffff:10.1.2.3"));
	ASSERT(proxy_login_trusts(&p, "192.0.2.7"));
	ASSERT(proxy_login_trusts(&p, "2001:db8::1"));
	ASSERT(!proxy_login_trusts(&p, "192.0.2.8"));
	ASSERT(!proxy_login_trusts(&p, "127.0.0.1"));
	ASSERT(!proxy_login_trusts(&p, ""));
}

TEST(what_is_none_is_refused)
{
	static const char *const headers[] = { "", "X Y", "X_Y", "cookie", "Authorization", "X:" };
	static const char *const lists[] = { "10.0.0.0/33", "proxy", "10.0.0.1;10.0.0.2", "*" };
	struct proxy_login p = { 0 };
	struct err err;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		ASSERT_EQ(proxy_login_set_header(&p, headers[i], &err), -EINVAL);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		ASSERT_EQ(proxy_login_set_from(&p, lists[i], &err), -EINVAL);
	ASSERT(!p.header);
	ASSERT_EQ(proxy_login_set_from(&p, "", &err), 0);
	ASSERT_EQ(p.nr_from, 0);
}

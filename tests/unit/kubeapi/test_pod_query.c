// SPDX-License-Identifier: GPL-2.0-only
/* Where the API server is, and what it is asked. */
#include "kubeapi/pod_query.h"

#include <errno.h>

#include "base/util.h"
#include "test.h"

static int url_of(const char *host, const char *port, const char *node, struct buf *out)
{
	const struct pod_query q = { "/nonexistent", node };
	struct err err;

	buf_reset(out);
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
	if ((host && setenv("KUBERNETES_SERVICE_HOST", host, 1)) ||
	    (port && setenv("KUBERNETES_SERVICE_PORT", port, 1)))
		abort();
	return pod_query_url(&q, "&limit=1", out, &err);
}

TEST(urls)
{
	_cleanup_buf_ struct buf out = { 0 };

	ASSERT_EQ(url_of("10.96.0.1", "443", "node-1.example", &out), 0);
	ASSERT_STR(out.data, "https://10.96.0.1:443/api/v1/pods"
			     "?fieldSelector=spec.nodeName%3Dnode-1.example&limit=1");
	ASSERT_EQ(url_of("fd00::1", "6443", "n", &out), 0);
	ASSERT_STR(out.data,
		   "https://[fd00::1]:6443/api/v1/pods?fieldSelector=spec.nodeName%3Dn&limit=1");
}

TEST(what_names_none)
{
	static const struct {
		const char *host, *port, *node;
	} cases[] = {
		{ NULL, "443", "n" },
		{ "10.96.0.1", NULL, "n" },
		{ "", "443", "n" },
		{ "10.96.0.1", "", "n" },
		{ "10.96.0.1", "https", "n" },
		{ "10.96.0.1", "443/x", "n" },
		{ "a@b", "443", "n" },
		{ "a/b", "443", "n" },
		{ "10.96.0.1", "443", NULL },
		{ "10.96.0.1", "443", "" },
		{ "10.96.0.1", "443", "n&x" },
		{ "10.96.0.1", "443", "Node" },
	};
	_cleanup_buf_ struct buf out = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (url_of(cases[i].host, cases[i].port, cases[i].node, &out) != -EINVAL)
			TEST_FAIL("case %zu is taken", i);
	}
}

TEST(escaping)
{
	_cleanup_buf_ struct buf out = { 0 };

	pod_query_escape(&out, "aZ09-_");
	ASSERT_STR(out.data, "aZ09-_");
	buf_reset(&out);
	pod_query_escape(&out, "a=&/ %\r\n\xff.");
	ASSERT_STR(out.data, "a%3D%26%2F%20%25%0D%0A%FF%2E");
}

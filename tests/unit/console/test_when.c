// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "test.h"

#include "console/when.h"

static int parse(const char *s, int64_t *out)
{
	return when_parse((struct text){ s, strlen(s) }, out);
}

static int span(const char *s, int64_t *out)
{
	return when_parse_span((struct text){ s, strlen(s) }, out);
}

TEST(reads_and_writes_times)
{
	static const char *const same[] = { "2026-01-02T03:04:05.678901Z",
					    "1970-01-01T00:00:00.000000Z",
					    "2099-12-31T23:59:59.999999Z",
					    "2028-02-29T12:00:00.000001Z" };

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct buf out = { 0 };
		int64_t time;

		ASSERT_EQ(parse(same[i], &time), 0);
		when_put(&out, time);
		ASSERT_STR(out.data, same[i]);
		buf_fini(&out);
	}
}

TEST(takes_zones_and_fractions)
{
	int64_t a, b;

	ASSERT_EQ(parse("2026-01-02T03:04:05Z", &a), 0);
	ASSERT_EQ(parse("2026-01-02T05:34:05+02:30", &b), 0);
	ASSERT_EQ(a, b);
	ASSERT_EQ(parse("2026-01-01 22:04:05-05:00", &b), 0);
	ASSERT_EQ(a, b);
	ASSERT_EQ(parse("2026-01-02T03:04:05.5Z", &b), 0);
	ASSERT_EQ(b - a, 500000);
	ASSERT_EQ(parse("2026-01-02T03:04:05.123456789Z", &b), 0);
	ASSERT_EQ(b - a, 123456);
}

TEST(refuses_what_is_no_time)
{
	static const char *const bad[] = { "",
					   "2026",
					   "2026-01-02",
					   "2026-01-02T03:04:05",
					   "2026-13-02T03:04:05Z",
					   "2026-01-32T03:04:05Z",
					   "2026-01-02T24:04:05Z",
					   "2026-01-02T03:60:05Z",
					   "1969-01-02T03:04:05Z",
					   "2100-01-02T03:04:05Z",
					   "2026-01-02T03:04:05.Z",
					   "2026-01-02T03:04:05Zx",
					   "2026-01-02T03:04:05+24:00",
					   "2026-1-02T03:04:05Z",
					   "1970-01-01T00:00:00+01:00" };
	int64_t time;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ASSERT_EQ(parse(bad[i], &time), -EINVAL);
}

TEST(reads_spans)
{
	static const char *const bad[] = { "",	    "d",   "7", "7y", "-1d", "7 d", "99999999999d",
					   "4000d", "1.5h" };
	int64_t s;

	ASSERT_EQ(span("30s", &s), 0);
	ASSERT_EQ(s, 30000000);
	ASSERT_EQ(span("2w", &s), 0);
	ASSERT_EQ(s, 14 * WHEN_DAY);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ASSERT_EQ(span(bad[i], &s), -EINVAL);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "base/regex.h"

#include <errno.h>

#include "test.h"

static struct regex_span whole, group;

static int find(const char *pattern, struct text subject, size_t from, bool cut, bool bytes)
{
	struct text p = { pattern, strlen(pattern) };
	char why[128];
	int ret, error;
	struct regex *regex = bytes ? regex_new_bytes(p, &error, why, sizeof(why))
				    : regex_new(p, &error, why, sizeof(why));

	if (!regex)
		return error;
	ret = regex_find(regex, subject, from, cut, &whole, &group);
	regex_free(regex);
	return ret;
}

#define FOUND(what, start_, end_) (what.start == (size_t)(start_) && what.end == (size_t)(end_))

TEST(where_a_match_is)
{
	ASSERT_EQ(find("a(b*)c", (struct text)TEXT("xabbcx"), 0, false, false), REGEX_WHOLE);
	ASSERT(FOUND(whole, 1, 5) && FOUND(group, 2, 4));
	ASSERT_EQ(find("abc|(x)(y)", (struct text)TEXT("abc"), 0, false, false), REGEX_WHOLE);
	ASSERT(FOUND(whole, 0, 3) && FOUND(group, 0, 3));
	ASSERT_EQ(find("(x)(y)", (struct text)TEXT("xyxy"), 1, false, false), REGEX_WHOLE);
	ASSERT(FOUND(whole, 2, 4) && FOUND(group, 2, 3));
	ASSERT_EQ(find("abc", (struct text)TEXT("xab"), 0, false, false), REGEX_NOWHERE);
	ASSERT_EQ(find("abc", (struct text)TEXT("xab"), 0, true, false), REGEX_BEGINNING);
	ASSERT(FOUND(whole, 1, 3));
	ASSERT_EQ(find("abc", (struct text){ 0 }, 0, false, false), REGEX_NOWHERE);
	ASSERT_EQ(find("(?:a+)+[bd]", (struct text)TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"), 0,
		       false, false),
		  -E2BIG);
	ASSERT_EQ(find("(", (struct text)TEXT("x"), 0, false, false), -EINVAL);
}

TEST(bytes_and_characters)
{
	/* A character, and what is none. */
	ASSERT_EQ(find("a[^ ]+", (struct text)TEXT("a\xc3\xa9\xff b"), 0, false, true),
		  REGEX_WHOLE);
	ASSERT(FOUND(whole, 0, 4));
	ASSERT_EQ(find("a[^ ]+", (struct text)TEXT("a\xc3\xa9\xff b"), 0, false, false),
		  REGEX_WHOLE);
	ASSERT(FOUND(whole, 0, 3));
	ASSERT_EQ(find("abc",
		       (struct text)TEXT("\xff"
					 "ab"),
		       0, true, false),
		  REGEX_BEGINNING);
	ASSERT(FOUND(whole, 1, 3));
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The unit tests' harness: TEST(name) { ... } registers itself; main() runs all, prints a line for
 * each failure and one summary.  A test stops at its first failed assertion.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

static struct test *test_list;
static int test_failed; /* the running test */

#define TEST(id)                                                          \
	static void test_##id(void);                                      \
	__attribute__((constructor)) static void test_register_##id(void) \
	{                                                                 \
		static struct test t = { #id, test_##id, NULL };          \
		struct test **p = &test_list;                             \
		while (*p)                                                \
			p = &(*p)->next;                                  \
		*p = &t;                                                  \
	}                                                                 \
	static void test_##id(void)

#define TEST_FAIL(...)                                          \
	do {                                                    \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
		fprintf(stderr, __VA_ARGS__);                   \
		fputc('\n', stderr);                            \
		test_failed = 1;                                \
		return;                                         \
	} while (0)

#define ASSERT(cond)                                      \
	do {                                              \
		if (!(cond))                              \
			TEST_FAIL("not true: %s", #cond); \
	} while (0)

#define ASSERT_EQ(a, b)                                                                \
	do {                                                                           \
		long long va_ = (long long)(a), vb_ = (long long)(b);                  \
		if (va_ != vb_)                                                        \
			TEST_FAIL("%s is %lld, expected %lld (%s)", #a, va_, vb_, #b); \
	} while (0)

#define ASSERT_STR(a, b)                                                                           \
	do {                                                                                       \
		const char *sa_ = (a), *sb_ = (b);                                                 \
		if (!sa_ || strcmp(sa_, sb_))                                                      \
			TEST_FAIL("%s is \"%s\", expected \"%s\"", #a, sa_ ? sa_ : "(null)", sb_); \
	} while (0)

/* sub occurs in s */
#define ASSERT_HAS(s, sub)                                                                      \
	do {                                                                                    \
		const char *sa_ = (s), *sb_ = (sub);                                            \
		if (!sa_ || !strstr(sa_, sb_))                                                  \
			TEST_FAIL("%s is \"%s\", which lacks \"%s\"", #s, sa_ ? sa_ : "(null)", \
				  sb_);                                                         \
	} while (0)

int main(void)
{
	int passed = 0, failed = 0;

	for (struct test *t = test_list; t; t = t->next) {
		test_failed = 0;
		t->run();
		if (test_failed) {
			failed++;
			printf("FAIL %s\n", t->name);
		} else {
			passed++;
		}
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0 || passed == 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "alert/alert_id.h"

#include "base/util.h"
#include "test.h"

#define TIME 1767323045678901234 /* 0x019b7ca98f2e milliseconds, and 901,234 ns */

/* The digits of an id, 32 of them. */
static const char *digits(const char *id)
{
	static char out[33];
	size_t n = 0;

	for (; *id && n < sizeof(out) - 1; id++) {
		if (*id != '-')
			out[n++] = *id;
	}
	out[n] = '\0';
	return out;
}

TEST(the_form)
{
	char id[ALERT_ID_MAX], time[13] = "";

	for (int i = 0; i < 1000; i++) {
		ASSERT(alert_id_make(id, TIME) == 0);
		ASSERT(strlen(id) == 36);
		ASSERT(id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-');
		ASSERT(strspn(digits(id), "0123456789abcdef") == 32);
		ASSERT(id[14] == '7');
		ASSERT(strchr("89ab", id[19]));
	}
	memcpy(time, digits(id), 12);
	ASSERT(strtoull(time, NULL, 16) == TIME / 1000000);
	/* 901,234 / 1,000,000 of 4,096 */
	ASSERT(memcmp(digits(id) + 13, "e6b", 3) == 0);
}

TEST(the_last_time_of_a_millisecond_and_of_all)
{
	char id[ALERT_ID_MAX];

	ASSERT(alert_id_make(id, 999999) == 0);
	ASSERT(memcmp(id, "00000000-0000-7fff-", 19) == 0);
	ASSERT(alert_id_make(id, UINT64_MAX) == 0);
	ASSERT(strlen(id) == 36);
	/* 2^64 ns are fewer ms than 48 bits hold. */
	ASSERT(memcmp(id, "10c6f7a0-b5ed-7", 15) == 0);
}

TEST(order_is_that_of_time)
{
	char last[ALERT_ID_MAX] = "", id[ALERT_ID_MAX];

	for (uint64_t time = TIME; time < TIME + 30000000; time += 250) {
		ASSERT(alert_id_make(id, time) == 0);
		ASSERT(strcmp(last, id) < 0);
		memcpy(last, id, sizeof(last));
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

TEST(no_two_are_the_same)
{
	static char ids[20000][ALERT_ID_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		ASSERT(alert_id_make(ids[i], TIME) == 0);
	qsort(ids, ARRAY_SIZE(ids), sizeof(ids[0]), compare);
	for (size_t i = 1; i < ARRAY_SIZE(ids); i++)
		ASSERT(strcmp(ids[i - 1], ids[i]) != 0);
}

// SPDX-License-Identifier: GPL-2.0-only
#include "py/str_ahead.h"

#include <errno.h>
#include <string.h>

_Static_assert(2 * STR_AHEAD_MAX < STR_AHEAD_SLOTS, "the hash table is never full");

void str_ahead_reset(struct str_ahead *a)
{
	a->count = a->nr_read = 0;
	memset(a->slots, 0, sizeof(a->slots));
}

/* Where the number of a string stands, or would. */
static size_t slot_of(const struct str_ahead *a, uint64_t str)
{
	size_t i = (str * 0x9e3779b97f4a7c15ULL >> 32) % STR_AHEAD_SLOTS;

	while (a->slots[i] && a->addrs[a->slots[i] - 1] != str)
		i = (i + 1) % STR_AHEAD_SLOTS;
	return i;
}

bool str_ahead_want(struct str_ahead *a, uint64_t str)
{
	size_t i = slot_of(a, str);

	if (a->slots[i])
		return true;
	if (a->count == STR_AHEAD_MAX)
		return false;
	a->addrs[a->count++] = str;
	a->slots[i] = (uint16_t)a->count;
	return true;
}

int str_ahead_read(struct str_ahead *a, pid_t pid)
{
	size_t first = a->nr_read;
	int ret;

	if (a->count == first)
		return 0;
	ret = remote_read_many(pid, a->addrs + first, a->count - first, STR_AHEAD_BYTES,
			       a->bytes[first], a->got + first);
	if (ret)
		memset(a->got + first, 0, (a->count - first) * sizeof(a->got[0]));
	a->nr_read = a->count;
	return ret == -ETIMEDOUT || ret == -EAGAIN ? ret : 0;
}

const uint8_t *str_ahead_find(const struct str_ahead *a, uint64_t str)
{
	size_t number = a->nr_read ? a->slots[slot_of(a, str)] : 0;

	return number && number <= a->nr_read && a->got[number - 1] ? a->bytes[number - 1] : NULL;
}

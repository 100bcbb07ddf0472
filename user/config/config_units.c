// SPDX-License-Identifier: GPL-2.0-only
/* Numbers, most of them with a unit. */
#include "base/clock.h"
#include "base/util.h"
#include "config/config_priv.h"

#define RATE_MAX 1000000

/* How many digits it begins with. */
static size_t take_number(struct text text, uint64_t *n)
{
	size_t i = 0;

	for (*n = 0; i < text.len && text.s[i] >= '0' && text.s[i] <= '9' && *n < UINT32_MAX; i++)
		*n = 10 * *n + (uint64_t)(text.s[i] - '0');
	return i;
}

bool config_parse_size(struct text text, uint64_t min, uint64_t max, uint64_t *out)
{
	static const char units[] = "KMG";
	uint64_t n;
	size_t i = take_number(text, &n);

	for (size_t u = 0; i && i < text.len && units[u]; u++) {
		if ((text.s[i] & ~0x20) != units[u])
			continue;
		n <<= 10 * (u + 1);
		i++;
		break;
	}
	/* MB and MiB mean the same here. */
	i += i + 1 < text.len && text.s[i] == 'i';
	i += i < text.len && text.s[i] == 'B';
	*out = n;
	return i == text.len && n >= min && n <= max;
}

bool config_parse_age(struct text text, uint64_t max_s, uint64_t *out)
{
	static const struct {
		char name;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t i = take_number(text, out);

	for (size_t u = 0; i && i + 1 == text.len && u < ARRAY_SIZE(units); u++) {
		if (text.s[i] == units[u].name) {
			*out *= units[u].seconds;
			return *out && *out <= max_s;
		}
	}
	return false;
}

bool config_parse_count(struct text text, uint64_t max, uint64_t *out)
{
	size_t i = take_number(text, out);

	return i && i == text.len && *out && *out <= max;
}

bool config_parse_rate(struct text text, struct limit_rate *out)
{
	static const struct {
		char name;
		uint64_t ns;
	} units[] = { { 's', NSEC_PER_SEC },
		      { 'm', 60 * NSEC_PER_SEC },
		      { 'h', 3600 * NSEC_PER_SEC } };
	uint64_t n;
	size_t i = take_number(text, &n);

	if (!n || n > RATE_MAX || i + 2 != text.len || text.s[i] != '/')
		return false;
	for (size_t u = 0; u < ARRAY_SIZE(units); u++) {
		if (text.s[i + 1] != units[u].name)
			continue;
		*out = (struct limit_rate){ units[u].ns / n, n };
		return true;
	}
	return false;
}

// SPDX-License-Identifier: GPL-2.0-only
#include "console/when.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "base/util.h"

int64_t when_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * WHEN_SECOND + now.tv_nsec / 1000;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads `digits` digits at *pos. */
static bool take_number(struct text s, size_t *pos, unsigned int digits, int *out)
{
	*out = 0;
	for (unsigned int i = 0; i < digits; i++, (*pos)++) {
		if (*pos >= s.len || !is_digit(s.s[*pos]))
			return false;
		*out = *out * 10 + (s.s[*pos] - '0');
	}
	return true;
}

static bool take_char(struct text s, size_t *pos, char c)
{
	if (*pos >= s.len || s.s[*pos] != c)
		return false;
	++*pos;
	return true;
}

/* What stands behind the seconds: a fraction, of which the first six digits count. */
static bool take_fraction(struct text s, size_t *pos, int64_t *micro)
{
	int64_t unit = WHEN_SECOND / 10;

	*micro = 0;
	if (!take_char(s, pos, '.'))
		return true;
	if (*pos >= s.len || !is_digit(s.s[*pos]))
		return false;
	for (; *pos < s.len && is_digit(s.s[*pos]); ++*pos, unit /= 10)
		*micro += (s.s[*pos] - '0') * unit;
	return true;
}

static bool take_zone(struct text s, size_t *pos, int64_t *offset)
{
	int hours, minutes;
	bool west;

	*offset = 0;
	if (take_char(s, pos, 'Z') || take_char(s, pos, 'z'))
		return true;
	west = take_char(s, pos, '-');
	if (!west && !take_char(s, pos, '+'))
		return false;
	if (!take_number(s, pos, 2, &hours) || !take_char(s, pos, ':') ||
	    !take_number(s, pos, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*offset = (hours * 60 + minutes) * WHEN_MINUTE * (west ? -1 : 1);
	return true;
}

int when_parse(struct text s, int64_t *out)
{
	struct tm tm = { 0 };
	int64_t micro, offset;
	size_t pos = 0;

	if (!take_number(s, &pos, 4, &tm.tm_year) || !take_char(s, &pos, '-') ||
	    !take_number(s, &pos, 2, &tm.tm_mon) || !take_char(s, &pos, '-') ||
	    !take_number(s, &pos, 2, &tm.tm_mday))
		return -EINVAL;
	if (!take_char(s, &pos, 'T') && !take_char(s, &pos, 't') && !take_char(s, &pos, ' '))
		return -EINVAL;
	if (!take_number(s, &pos, 2, &tm.tm_hour) || !take_char(s, &pos, ':') ||
	    !take_number(s, &pos, 2, &tm.tm_min) || !take_char(s, &pos, ':') ||
	    !take_number(s, &pos, 2, &tm.tm_sec))
		return -EINVAL;
	if (!take_fraction(s, &pos, &micro) || !take_zone(s, &pos, &offset) || pos != s.len)
		return -EINVAL;
	if (tm.tm_year < 1970 || tm.tm_year > 2099 || tm.tm_mon < 1 || tm.tm_mon > 12 ||
	    tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 ||
	    tm.tm_sec > 60)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*out = timegm(&tm) * WHEN_SECOND + micro - offset;
	return *out >= 0 ? 0 : -EINVAL;
}

int when_parse_span(struct text s, int64_t *out)
{
	static const struct {
		char letter;
		int64_t unit;
	} units[] = {
		{ 's', WHEN_SECOND }, { 'm', WHEN_MINUTE },  { 'h', WHEN_HOUR },
		{ 'd', WHEN_DAY },    { 'w', 7 * WHEN_DAY },
	};
	int64_t n = 0;

	if (s.len < 2 || s.len > 10)
		return -EINVAL;
	for (size_t i = 0; i + 1 < s.len; i++) {
		if (!is_digit(s.s[i]))
			return -EINVAL;
		n = n * 10 + (s.s[i] - '0');
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (units[i].letter != s.s[s.len - 1])
			continue;
		if (n > 3653 * WHEN_DAY / units[i].unit)
			return -EINVAL;
		*out = n * units[i].unit;
		return 0;
	}
	return -EINVAL;
}

void when_put(struct buf *out, int64_t time)
{
	time_t seconds = time / WHEN_SECOND;
	struct tm tm = { .tm_mday = 1 };

	gmtime_r(&seconds, &tm);
	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year + 1900, tm.tm_mon + 1,
		   tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(time % WHEN_SECOND));
}

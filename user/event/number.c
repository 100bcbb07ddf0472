// SPDX-License-Identifier: GPL-2.0-only
#include "event/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/util.h"
#include "bpf/abi/limits.h"

#define DIGIT_BITS 30
#define DIGIT_MASK ((1u << DIGIT_BITS) - 1)
#define DIGITS_MAX PHRUDE_DIGITS_MAX

/* A limb holds 18 decimal digits: as many as leave room for 60 bits shifted into it. */
#define LIMB_DIGITS 18
#define LIMB_BASE 1000000000000000000ull
#define LIMBS_MAX (DIGITS_MAX * DIGIT_BITS * 302 / 1000 / LIMB_DIGITS + 2)

/*
 * *limb, shifted left by 60 bits, plus carry; the remainder by LIMB_BASE stays in *limb, the
 * quotient is returned. Division of two words by a constant word after Moeller and Granlund,
 * "Improved division by invariant integers": the compiler would call a division routine for each of
 * the two million steps of a large int.
 */
static uint64_t limb_shift(uint64_t *limb, uint64_t carry)
{
	const unsigned int norm = 4; /* LIMB_BASE has 60 bits */
	const uint64_t d = LIMB_BASE << norm;
	const uint64_t v = (uint64_t)(~(unsigned __int128)0 / d);
	unsigned __int128 u = ((unsigned __int128)*limb << 60 | carry) << norm;
	uint64_t u1 = u >> 64, u0 = u, q1, q0, r;
	unsigned __int128 q = (unsigned __int128)v * u1 + u;

	q1 = (uint64_t)(q >> 64) + 1;
	q0 = q;
	r = u0 - q1 * d;
	if (r > q0) {
		q1--;
		r += d;
	}
	if (r >= d) {
		q1++;
		r -= d;
	}
	*limb = r >> norm;
	return q1;
}

static uint64_t chunk_at(const uint32_t *digits, uint32_t ndigits, size_t i)
{
	uint64_t low = digits[2 * i] & DIGIT_MASK;
	uint64_t high = 2 * i + 1 < ndigits ? digits[2 * i + 1] & DIGIT_MASK : 0;

	return high << DIGIT_BITS | low;
}

static void put_limb(struct buf *out, uint64_t limb, bool pad)
{
	char text[LIMB_DIGITS];
	size_t i = sizeof(text);

	do {
		text[--i] = '0' + limb % 10;
		limb /= 10;
	} while (limb || (pad && i));
	buf_add(out, text + i, sizeof(text) - i);
}

bool number_decimal(struct buf *out, const uint32_t *digits, uint32_t ndigits)
{
	uint64_t limbs[LIMBS_MAX];
	size_t nlimbs = 0;

	if (ndigits > DIGITS_MAX)
		return false;
	for (size_t i = (ndigits + 1) / 2; i-- > 0;) {
		uint64_t carry = chunk_at(digits, ndigits, i);

		for (size_t j = 0; j < nlimbs; j++)
			carry = limb_shift(&limbs[j], carry);
		while (carry) {
			limbs[nlimbs++] = carry % LIMB_BASE;
			carry /= LIMB_BASE;
		}
	}
	if (!nlimbs)
		buf_addc(out, '0');
	for (size_t i = nlimbs; i-- > 0;)
		put_limb(out, limbs[i], i + 1 < nlimbs);
	return true;
}

/* Bits [bit, bit + 4) of the number. */
static unsigned int nibble_at(const uint32_t *digits, uint32_t ndigits, size_t bit)
{
	size_t i = bit / DIGIT_BITS, shift = bit % DIGIT_BITS;
	uint64_t pair = digits[i] & DIGIT_MASK;

	if (i + 1 < ndigits)
		pair |= (uint64_t)(digits[i + 1] & DIGIT_MASK) << DIGIT_BITS;
	return pair >> shift & 15;
}

void number_hex(struct buf *out, const uint32_t *digits, uint32_t ndigits)
{
	size_t nibbles = ((size_t)ndigits * DIGIT_BITS + 3) / 4;
	bool started = false;

	buf_adds(out, "0x");
	while (nibbles-- > 0) {
		unsigned int nibble = nibble_at(digits, ndigits, nibbles * 4);

		started |= nibble != 0 || nibbles == 0;
		if (started)
			buf_addc(out, "0123456789abcdef"[nibble]);
	}
	if (!started)
		buf_addc(out, '0');
}

/*
 * The decimal one unit in its last place further from zero; false if its first digit would carry
 * over.
 */
static bool decimal_next(char *text)
{
	char *end = strchr(text, 'e');

	for (char *p = end - 1; p >= text; p--) {
		if (*p == '.')
			continue;
		if (*p != '9') {
			*p += 1;
			return true;
		}
		*p = '0';
	}
	return false;
}

/*
 * The shortest "d.ddde-xx" that reads back as x (finite, positive).  15 digits always come back
 * from a normal double, so that shorter numbers show as zeros at the end.  At a power of two the
 * doubles below stand closer than those above, and the decimal rounded up may read back where the
 * nearest one does not.
 */
static void shortest(char text[NUMBER_FLOAT_MAX], double x)
{
	int exponent;
	bool power = frexp(x, &exponent) == 0.5;

	for (int digits = x < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
		snprintf(text, NUMBER_FLOAT_MAX, "%.*e", digits - 1, x);
		if (strtod(text, NULL) == x)
			return;
		if (power && decimal_next(text) && strtod(text, NULL) == x)
			return;
	}
}

/* Lays `count` digits out as repr() does; `point`: how many stand before the decimal point. */
static size_t lay_out(char *out, const char *digits, int count, int point)
{
	size_t n = 0;

	if (point > 16 || point <= -4) {
		out[n++] = digits[0];
		if (count > 1) {
			out[n++] = '.';
			memcpy(out + n, digits + 1, count - 1);
			n += count - 1;
		}
		return n + (size_t)snprintf(out + n, 8, "e%c%02d", point > 0 ? '+' : '-',
					    abs(point - 1));
	}
	for (int i = MIN(point, 1) - 1; i < MAX(count, point + 1); i++) {
		if (i == point)
			out[n++] = '.';
		out[n++] = i >= 0 && i < count ? digits[i] : '0';
	}
	out[n] = '\0';
	return n;
}

size_t number_float(char out[NUMBER_FLOAT_MAX], double x)
{
	char text[NUMBER_FLOAT_MAX] = "", digits[20];
	size_t sign = 0;
	int count = 0, point;

	if (isnan(x))
		return strlen(strcpy(out, "nan"));
	if (signbit(x))
		out[sign++] = '-';
	x = fabs(x);
	if (isinf(x))
		return sign + strlen(strcpy(out + sign, "inf"));
	if (x == 0)
		return sign + strlen(strcpy(out + sign, "0.0"));

	shortest(text, x);
	for (const char *p = text; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			digits[count++] = *p;
	point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
	while (count > 1 && digits[count - 1] == '0')
		count--;
	return sign + lay_out(out + sign, digits, count, point);
}

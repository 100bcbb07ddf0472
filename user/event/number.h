/* SPDX-License-Identifier: GPL-2.0-only */
/* Python's int and float in decimal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* Bytes that number_float() writes at most, the NUL included. */
#define NUMBER_FLOAT_MAX 32

/*
 * Appends the magnitude of an int of `ndigits` 30-bit digits, least significant first, in decimal.
 * Returns false, having written nothing, where there are more digits than an event can hold.
 */
bool number_decimal(struct buf *out, const uint32_t *digits, uint32_t ndigits);
/* The same in hexadecimal, behind "0x". */
void number_hex(struct buf *out, const uint32_t *digits, uint32_t ndigits);
/*
 * repr() of a float: the shortest decimal that reads back as the same number. Returns the length.
 */
size_t number_float(char out[NUMBER_FLOAT_MAX], double x);

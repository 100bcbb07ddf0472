/* SPDX-License-Identifier: GPL-2.0-only */
/* Which characters Python's repr() shows as they are. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* str.isprintable() of one code point, surrogates included. */
bool char_is_printable(uint32_t ch);

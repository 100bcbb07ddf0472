/* SPDX-License-Identifier: GPL-2.0-only */
/* Names and addresses of hosts, in all the ways in which they may be written. */
#pragma once

#include "input/input_internal.h"

/*
 * Is it this machine, or one of a network that nobody reaches from outside: loopback, private,
 * link-local, a cloud's metadata service?  Decimal, octal, hexadecimal and short addresses are read
 * as inet_aton() does, full-width digits as Python does.
 */
bool input_host_is_inside(struct text host);
/* The host of a URL; .s NULL: the text is none. */
struct text input_host_of(struct text url);
/*
 * The address that the host stands for, if that may be known, as it is written by default:
 * "127.0.0.1"; .s NULL: none.
 */
struct text input_host_address(struct arena *arena, struct text host);
